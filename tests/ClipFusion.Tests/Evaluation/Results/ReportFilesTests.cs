using System.Text.Json;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Results;

namespace ClipFusion.Tests.Evaluation.Results;

public sealed class ReportFilesTests
{
    [Fact]
    public void Write_OwnAndPublishedFigures_AreInAllThreeFiles()
    {
        using var folder = new TemporaryFolder();
        var report = new EvaluationReport(
            "set",
            DatasetLayout.Mvtec,
            "pack",
            "0123",
            "original",
            false,
            [new DatasetProblem("a.png", "broken")],
            ["a note"],
            [
                new Figure("a, b", "clipfusion", 1, "image_auroc", 0.9512, 0.004, 5, 1, 0.954),
                new Figure("a, b", "winclip", 0, "image_auroc", 1 / 3.0, 0, 1, 1, null),
            ]
        );

        ReportFiles.Write(folder.Root, report);

        string[] csv = File.ReadAllLines(folder["results.csv"]);
        Assert.StartsWith("\"a, b\",clipfusion,1,image_auroc,0.9512,0.004,5,1,0.954,-0.002", csv[1], StringComparison.Ordinal);
        Assert.Equal("\"a, b\",winclip,0,image_auroc,0.3333333333333333,0,1,1,,,unknown", csv[2]);
        string markdown = File.ReadAllText(folder["results.md"]);
        Assert.Contains("| clipfusion | 1 | 95.1 ± 0.4 (95.4, -0.3) |", markdown, StringComparison.Ordinal);
        Assert.Contains("| winclip | 0 | 33.3 |", markdown, StringComparison.Ordinal);
        Assert.Contains("- a.png: broken", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("## Table", markdown, StringComparison.Ordinal);
        Assert.Equal("mvtec", JsonElement.Parse(File.ReadAllBytes(folder["results.json"])).GetProperty("layout").GetString());
    }

    [Fact]
    public void Write_AnAblation_HasASectionOfItsOwnInThePapersOrder()
    {
        using var folder = new TemporaryFolder();
        var report = new EvaluationReport(
            "set",
            DatasetLayout.Mvtec,
            "pack",
            "0123",
            "original",
            false,
            [],
            [],
            [
                new Figure("mean", "clipfusion", 1, "image_auroc", 0.95, 0, 1, 2, null),
                new Figure("mean", "table10-ensemble", 1, "image_auroc", 0.88, 0, 1, 2, 0.872),
                new Figure("mean", "table10-generic", 1, "image_auroc", 0.86, 0, 1, 2, 0.854),
            ]
        )
        {
            Ablations =
            [
                new AblationSection(
                    10,
                    "states",
                    [
                        new AblationLine("table10-generic", "without", 1, null, null),
                        new AblationLine("table10-ensemble", "with", 1, null, null),
                        new AblationLine("table10-more", "more", 1, null, "no pack"),
                    ],
                    ["a choice"]
                ),
            ],
        };

        ReportFiles.Write(folder.Root, report);

        string[] markdown = File.ReadAllText(folder["results.md"]).Split("## Table 10 of the paper: states\n");
        Assert.DoesNotContain("table10", markdown[0], StringComparison.Ordinal);
        Assert.EndsWith(
            """
            | table10-generic | without | mean | 1 | 86.0 (85.4, +0.6) |
            | table10-ensemble | with | mean | 1 | 88.0 (87.2, +0.8) |

            - NOT MADE: table10-more (more): no pack
            - a choice

            """,
            markdown[1],
            StringComparison.Ordinal
        );
        Assert.Contains(
            "mean,table10-generic,1,image_auroc,0.86,0,1,2,0.854,",
            File.ReadAllText(folder["results.csv"]),
            StringComparison.Ordinal
        );
        JsonElement section = JsonElement.Parse(File.ReadAllBytes(folder["results.json"])).GetProperty("ablations")[0];
        Assert.Equal(
            (10, "no pack"),
            (section.GetProperty("table").GetInt32(), section.GetProperty("rows")[2].GetProperty("missing").GetString())
        );
    }
}
