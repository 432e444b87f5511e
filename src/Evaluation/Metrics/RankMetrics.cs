namespace ClipFusion.Evaluation.Metrics;

/// <summary>Metrics of a ranking, defined as scikit-learn defines them. Each is 0..1, higher is better.</summary>
public static class RankMetrics
{
    /// <summary>Area under the receiver operating characteristic: the probability that an anomalous sample scores above a normal one, ties
    /// counted half. Counted in integers.</summary>
    /// <param name="ranks">The counts, with at least one sample of each class.</param>
    public static double Auroc(ScoreRanks ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        Int128 twiceWon = 0;
        for (int i = 0; i < ranks.Count; i++)
        {
            long below = ranks.NormalTotal - ranks.FalseAlarms(i);
            twiceWon += (Int128)ranks.Anomalous[i] * ((2 * below) + ranks.Tied[i]);
        }

        return (double)twiceWon / (2.0 * ranks.AnomalousTotal * ranks.NormalTotal);
    }

    /// <summary>Average precision: sum over thresholds, highest first, of precision times the recall won; no interpolation between
    /// thresholds.</summary>
    /// <param name="ranks">The counts, with at least one sample of each class.</param>
    public static double AveragePrecision(ScoreRanks ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        double sum = 0;
        long hits = 0;
        for (int i = ranks.Count - 1; i >= 0; i--)
        {
            hits += ranks.Anomalous[i];
            sum += ranks.Anomalous[i] * ((double)hits / (hits + ranks.FalseAlarms(i)));
        }

        return sum / ranks.AnomalousTotal;
    }

    /// <summary>The largest F1 = 2 precision recall / (precision + recall) over all thresholds.</summary>
    /// <param name="ranks">The counts, with at least one sample of each class.</param>
    public static double F1Max(ScoreRanks ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        double best = 0;
        long hits = 0;
        for (int i = ranks.Count - 1; i >= 0; i--)
        {
            hits += ranks.Anomalous[i];
            best = Math.Max(best, 2.0 * hits / (hits + ranks.FalseAlarms(i) + ranks.AnomalousTotal));
        }

        return best;
    }
}
