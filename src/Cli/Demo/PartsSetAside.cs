using System.Collections.Immutable;
using ClipFusion.Camera.Simulation;
using ClipFusion.Cli.Simulate;

namespace ClipFusion.Cli.Demo;

/// <summary>
/// Good parts of a simulated line (<see cref="GoodParts"/>): some to compare with, others to set the threshold by.
/// </summary>
/// <param name="References">Numbers of the parts to compare with.</param>
/// <param name="Calibration">Numbers of the parts that the threshold comes from; none of the references.</param>
internal sealed record PartsSetAside(ImmutableArray<long> References, ImmutableArray<long> Calibration)
{
    /// <summary>How many are compared with.</summary>
    public const int ReferenceCount = 8;

    /// <summary>How many set the threshold.</summary>
    public const int CalibrationCount = 30;

    /// <summary>Picks the parts.</summary>
    /// <exception cref="ArgumentException">The line makes next to no good ones.</exception>
    public static PartsSetAside From(LineTruth truth)
    {
        long[] good = [.. GoodParts.Of(truth).Take(ReferenceCount + CalibrationCount)];
        return new([.. good.Take(ReferenceCount)], [.. good.Skip(ReferenceCount)]);
    }
}
