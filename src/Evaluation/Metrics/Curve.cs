namespace ClipFusion.Evaluation.Metrics;

/// <summary>Curves to be drawn: at most <see cref="MostPoints"/> points (x, y), x ascending. Metrics are never computed from
/// them.</summary>
public static class Curve
{
    /// <summary>Points of a curve at most.</summary>
    public const int MostPoints = 101;

    private const int Digits = 5;

    /// <summary>Receiver operating characteristic: false positive rate, true positive rate.</summary>
    public static IReadOnlyList<double[]> Roc(ScoreRanks ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        double[] rates = new double[ranks.Count];
        long hits = 0;
        for (int i = rates.Length - 1; i >= 0; i--)
            rates[i] = (double)(hits += ranks.Anomalous[i]) / ranks.AnomalousTotal;
        return Thinned(ranks, rates);
    }

    /// <summary>Per-region overlap: false positive rate, mean share of the regions.</summary>
    public static IReadOnlyList<double[]> Pro(PixelRanks pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        return Thinned(pixels.Ranks, pixels.Overlap());
    }

    /// <summary>The highest point in each of equal steps of the false positive rate, which hides no rise.</summary>
    private static List<double[]> Thinned(ScoreRanks ranks, double[] heights)
    {
        double Rate(int i) => (double)ranks.FalseAlarms(i) / ranks.NormalTotal;
        int Step(int i) => (int)(Rate(i) * (MostPoints - 2));
        var points = new List<double[]>();
        for (int i = ranks.Count - 1; i >= 0; i--)
        {
            if (i == 0 || Step(i - 1) != Step(i))
                points.Add([Math.Round(Rate(i), Digits), Math.Round(heights[i], Digits)]);
        }

        if (points[^1] is not [1, 1])
            points.Add([1, 1]);
        return points;
    }
}
