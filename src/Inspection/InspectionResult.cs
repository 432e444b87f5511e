using ClipFusion.Inspection.Networks;

namespace ClipFusion.Inspection;

/// <summary>
/// Everything that one inspection computed. The memory of <see cref="Fused"/> and <see cref="Prepared"/> belongs to the inspector and is
/// written over by its next inspection; copy what has to live longer.
/// </summary>
/// <param name="Prepared">Step 3: the resized pictures.</param>
/// <param name="Maps">Steps 4 and 5: each branch's maps on their native grids.</param>
/// <param name="Fused">Step 6: maps at the output size and scores.</param>
/// <param name="Timings">How long each step took.</param>
/// <param name="Taps">Raw tensors, where they were asked for.</param>
public sealed record InspectionResult(PreparedImage Prepared, BranchMaps Maps, FusionResult Fused, StepTimings Timings, TensorTaps? Taps)
{
    /// <summary>The anomaly score: few-shot where there are references, else zero-shot; 0..2.</summary>
    public float Score => Fused.Score;

    /// <summary>The anomaly map that belongs to <see cref="Score"/>.</summary>
    public Maps.AnomalyMap Map => Fused.Map;
}

/// <summary>Durations of the numbered steps of one inspection, by the monotonic clock.</summary>
/// <param name="Prepare">Step 3.</param>
/// <param name="ClipNetworks">Step 4, image tower.</param>
/// <param name="ClipBanks">Step 5, CLIP's banks and language map.</param>
/// <param name="Vae">Step 4, VAE encoder.</param>
/// <param name="Unet">Step 4, UNet.</param>
/// <param name="DiffusionBanks">Step 5, diffusion banks.</param>
/// <param name="Fuse">Step 6.</param>
public sealed record StepTimings(
    TimeSpan Prepare,
    TimeSpan ClipNetworks,
    TimeSpan ClipBanks,
    TimeSpan Vae,
    TimeSpan Unet,
    TimeSpan DiffusionBanks,
    TimeSpan Fuse
)
{
    /// <summary>Step 4, backbone.</summary>
    public TimeSpan BackboneNetwork { get; init; }

    /// <summary>Step 5, the backbone's banks.</summary>
    public TimeSpan BackboneBanks { get; init; }

    /// <summary>All of it.</summary>
    public TimeSpan Total => Prepare + ClipNetworks + ClipBanks + Vae + Unet + DiffusionBanks + BackboneNetwork + BackboneBanks + Fuse;
}
