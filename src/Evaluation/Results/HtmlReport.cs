using System.Globalization;
using System.Text;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Foundation.Files;
using static ClipFusion.Evaluation.Results.HtmlText;

namespace ClipFusion.Evaluation.Results;

/// <summary>
/// <c>report.html</c>: the tables, and per category, method and number of shots the curves, the scores, a threshold's confusion, the kinds
/// of defects and the worst pictures of the first seed. No scripts, nothing from elsewhere.
/// </summary>
internal static class HtmlReport
{
    private const string Style = """
        body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:24px;max-width:1180px;color:#1c1f23;background:#fff}h1{margin:0 0 8px}h2{margin:32px 0 8px}h3{margin:20px 0 6px;font-size:1.05em}h4{margin:14px 0 4px}
        section{border-top:2px solid #d5d9de;margin-top:28px}.warn{background:#fff4d6;border-left:4px solid #c98a00;padding:8px 12px}.meta{color:#4b535c}
        .wide{overflow-x:auto}table{border-collapse:collapse;margin:6px 0 12px}th,td{padding:3px 10px;border-bottom:1px solid #dfe3e8;text-align:right;white-space:nowrap}
        th{font-weight:600}th[scope=row],thead th:first-child{text-align:left}thead th{border-bottom:2px solid #9aa4af}
        figure{display:inline-block;margin:4px 16px 10px 0;vertical-align:top}figcaption{font-size:13px;color:#4b535c;max-width:500px;overflow-wrap:anywhere}
        figure img{display:inline-block;margin-right:4px;background:#eee}svg text{font:11px system-ui,sans-serif;fill:#4b535c}.axis,.tick{text-anchor:middle}.tick.up{text-anchor:end;dominant-baseline:middle}
        .frame{fill:#fafbfc;stroke:#9aa4af}.grid{stroke:#e3e7eb}.curve{fill:none;stroke:#1f5fbf;stroke-width:2}.guess{stroke:#9aa4af;stroke-dasharray:4 4}.threshold{stroke:#222;stroke-dasharray:5 3}
        .n{fill:#1b8f6a;opacity:.65}.a{fill:#c8352b;opacity:.65}.scale{font-size:13px;color:#4b535c;display:flex;gap:6px;align-items:center;margin:6px 0}.bar{display:inline-block;width:220px;height:14px;border:1px solid #9aa4af}
        """;

    public static void Write(string folder, EvaluationReport report, IReadOnlyList<RunRecord> runs)
    {
        RunRecord[] first = [.. runs.GroupBy(r => (r.Category, r.Method, r.Shots)).Select(g => g.First())];
        var html = new StringBuilder();
        html.Append(
            CultureInfo.InvariantCulture,
            $"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                + $"content=\"width=device-width\"><title>{Text(report.Dataset)}</title>\n<style>{Style}</style></head><body>\n"
        );
        string warning = report.Weights == Models.Pack.PackWeights.Published ? "" : " class=\"warn\"";
        html.Append(
            CultureInfo.InvariantCulture,
            $"<h1>{Text(report.Dataset)}</h1>\n<p{warning}><b>Weights:</b> {Text(report.WeightsText)}.</p>\n"
        );
        html.Append(
            CultureInfo.InvariantCulture,
            $"<p class=\"meta\">{Text(report.Counts)}. Pack {Text(report.Pack)}, recipe {Text(report.Recipe)}, maps at size "
                + $"{Text(report.Maps)}, {(report.OneForAll ? "one bank for all categories" : "a bank per category")}.</p>\n"
        );
        Tables(html, report);
        if (first.Length > 1)
            html.Append("<h2>Runs</h2>\n<ul>")
                .AppendJoin("", first.Select(r => $"<li><a href=\"#{Anchor(r)}\">{Text(Title(r))}</a></li>\n"))
                .Append("</ul>\n");
        foreach (RunRecord run in first)
            Section(html, run);
        List(html, "Problems of the data set", report.Problems.Select(p => $"{p.Id}: {p.What}"));
        List(html, "Notes", report.Notes);
        html.Append("</body></html>\n");
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, "report.html"), Durability.PowerCut, html.ToString());
    }

    private static void Tables(StringBuilder html, EvaluationReport report)
    {
        string[] metrics = [.. report.Figures.Select(f => f.Metric).Distinct()];
        if (metrics.Length == 0)
            return;
        html.Append(
            "<h2>Results</h2>\n<p class=\"meta\">Percent, mean ± standard deviation over the seeds; in brackets the paper's figure and "
                + "the difference to it.</p>\n"
        );
        string[] categories =
        [
            .. report
                .Figures.Select(f => f.Category)
                .Distinct()
                .OrderBy(c => c != PublishedFigures.Mean)
                .ThenBy(c => c, StringComparer.Ordinal),
        ];
        foreach (string category in categories)
        {
            if (categories.Length > 1)
                html.Append(
                    CultureInfo.InvariantCulture,
                    $"<h3>{Text(category == PublishedFigures.Mean ? "Mean over categories" : category)}</h3>\n"
                );
            Table(
                html,
                ["method", "shots", .. metrics.Select(Words)],
                report
                    .Figures.Where(f => f.Category == category)
                    .GroupBy(f => (f.Method, f.Shots))
                    .Select(row =>
                        (IReadOnlyList<string>)
                            [
                                row.Key.Method,
                                Count(row.Key.Shots),
                                .. metrics.Select(m => MarkdownTables.Cell(row.FirstOrDefault(f => f.Metric == m))),
                            ]
                    )
            );
        }
    }

    private static void Section(StringBuilder html, RunRecord run)
    {
        Confusion? best = Confusion.Best(run.Images);
        html.Append(CultureInfo.InvariantCulture, $"<section id=\"{Anchor(run)}\"><h2>{Text(Title(run))}</h2>\n");
        html.Append(
            CultureInfo.InvariantCulture,
            $"<p class=\"meta\">Seed {run.Seed}, object “{Text(run.ObjectWord)}”, {run.Images.Count} pictures judged.</p>\n"
        );
        if (run.Metrics.Count > 0)
            Table(
                html,
                [.. run.Metrics.Keys.Select(Words)],
                [
                    [.. run.Metrics.Values.Select(Percent)],
                ],
                words: 0
            );
        foreach ((string name, IReadOnlyList<double[]> points) in run.Curves)
            Figure(
                html,
                HtmlDrawings.Curve(
                    points,
                    "false positive rate",
                    name == "pro" ? "per-region overlap" : "true positive rate",
                    name != "pro"
                ),
                name switch
                {
                    "image_roc" => "ROC curve of images",
                    "pixel_roc" => "ROC curve of pixels",
                    _ => "Per-region overlap",
                }
            );
        if (run.Images.Count > 0)
            Figure(
                html,
                HtmlDrawings.Histogram(run.Images, best?.Threshold),
                $"Image scores: good green, defective red{(best is null ? "" : "; dashed: the threshold of the largest F1")}"
            );
        Thresholds(html, run, best);
        Defects(html, run, best);
        Worst(html, run);
        html.Append("</section>\n");
    }

    private static void Thresholds(StringBuilder html, RunRecord run, Confusion? best)
    {
        if (best is null)
            return;
        html.Append(
            "<h3>At a threshold</h3>\n<p class=\"meta\">Chosen on these very pictures, so one that is set from good parts alone may do "
                + "worse. The largest F1 depends on how many pictures of each kind there are; the best balance (largest share found "
                + "minus share of false alarms) does not.</p>\n"
        );
        (string Name, Confusion? At)[] rows =
        [
            ("largest F1", best),
            ("best balance", Confusion.Balanced(run.Images)),
            ("no false alarm", Confusion.WithoutAlarm(run.Images)),
        ];
        Table(
            html,
            ["threshold", "score", "defective found", "defective missed", "false alarms", "good passed", "F1"],
            rows.Select(r =>
                (IReadOnlyList<string>)(
                    r.At is { } c
                        ?
                        [
                            r.Name,
                            Number(c.Threshold),
                            Count(c.Found),
                            Count(c.Missed),
                            Count(c.FalseAlarms),
                            Count(c.Passed),
                            Percent(c.F1),
                        ]
                        : [r.Name, "none", "-", "-", "-", "-", "-"]
                )
            )
        );
    }

    private static void Defects(StringBuilder html, RunRecord run, Confusion? best)
    {
        IReadOnlyList<DefectRow> rows = DefectRow.Of(run.Images);
        if (rows.Count == 0)
            return;
        html.Append("<h3>By kind of defect</h3>\n");
        Table(
            html,
            [
                "kind",
                "pictures",
                "image AUROC against good",
                "called defective at the largest F1",
                "lowest score",
                "mean score",
                "highest score",
            ],
            rows.Select(r =>
                (IReadOnlyList<string>)
                    [
                        r.Defect,
                        Count(r.Pictures),
                        r.Auroc is { } auroc ? Percent(auroc) : "-",
                        best is null ? "-" : Count(run.Images.Count(i => i.Defect == r.Defect && i.Score >= best.Threshold)),
                        Number(r.Lowest),
                        Number(r.Mean),
                        Number(r.Highest),
                    ]
            )
        );
    }

    private static void Worst(StringBuilder html, RunRecord run)
    {
        ImageScore[] shown = [.. run.Images.Where(i => i.Heatmap is not null)];
        if (shown.Length > 0 && run.Scale is { } scale)
            html.Append("<h3>Worst pictures</h3>\n").Append(HtmlDrawings.ColourScale(scale));
        Group("Good pictures that score highest", shown.Where(i => i.Defect == TestImage.Good).OrderByDescending(i => i.Score));
        Group("Defective pictures that score lowest", shown.Where(i => i.Defect != TestImage.Good).OrderBy(i => i.Score));

        void Group(string title, IEnumerable<ImageScore> images)
        {
            ImageScore[] all = [.. images];
            if (all.Length == 0)
                return;
            html.Append(CultureInfo.InvariantCulture, $"<h4>{title}</h4>\n");
            foreach (ImageScore image in all)
            {
                string truth = image.Truth is { } file
                    ? $"<img src=\"{Link(file)}\" alt=\"{Text(image.Id)}, picture{(image.Outlined ? " with the mask's outline" : "")}\">"
                    : "";
                string mask =
                    image.Outlined ? " with the outline of its mask"
                    : image.Defect == TestImage.Good ? ""
                    : ", which has no mask";
                string caption = $"{image.Id}: {image.Defect}, score {image.Score:0.0000}. Left the picture{mask}, right the anomaly map";
                Figure(html, $"{truth}<img src=\"{Link(image.Heatmap!)}\" alt=\"{Text(image.Id)}, anomaly map\">", caption);
            }
        }
    }

    private static string Title(RunRecord run) => $"{run.Category}: {run.Method}, {run.Shots} {(run.Shots == 1 ? "shot" : "shots")}";

    private static string Anchor(RunRecord run) => Text(Uri.EscapeDataString($"{run.Category}-{run.Method}-k{run.Shots}"));

    /// <summary>A file's address from the report: a category may be called anything.</summary>
    private static string Link(string file) => Text(string.Join('/', file.Split('/').Select(Uri.EscapeDataString)));

    private static string Words(string metric) =>
        metric
            .Replace("auroc", "AUROC", StringComparison.Ordinal)
            .Replace("aupro_", "AUPRO to ", StringComparison.Ordinal)
            .Replace("f1_max", "F1-max", StringComparison.Ordinal)
            .Replace("_ap", " AP", StringComparison.Ordinal)
            .Replace('_', ' ');
}
