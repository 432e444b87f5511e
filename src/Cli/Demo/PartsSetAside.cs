using System.Collections.Immutable;
using ClipFusion.Camera.Simulation;

namespace ClipFusion.Cli.Demo;

/// <summary>
/// Good parts of a simulated line that somebody picked out before it ran: some to compare with, others to set the threshold by. They are
/// numbered where the line never comes, and taken at even distances over the wandering of its light, as one collects good parts over a
/// shift.
/// </summary>
/// <param name="References">Numbers of the parts to compare with.</param>
/// <param name="Calibration">Numbers of the parts that the threshold comes from; none of the references.</param>
internal sealed record PartsSetAside(ImmutableArray<long> References, ImmutableArray<long> Calibration)
{
    /// <summary>How many are compared with.</summary>
    public const int ReferenceCount = 8;

    /// <summary>How many set the threshold.</summary>
    public const int CalibrationCount = 30;

    /// <summary>No number is below: at one part a second the line gets here after 31 years.</summary>
    public const long FirstNumber = 1_000_000_000;

    /// <summary>Shares no divisor with the period of the light, so that the parts meet all of its phases.</summary>
    private const long Step = 61;

    /// <summary>Picks the parts, good ones by the line's own truth.</summary>
    /// <param name="truth">The line's.</param>
    public static PartsSetAside From(LineTruth truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var good = new List<long>(ReferenceCount + CalibrationCount);
        for (long number = FirstNumber; good.Count < good.Capacity; number += Step)
        {
            if (number > FirstNumber + 1_000_000)
                throw new ArgumentException("the line makes next to no good parts: its defectRate must be below 1", nameof(truth));
            if (!truth.Of((ulong)number).IsDefective)
                good.Add(number);
        }

        return new([.. good.Take(ReferenceCount)], [.. good.Skip(ReferenceCount)]);
    }
}
