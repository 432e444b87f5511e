using System.Text.Json;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Results;
using ClipFusion.Tests.Models;

namespace ClipFusion.Tests.Evaluation.Results;

public sealed class ReportFilesTests
{
    [Fact]
    public void Write_OwnAndPublishedFigures_AreInAllThreeFiles()
    {
        using var folder = new TemporaryFolder();
        var report = new EvaluationReport("set", DatasetLayout.Mvtec, "pack", "0123", "original", false, [new DatasetProblem("a.png", "broken")], ["a note"],
        [
            new Figure("a, b", "clipfusion", 1, "image_auroc", 0.9512, 0.004, 5, 1, 0.954),
            new Figure("a, b", "winclip", 0, "image_auroc", 1 / 3.0, 0, 1, 1, null),
        ]);

        ReportFiles.Write(folder.Root, report);

        string[] csv = File.ReadAllLines(folder["results.csv"]);
        Assert.StartsWith("\"a, b\",clipfusion,1,image_auroc,0.9512,0.004,5,1,0.954,-0.002", csv[1], StringComparison.Ordinal);
        Assert.Equal("\"a, b\",winclip,0,image_auroc,0.3333333333333333,0,1,1,,", csv[2]);
        string markdown = File.ReadAllText(folder["results.md"]);
        Assert.Contains("| clipfusion | 1 | 95.1 ± 0.4 (95.4, -0.3) |", markdown, StringComparison.Ordinal);
        Assert.Contains("| winclip | 0 | 33.3 |", markdown, StringComparison.Ordinal);
        Assert.Contains("- a.png: broken", markdown, StringComparison.Ordinal);
        Assert.Equal("mvtec", JsonElement.Parse(File.ReadAllBytes(folder["results.json"])).GetProperty("layout").GetString());
    }
}
