using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Evaluation.Results;

/// <summary>A report as <c>results.md</c>, <c>results.csv</c> and <c>results.json</c>; equal reports give equal bytes.</summary>
public static class ReportFiles
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Writes all three.</summary>
    /// <param name="folder">Where to; made where it is missing.</param>
    /// <param name="report">What.</param>
    public static void Write(string folder, EvaluationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, "results.md"), Durability.PowerCut, MarkdownTables.Of(report));
        AtomicFile.Write(Path.Combine(folder, "results.csv"), Durability.PowerCut, Csv(report));
        AtomicFile.Write(
            Path.Combine(folder, "results.json"),
            Durability.PowerCut,
            stream => JsonSerializer.Serialize(stream, report, Json)
        );
    }

    /// <summary>One figure a line, 0..1 at full precision; an empty cell is a figure that the paper does not have.</summary>
    private static string Csv(EvaluationReport report)
    {
        var text = new StringBuilder("category,method,shots,metric,mean,deviation,seeds,categories,published,difference,weights\n");
        foreach (Figure f in report.Figures)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{Cell(f.Category)},{f.Method},{f.Shots},{f.Metric},{f.Mean:R},{f.Deviation:R},{f.Seeds},{f.Categories},"
                    + $"{f.Published:R},{f.Difference:R},{Weights(report, f.Method)}\n"
            );
        return text.ToString();
    }

    private static string Weights(EvaluationReport report, string method) =>
        JsonNamingPolicy.CamelCase.ConvertName(report.WeightsOf(method).ToString());

    private static string Cell(string text) =>
        text.AsSpan().ContainsAny(',', '"') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
