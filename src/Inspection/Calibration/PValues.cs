using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ClipFusion.Inspection.Calibration;

/// <summary>
/// How usual a score is among those of good parts: conformal p-values, made smooth by a number that follows from the inspection's id, so
/// that whoever computes one again finds the same.
/// </summary>
public sealed class PValues
{
    private readonly double[] _sorted;
    private readonly double _threshold;

    /// <summary>Takes a calibration set.</summary>
    /// <param name="scores">Scores of n good parts, in any order, finite, at least one.</param>
    /// <param name="threshold">Scores above it are NG, whoever set it.</param>
    /// <exception cref="ArgumentException">There is no score, or one is not finite.</exception>
    public PValues(IReadOnlyCollection<double> scores, double threshold)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Count == 0 || scores.Any(s => !double.IsFinite(s)))
            throw new ArgumentException($"{scores.Count} scores; at least one, all finite, are expected", nameof(scores));
        (_sorted, _threshold) = ([.. scores.Order()], threshold);
    }

    /// <summary>n.</summary>
    public int Parts => _sorted.Length;

    /// <summary>theta of an inspection: the first 53 bits of SHA-256 of its id, as a fraction from 0 to below 1.</summary>
    /// <param name="inspection">The id as messages have it.</param>
    public static double Theta(string inspection)
    {
        ArgumentNullException.ThrowIfNull(inspection);
        const int Fraction = 53;
        ulong first = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(inspection)));
        return Math.ScaleB(first >> (64 - Fraction), -Fraction);
    }

    /// <summary>
    /// u = (scores above s + theta (scores equal to s + 1))/(n + 1), of those below the threshold: (u - u_t)/(1 - u_t) with u_t = scores
    /// above the threshold/(n + 1). Uniform between 0 and 1 as long as parts come as the n came.
    /// </summary>
    /// <param name="score">The score.</param>
    /// <param name="theta">From 0 to 1.</param>
    /// <returns>Null for a score above the threshold: the part was rejected, and says nothing of those that were not.</returns>
    public double? Of(double score, double theta)
    {
        if (!(score <= _threshold))
            return null;
        int above = Above(score),
            equal = _sorted.Length - above - Below(score);
        double u = (above + (theta * (equal + 1))) / (_sorted.Length + 1),
            rejected = Above(_threshold) / (_sorted.Length + 1.0);
        return (u - rejected) / (1 - rejected);
    }

    private int Above(double score)
    {
        (int low, int high) = (0, _sorted.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_sorted[middle] > score)
                high = middle;
            else
                low = middle + 1;
        }

        return _sorted.Length - low;
    }

    private int Below(double score)
    {
        (int low, int high) = (0, _sorted.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_sorted[middle] < score)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
