namespace ClipFusion.Native;

/// <summary>A GPU, as far as it was found.</summary>
/// <param name="WhyNot">Why it can't search memory banks, in words for a log: kernels not built in, no driver, no GPU, too old. Null when
/// it can.</param>
public sealed record DeviceProbe(string? WhyNot)
{
    /// <summary>True when <see cref="DeviceBankSet"/> can be used with it.</summary>
    public bool IsUsable => WhyNot is null;

    /// <summary>What its maker calls it, or null where none was found.</summary>
    public string? Name { get; init; }

    /// <summary>CUDA's name for the generation, such as 8.7 for Orin; null where none was found.</summary>
    public Version? ComputeCapability { get; init; }

    /// <summary>The latest CUDA version that the installed driver serves; null without a driver.</summary>
    public Version? Driver { get; init; }

    /// <summary>Memory of the GPU; 0 where none was found.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>What it would run: "sm_87" is machine code, "compute_80" is compiled by the driver when it is first used. Null where
    /// nothing fits.</summary>
    public string? Kernels { get; init; }
}
