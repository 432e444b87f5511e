namespace ClipFusion.Inspection.Calibration;

/// <summary>A threshold from nothing but the references' own left-out scores: it stands until good parts have been confirmed, and promises
/// nothing.</summary>
public static class ProvisionalThreshold
{
    /// <summary>The largest score plus 1.4826 times the median absolute deviation.</summary>
    /// <param name="scores">Left-out scores of the references, in any order, finite, at least one.</param>
    /// <exception cref="ArgumentException">There is none, or one is not finite.</exception>
    public static double Of(IReadOnlyCollection<double> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Count == 0 || scores.Any(s => !double.IsFinite(s)))
            throw new ArgumentException($"{scores.Count} scores; at least one, all finite, are expected", nameof(scores));
        return scores.Max() + (RobustSpread.ToDeviation * RobustSpread.MedianAbsoluteDeviation(scores));
    }
}
