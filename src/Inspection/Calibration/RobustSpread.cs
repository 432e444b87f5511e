namespace ClipFusion.Inspection.Calibration;

/// <summary>Middle and spread of a few scores, which one odd score does not move far.</summary>
internal static class RobustSpread
{
    /// <summary>What the median absolute deviation of normally distributed numbers is multiplied by to give their standard
    /// deviation.</summary>
    public const double ToDeviation = 1.4826;

    /// <summary>The median; of an even count the mean of the two middle values.</summary>
    /// <param name="values">At least one.</param>
    public static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The median of the distances to the median.</summary>
    /// <param name="values">At least one.</param>
    public static double MedianAbsoluteDeviation(IReadOnlyCollection<double> values)
    {
        double median = Median(values);
        return Median([.. values.Select(v => Math.Abs(v - median))]);
    }
}
