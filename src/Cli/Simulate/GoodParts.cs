using ClipFusion.Camera.Simulation;

namespace ClipFusion.Cli.Simulate;

/// <summary>
/// Good parts that somebody picked out before a simulated line ran. They are numbered where the line never comes, and taken at even
/// distances over the wandering of its light, as one collects good parts over a shift.
/// </summary>
internal static class GoodParts
{
    /// <summary>No number is below: at one part a second the line gets here after 31 years.</summary>
    public const long FirstNumber = 1_000_000_000;

    /// <summary>Shares no divisor with the period of the light, so that the parts meet all of its phases.</summary>
    private const long Step = 61;

    /// <summary>Numbers of good parts by the line's own truth, in order and without end.</summary>
    /// <exception cref="ArgumentException">A million parts in a row are bad.</exception>
    public static IEnumerable<long> Of(LineTruth truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        return Numbers(truth);
    }

    private static IEnumerable<long> Numbers(LineTruth truth)
    {
        int bad = 0;
        for (long number = FirstNumber; ; number += Step)
        {
            if (!truth.Of((ulong)number).IsDefective)
            {
                bad = 0;
                yield return number;
            }
            else if (++bad > 1_000_000 / Step)
                throw new ArgumentException("the line makes next to no good parts: its defectRate must be below 1", nameof(truth));
        }
    }
}
