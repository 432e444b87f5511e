namespace ClipFusion.Evaluation.Metrics;

/// <summary>The ranking of whole images by their scores.</summary>
public static class ImageRanks
{
    /// <summary>Ranks images.</summary>
    /// <param name="scores">One finite score an image.</param>
    /// <param name="anomalous">Whether each image is anomalous.</param>
    /// <exception cref="MetricException">A score is NaN or infinite (its number is named), or all images are of one class.</exception>
    public static ScoreRanks Of(ReadOnlySpan<float> scores, ReadOnlySpan<bool> anomalous)
    {
        if (scores.Length != anomalous.Length)
            throw new ArgumentException(
                $"{scores.Length} scores and {anomalous.Length} labels; one of each per image is expected",
                nameof(anomalous)
            );
        if (ScoreKey.IndexOfNonFinite(scores) is var bad and >= 0)
            throw new MetricException($"the score of image {bad} is {scores[bad]}; a finite number is expected");
        int count = anomalous.Count(true);
        if (count == 0 || count == scores.Length)
            throw new MetricException($"{scores.Length - count} normal and {count} anomalous images; at least one of each is needed");

        uint[] keys = new uint[count];
        for (int i = 0, next = 0; i < scores.Length; i++)
        {
            if (anomalous[i])
                keys[next++] = ScoreKey.Of(scores[i]);
        }

        Array.Sort(keys);
        var ranks = new ScoreRanks(keys);
        for (int i = 0; i < scores.Length; i++)
        {
            if (!anomalous[i])
                ranks.AddNormal(ScoreKey.Of(scores[i]));
        }

        return ranks.Complete();
    }
}
