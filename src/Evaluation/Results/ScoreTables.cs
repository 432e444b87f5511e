using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Evaluation.Results;

/// <summary>What a threshold makes of a run's pictures: a picture is called defective when its score is at least the threshold.</summary>
/// <param name="Threshold">The threshold.</param>
/// <param name="Found">Defective pictures called defective.</param>
/// <param name="Missed">Defective pictures called good.</param>
/// <param name="FalseAlarms">Good pictures called defective.</param>
/// <param name="Passed">Good pictures called good.</param>
internal sealed record Confusion(float Threshold, int Found, int Missed, int FalseAlarms, int Passed)
{
    /// <summary>2 TP / (2 TP + FP + FN); 0 where nothing is found.</summary>
    public double F1 => Found == 0 ? 0 : 2.0 * Found / ((2.0 * Found) + FalseAlarms + Missed);

    /// <summary>At a threshold.</summary>
    public static Confusion At(float threshold, IReadOnlyList<ImageScore> images)
    {
        int found = images.Count(i => !IsGood(i) && i.Score >= threshold),
            alarms = images.Count(i => IsGood(i) && i.Score >= threshold),
            good = images.Count(IsGood);
        return new Confusion(threshold, found, images.Count - good - found, alarms, good - alarms);
    }

    /// <summary>At the threshold with the largest F1, of several the highest; null without both kinds.</summary>
    public static Confusion? Best(IReadOnlyList<ImageScore> images) => Best(images, c => c.F1);

    /// <summary>At the threshold with the largest share found minus the share of false alarms, of several the highest: it does not depend
    /// on how many pictures of each kind there are.</summary>
    public static Confusion? Balanced(IReadOnlyList<ImageScore> images) =>
        Best(images, c => ((double)c.Found / (c.Found + c.Missed)) - ((double)c.FalseAlarms / (c.FalseAlarms + c.Passed)));

    /// <summary>At the lowest threshold without a false alarm; null where no picture scores above every good one.</summary>
    public static Confusion? WithoutAlarm(IReadOnlyList<ImageScore> images)
    {
        float[] above = [.. images.Where(i => !IsGood(i)).Select(i => i.Score).Where(s => images.Where(IsGood).All(g => g.Score < s))];
        return above.Length > 0 && images.Any(IsGood) ? At(above.Min(), images) : null;
    }

    private static Confusion? Best(IReadOnlyList<ImageScore> images, Func<Confusion, double> worth) =>
        images.Any(IsGood) && !images.All(IsGood)
            ? images.Select(i => i.Score).Distinct().OrderDescending().Select(t => At(t, images)).MaxBy(worth)
            : null;

    private static bool IsGood(ImageScore image) => image.Defect == TestImage.Good;
}

/// <summary>A kind of defect in one run.</summary>
/// <param name="Defect">Its name.</param>
/// <param name="Pictures">How many.</param>
/// <param name="Auroc">Image AUROC of these against all good ones; null without good ones.</param>
/// <param name="Lowest">Lowest score.</param>
/// <param name="Mean">Mean score.</param>
/// <param name="Highest">Highest score.</param>
internal sealed record DefectRow(string Defect, int Pictures, double? Auroc, float Lowest, float Mean, float Highest)
{
    /// <summary>One row a kind, good ones first.</summary>
    public static IReadOnlyList<DefectRow> Of(IReadOnlyList<ImageScore> images)
    {
        ImageScore[] good = [.. images.Where(i => i.Defect == TestImage.Good)];
        return
        [
            .. images
                .GroupBy(i => i.Defect)
                .OrderBy(g => g.Key != TestImage.Good)
                .ThenBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new DefectRow(
                    g.Key,
                    g.Count(),
                    Against(good, [.. g]),
                    g.Min(i => i.Score),
                    g.Average(i => i.Score),
                    g.Max(i => i.Score)
                )),
        ];
    }

    private static double? Against(ImageScore[] good, ImageScore[] defects)
    {
        if (good.Length == 0 || defects[0].Defect == TestImage.Good)
            return null;
        ImageScore[] all = [.. good, .. defects];
        return RankMetrics.Auroc(ImageRanks.Of([.. all.Select(i => i.Score)], [.. all.Select((_, i) => i >= good.Length)]));
    }
}
