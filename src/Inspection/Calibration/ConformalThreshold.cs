using System.Globalization;
using MathNet.Numerics.Distributions;

namespace ClipFusion.Inspection.Calibration;

/// <summary>
/// A threshold from scores of good parts alone (split conformal prediction): of n scores the k-th smallest, k = ceil((n + 1)(1 - alpha)). A
/// further good part scores above it with a probability of at most alpha, provided that it and the n parts are exchangeable. Nothing is
/// known of bad parts.
/// </summary>
/// <param name="Value">The threshold: a score above it is NG.</param>
/// <param name="Parts">n, how many good parts there were.</param>
/// <param name="Rank">k, 1..n.</param>
/// <param name="Alpha">The wanted rate of good parts that are rejected, above 0 and below 1.</param>
public sealed record ConformalThreshold(double Value, int Parts, int Rank, double Alpha)
{
    /// <summary>What the rule comes to with these numbers: 1 - k/(n + 1), at most <see cref="Alpha"/>.</summary>
    public double Bound => 1 - Rank / (Parts + 1.0);

    /// <summary>The rate of rejected good parts that this very threshold keeps with a confidence of 90 %: the 0.9 quantile of Beta(n + 1 -
    /// k, k), which that rate follows over draws of the n parts.</summary>
    public double Bound90 => Beta.InvCDF(Parts + 1 - Rank, Rank, 0.9);

    /// <summary>The rule in words, with its numbers.</summary>
    public string Rule =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"number {Rank} of {Parts} good parts' scores in rising order (k = ceil((n + 1)(1 - alpha)), n = {Parts}, alpha = "
                + $"{100 * Alpha:0.#} %)"
        );

    /// <summary>What it promises, in words.</summary>
    public string Promise =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"on average over such thresholds at most {100 * Bound:0.0} % of good parts are rejected, if they come as those {Parts} came"
        );

    /// <summary>What it does not promise, in words.</summary>
    public static string NoPromise =>
        "that this very threshold keeps to it, that it holds while the light drifts, or that any bad part is found";

    /// <summary>k for so many parts: from 1 to n, or n + 1 where they are too few for the rate.</summary>
    /// <param name="parts">n.</param>
    /// <param name="alpha">The wanted rate, above 0 and below 1.</param>
    // 31 * (1 - 1/31) is a little more than 30 in floating point; the rank must not be one too high for it.
    public static int RankOf(int parts, double alpha) => Math.Max(1, (int)Math.Ceiling(((parts + 1.0) * (1 - alpha)) - 1e-9));

    /// <summary>The least rate that so many parts allow: 1/(n + 1).</summary>
    public static double LeastRate(int parts) => 1 / (parts + 1.0);

    /// <summary>How many parts a rate needs at least: ceil(1/alpha) - 1.</summary>
    /// <param name="alpha">The wanted rate, above 0 and below 1.</param>
    public static double PartsFor(double alpha) => Math.Ceiling((1 / alpha) - 1e-9) - 1;

    /// <summary>Applies the rule.</summary>
    /// <param name="scores">Scores of good parts in any order, finite; equal ones count each.</param>
    /// <param name="alpha">Wanted rate of rejected good parts, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">A score is not finite, or alpha is out of range or smaller than so few parts allow: 1/(n +
    /// 1).</exception>
    public static ConformalThreshold Of(IReadOnlyList<double> scores, double alpha)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (alpha is not (> 0 and < 1))
            throw new ArgumentException($"alpha {alpha}: a rate above 0 and below 1 is expected", nameof(alpha));
        if (scores.FirstOrDefault(s => !double.IsFinite(s)) is var bad && !double.IsFinite(bad))
            throw new ArgumentException($"a score is {bad}: finite scores are expected", nameof(scores));
        int rank = RankOf(scores.Count, alpha);
        if (rank > scores.Count)
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{scores.Count} good parts allow no alpha below 1/{scores.Count + 1} = {LeastRate(scores.Count):0.0000}; {alpha} "
                        + $"was wanted"
                ),
                nameof(scores)
            );
        return new(scores.Order().ElementAt(rank - 1), scores.Count, rank, alpha);
    }
}
