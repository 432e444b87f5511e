using System.Globalization;
using System.Text;

namespace ClipFusion.Evaluation.Results;

/// <summary>A report as Markdown, in percent: one table over all, one per method and number of shots.</summary>
internal static class MarkdownTables
{
    public static string Of(EvaluationReport report)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"# {report.Dataset}\n\n**Weights: {report.WeightsText}.** "
                + $"{(report.Counts.Length > 0 ? $"{report.Counts}. " : "")}\n\nPack {report.Pack}, recipe {report.Recipe}, maps at size "
                + $"{report.Maps}, {(report.OneForAll ? "one bank for all categories" : "a bank per category")}. "
        );
        text.Append("Percent, mean ± standard deviation over seeds; in brackets the paper's figure and ours minus it.\n");
        HashSet<string> varied = [.. report.Ablations.SelectMany(a => a.Rows).Select(r => r.Method)];
        Figure[] figures = [.. report.Figures.Where(f => !varied.Contains(f.Method))];
        string[] metrics = [.. report.Figures.Select(f => f.Metric).Distinct()];
        string[] categories = [.. report.Figures.Select(f => f.Category).Distinct()];
        string over = categories.Contains(PublishedFigures.Mean) ? PublishedFigures.Mean : categories.FirstOrDefault("");

        text.Append(CultureInfo.InvariantCulture, $"\n## {(over == PublishedFigures.Mean ? "Mean over categories" : over)}\n\n");
        Header(text, ["method", "shots", .. metrics]);
        foreach (IGrouping<(string Method, int Shots), Figure> row in Rows(figures.Where(f => f.Category == over)))
            Line(text, [row.Key.Method, Text(row.Key.Shots), .. metrics.Select(m => Cell(row.FirstOrDefault(f => f.Metric == m)))]);

        foreach (IGrouping<(string Method, int Shots), Figure> table in categories.Length > 1 ? Rows(figures) : [])
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {table.Key.Method}, {table.Key.Shots} shots\n\n");
            Header(text, ["category", .. metrics]);
            foreach (string category in categories)
                Line(text, [category, .. metrics.Select(m => Cell(table.FirstOrDefault(f => f.Category == category && f.Metric == m)))]);
        }

        foreach (AblationSection section in report.Ablations)
            Ablation(text, section, report.Figures, metrics, over);
        List(text, "Problems of the data set", report.Problems.Select(p => $"{p.Id}: {p.What}"));
        List(text, "Notes", report.Notes);
        return text.ToString();
    }

    private static void Ablation(StringBuilder text, AblationSection section, IReadOnlyList<Figure> figures, string[] metrics, string over)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## Table {section.Table} of the paper: {section.Title}\n\n");
        Header(text, ["method", "row", "category", "shots", .. metrics]);
        foreach (AblationLine line in section.Rows.Where(r => r.Missing is null))
        {
            foreach (string category in line.Categories ?? [over])
            {
                Figure[] row = [.. figures.Where(f => f.Method == line.Method && f.Category == category)];
                Line(
                    text,
                    [
                        line.Method,
                        line.Label,
                        category,
                        Text(line.Shots),
                        .. metrics.Select(m => Cell(row.FirstOrDefault(f => f.Metric == m))),
                    ]
                );
            }
        }

        string[] below =
        [
            .. section.Rows.Where(r => r.Missing is not null).Select(r => $"NOT MADE: {r.Method} ({r.Label}): {r.Missing}"),
            .. section.Notes,
        ];
        text.Append(below.Length > 0 ? "\n" : "").AppendJoin("", below.Select(b => $"- {b}\n"));
    }

    private static IEnumerable<IGrouping<(string Method, int Shots), Figure>> Rows(IEnumerable<Figure> figures) =>
        figures.GroupBy(f => (f.Method, f.Shots));

    /// <summary>A figure with its deviation and the paper's; a hyphen for none.</summary>
    public static string Cell(Figure? figure)
    {
        if (figure is null)
            return "-";
        string own = figure.Seeds > 1 ? $"{Percent(figure.Mean)} ± {Percent(figure.Deviation)}" : Percent(figure.Mean);
        return figure.Published is { } published
            ? $"{own} ({Percent(published)}, {(100 * figure.Difference!.Value).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture)})"
            : own;
    }

    private static string Percent(double value) => (100 * value).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Header(StringBuilder text, string[] columns)
    {
        Line(text, columns);
        Line(text, [.. columns.Select(_ => "---")]);
    }

    private static void Line(StringBuilder text, string[] cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");

    private static void List(StringBuilder text, string title, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n");
        foreach (string line in all)
            text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
    }
}
