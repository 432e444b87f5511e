using System.Globalization;
using System.Net;
using System.Text;

namespace ClipFusion.Evaluation.Results;

/// <summary><c>report.html</c>: per category, method and number of shots the curves and histograms of the first seed, and its worst pictures. No scripts, nothing from elsewhere.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body{font:14px sans-serif;margin:24px;color:#222}section{border-top:1px solid #ccc;padding:8px 0}figure{display:inline-block;margin:4px 12px 4px 0;vertical-align:top}
        figcaption{font-size:12px;color:#555;max-width:240px;overflow-wrap:anywhere}svg{background:#fafafa;border:1px solid #ddd}.n{fill:#3a7;opacity:.6}.a{fill:#c33;opacity:.6}
        """;

    public static void Write(string folder, EvaluationReport report, IReadOnlyList<RunRecord> runs)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{Text(report.Dataset)}</title>\n<style>{Style}</style>\n");
        html.Append(CultureInfo.InvariantCulture, $"<h1>{Text(report.Dataset)}</h1>\n<p>Pack {Text(report.Pack)}, maps at size {Text(report.Maps)}. The tables are in results.md. Curves, histograms and pictures are of the first seed.</p>\n");
        foreach (RunRecord run in runs.GroupBy(r => (r.Category, r.Method, r.Shots)).Select(g => g.First())) Section(html, run);
        html.Append("</html>\n");
        WholeFile.Write(Path.Combine(folder, "report.html"), html.ToString());
    }

    private static void Section(StringBuilder html, RunRecord run)
    {
        html.Append(CultureInfo.InvariantCulture, $"<section><h2>{Text(run.Category)}: {Text(run.Method)}, {run.Shots} shots</h2>\n<p>");
        html.AppendJoin(", ", run.Metrics.Select(m => $"{m.Key} {(100 * m.Value).ToString("0.0", CultureInfo.InvariantCulture)}"));
        html.Append("</p>\n");
        foreach ((string name, IReadOnlyList<double[]> points) in run.Curves) Figure(html, HtmlDrawings.Curve(points), name.Replace('_', ' '));
        if (run.Images.Count > 0) Figure(html, HtmlDrawings.Histogram(run.Images), "image scores: good green, defects red");
        html.Append("<br>\n");
        foreach (ImageScore image in run.Images.Where(i => i.Heatmap is not null))
            Figure(html, $"<img src=\"{Text(image.Heatmap!)}\" alt=\"\">", string.Create(CultureInfo.InvariantCulture, $"{image.Id}: {image.Defect}, score {image.Score:0.000}"));
        html.Append("</section>\n");
    }

    private static void Figure(StringBuilder html, string content, string caption) => html.Append(CultureInfo.InvariantCulture, $"<figure>{content}<figcaption>{Text(caption)}</figcaption></figure>\n");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
