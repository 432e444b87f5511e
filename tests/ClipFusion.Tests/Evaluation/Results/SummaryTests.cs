using ClipFusion.Evaluation.Results;

namespace ClipFusion.Tests.Evaluation.Results;

public sealed class SummaryTests
{
    private static readonly string[] Visa =
    [
        "candle",
        "capsules",
        "cashew",
        "chewinggum",
        "fryum",
        "macaroni1",
        "macaroni2",
        "pcb1",
        "pcb2",
        "pcb3",
        "pcb4",
        "pipe_fryum",
    ];

    [Fact]
    public void Of_TwoCategoriesAndSeeds_MeansOverCategoriesThenSeeds()
    {
        IReadOnlyList<Figure> figures = Summary.Of(
            [Run("a", 0, 0.5), Run("a", 1, 0.7), Run("b", 0, 0.9), Run("b", 1, 0.9)],
            oneForAll: false
        );

        Figure a = Assert.Single(figures, f => f.Category == "a"),
            mean = Assert.Single(figures, f => f.Category == "mean");
        Assert.Equal((0.6, 0.1, 2, 1), (Math.Round(a.Mean, 12), Math.Round(a.Deviation, 12), a.Seeds, a.Categories));
        // Per seed 0.7 and 0.8.
        Assert.Equal((0.75, 0.05, 2, 2), (Math.Round(mean.Mean, 12), Math.Round(mean.Deviation, 12), mean.Seeds, mean.Categories));
        Assert.All(figures, f => Assert.Null(f.Published));
    }

    [Fact]
    public void Of_CategoryWithoutTheMetric_IsLeftOutAndCounted()
    {
        RunRecord without = Run("b", 0, 0) with { Metrics = new Dictionary<string, double>() };
        Figure mean = Assert.Single(Summary.Of([Run("a", 0, 0.5), without], oneForAll: false), f => f.Category == "mean");
        Assert.Equal((0.5, 1), (mean.Mean, mean.Categories));
    }

    [Fact]
    public void Of_AllOfVisa_StandsBesideThePapersFigures()
    {
        RunRecord[] runs = [.. Visa.Select(c => Run(c, 0, 0.9, shots: 1))];

        Assert.Equal(0.865, Summary.Of(runs, oneForAll: false).Single(f => f.Category == "mean").Published);
        Assert.Equal(0.913, Summary.Of(runs, oneForAll: false).Single(f => f.Category == "pcb1").Published);
        Assert.Equal(0.855, Summary.Of(runs, oneForAll: true).Single(f => f.Category == "mean").Published);
        Assert.Equal(0.035, Summary.Of(runs, oneForAll: false).Single(f => f.Category == "mean").Difference!.Value, 1e-12);
    }

    [Fact]
    public void Of_PartOfVisa_ComparesCategoriesButNotTheMean()
    {
        IReadOnlyList<Figure> figures = Summary.Of([Run("candle", 0, 0.9), Run("pcb1", 0, 0.9)], oneForAll: false);
        Assert.Equal(0.926, figures.Single(f => f.Category == "candle").Published);
        Assert.Null(figures.Single(f => f.Category == "mean").Published);
    }

    [Theory]
    [InlineData("mvtec", "image_auroc", 0, 0.932)]
    [InlineData("mvtec", "pixel_auroc", 4, 0.968)]
    [InlineData("mvtec", "aupro_0.3", 1, 0.904)]
    [InlineData("visa", "aupro_0.3", 2, 0.873)]
    [InlineData("visa", "pixel_auroc", 0, 0.921)]
    public void Published_Means_AreThePapers(string dataset, string metric, int shots, double expected) =>
        Assert.Equal(expected, PublishedFigures.Find(dataset, false, metric, "clipfusion", shots, "mean"));

    [Fact]
    public void Of_AnAblationsRow_StandsBesideItsTablesFigureAndNotInOneForAll()
    {
        RunRecord[] runs = [.. Visa.Select(c => Run(c, 0, 0.8, shots: 1) with { Method = "table10-generic" })];

        Figure mean = Summary.Of(runs, oneForAll: false).Single(f => f.Category == "mean");
        Assert.Equal((0.731, 0.069), (mean.Published, Math.Round(mean.Difference!.Value, 12)));
        Assert.All(Summary.Of(runs, oneForAll: true), f => Assert.Null(f.Published));
    }

    [Theory]
    [InlineData("mvtec", "pixel_auroc", "table3-diff", 1, "mean", 0.951)]
    [InlineData("visa", "image_auroc", "table4-language", 0, "mean", 0.795)]
    [InlineData("visa", "pixel_auroc", "table5-block-up", 1, "mean", 0.951)]
    [InlineData("visa", "image_auroc", "table6-with-block0", 1, "mean", 0.749)]
    [InlineData("mvtec", "image_auroc", "table9-all", 1, "mean", 0.868)]
    [InlineData("mvtec", "pixel_auroc", "table10-generic", 1, "mean", 0.94)]
    [InlineData("mvtec", "image_auroc", "table11-custom", 1, "pill", 0.835)]
    [InlineData("mvtec", "pixel_auroc", "table11-custom", 1, "pill", null)]
    public void Published_RowsOfTheAblations_AreThePapers(
        string dataset,
        string metric,
        string row,
        int shots,
        string category,
        double? expected
    ) => Assert.Equal(expected, PublishedFigures.Find(dataset, false, metric, row, shots, category));

    private static RunRecord Run(string category, int seed, double auroc, int shots = 1) =>
        new(
            "",
            category,
            category,
            "clipfusion",
            shots,
            seed,
            [],
            new Dictionary<string, double> { ["image_auroc"] = auroc },
            [],
            new Dictionary<string, IReadOnlyList<double[]>>(),
            []
        );
}
