using System.Diagnostics;
using ClipFusion.Inspection.Networks;

namespace ClipFusion.Inspection;

/// <summary>The parts of an inspection whose durations are told apart.</summary>
public enum InspectionStep
{
    /// <summary>Step 3.</summary>
    Prepare,

    /// <summary>Step 4, image tower.</summary>
    ClipNetworks,

    /// <summary>Step 5, CLIP's banks and language map.</summary>
    ClipBanks,

    /// <summary>Step 4, VAE encoder.</summary>
    Vae,

    /// <summary>Step 4, UNet.</summary>
    Unet,

    /// <summary>Step 5, the denoiser's banks and language maps.</summary>
    DiffusionBanks,

    /// <summary>Step 4, backbone.</summary>
    BackboneNetwork,

    /// <summary>Step 5, the backbone's banks.</summary>
    BackboneBanks,

    /// <summary>Step 6.</summary>
    Fuse,
}

/// <summary>What the steps of one inspection note on their way: how long each took and, where they are asked for, raw tensors. Used by one
/// thread at a time.</summary>
/// <param name="taps">Receives the latent and, with a debug pack, raw tensors; null for none.</param>
public sealed class InspectionTrace(TensorTaps? taps = null)
{
    private StepDurations _durations;
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>The raw tensors; null where nobody asked.</summary>
    public TensorTaps? Taps => taps;

    /// <summary>Durations by the monotonic clock; zero for a step that was not taken.</summary>
    public StepTimings Timings
    {
        get
        {
            TimeSpan Of(InspectionStep step) => TimeSpan.FromTicks(_durations[(int)step]);
            return new StepTimings(
                Of(InspectionStep.Prepare),
                Of(InspectionStep.ClipNetworks),
                Of(InspectionStep.ClipBanks),
                Of(InspectionStep.Vae),
                Of(InspectionStep.Unet),
                Of(InspectionStep.DiffusionBanks),
                Of(InspectionStep.Fuse)
            )
            {
                BackboneNetwork = Of(InspectionStep.BackboneNetwork),
                BackboneBanks = Of(InspectionStep.BackboneBanks),
            };
        }
    }

    /// <summary>Adds the time since the last lap, or since the trace was made, to a step.</summary>
    internal void Lap(InspectionStep step)
    {
        long now = Stopwatch.GetTimestamp();
        _durations[(int)step] += Stopwatch.GetElapsedTime(_last, now).Ticks;
        _last = now;
    }

    [System.Runtime.CompilerServices.InlineArray((int)InspectionStep.Fuse + 1)]
    private struct StepDurations
    {
        private long _ticks;
    }
}
