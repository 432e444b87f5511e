namespace ClipFusion.Inspection.Calibration;

/// <summary>References that look unlike the others, by their left-out scores of the vision branches alone: one of them may be a bad
/// part.</summary>
public static class OddReferences
{
    /// <summary>Fewer references than this say nothing about each other.</summary>
    public const int LeastReferences = 4;

    private const double Deviations = 6,
        Factor = 1.5;

    /// <summary>Whether so many references say anything about each other.</summary>
    public static bool CanTell(int references) => references >= LeastReferences;

    /// <summary>The odd ones: above the median by more than six deviations (of 1.4826 times the median absolute deviation), and above one
    /// and a half times the median.</summary>
    /// <param name="scores">One left-out score a reference, of the picture itself and not of its copies.</param>
    /// <returns>Their numbers from 0, ascending; none where there are too few references to tell.</returns>
    public static IReadOnlyList<int> Find(IReadOnlyList<double> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (!CanTell(scores.Count))
            return [];
        double median = RobustSpread.Median(scores),
            limit = median + (Deviations * RobustSpread.ToDeviation * RobustSpread.MedianAbsoluteDeviation(scores));
        return [.. Enumerable.Range(0, scores.Count).Where(i => scores[i] > limit && scores[i] > Factor * median)];
    }
}
