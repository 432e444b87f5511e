using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Evaluation.Results;

/// <summary>The metrics of one run, by column name; 0..1. A metric that is not defined for the run is not among them.</summary>
public static class MetricColumns
{
    /// <summary>Of whole images.</summary>
    public static IReadOnlyList<string> Image { get; } = ["image_auroc", "image_ap", "image_f1_max"];

    /// <summary>Of pixels, without the overlaps.</summary>
    public static IReadOnlyList<string> Pixel { get; } = ["pixel_auroc", "pixel_ap", "pixel_f1_max"];

    /// <summary>The per-region overlap up to a false positive rate.</summary>
    public static string Aupro(double limit) => FormattableString.Invariant($"aupro_{limit}");

    /// <summary>All of them, in the tables' order.</summary>
    public static IReadOnlyList<string> All(IEnumerable<double> limits) => [.. Image, .. Pixel, .. limits.Select(Aupro)];

    internal static IEnumerable<KeyValuePair<string, double>> Of(ScoreRanks ranks, IReadOnlyList<string> names) =>
        names.Zip([RankMetrics.Auroc(ranks), RankMetrics.AveragePrecision(ranks), RankMetrics.F1Max(ranks)], KeyValuePair.Create);
}
