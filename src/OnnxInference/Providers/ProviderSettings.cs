using ClipFusion.OnnxInference.Engines;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>A provider for each network.</summary>
/// <param name="ImageTower">CLIP's image tower.</param>
/// <param name="TextTowers">Both text towers; they run once per recipe.</param>
/// <param name="Vae">The VAE encoder.</param>
/// <param name="Unet">The UNet.</param>
public sealed record ProviderChoices(ProviderChoice ImageTower, ProviderChoice TextTowers, ProviderChoice Vae, ProviderChoice Unet)
{
    /// <summary>The choice for one of them.</summary>
    public ProviderChoice this[NetworkPart part] =>
        part switch
        {
            NetworkPart.ImageTower => ImageTower,
            NetworkPart.TextTowers => TextTowers,
            NetworkPart.Vae => Vae,
            _ => Unet,
        };

    /// <summary>The same for all.</summary>
    public static ProviderChoices All(ProviderChoice choice) => new(choice, choice, choice, choice);
}

/// <summary>How networks get onto an accelerator.</summary>
/// <param name="Choices">Who runs what.</param>
public sealed record ProviderSettings(ProviderChoices Choices)
{
    /// <summary>Everything on the CPU: nothing is looked for and nothing is checked.</summary>
    public static ProviderSettings CpuOnly { get; } = new(ProviderChoices.All(ProviderChoice.Cpu));

    /// <summary>Number of the GPU, from 0.</summary>
    public int Device { get; init; }

    /// <summary>
    /// Whether TensorRT may use float16 kernels in the image tower and the UNet of a float32 pack, where it pleases, attention logits
    /// included; in a float16 pack it does so anyway. The VAE and the text towers never do (docs/gpu.md says why).
    /// </summary>
    public bool Float16 { get; init; }

    /// <summary>Whether CUDA and TensorRT replay the first run of networks whose shapes never change
    /// (<see cref="GraphFile.HasFixedShapes"/>) as a CUDA graph; where that fails they run without.</summary>
    public bool CudaGraphs { get; init; }

    /// <summary>Most memory in bytes that TensorRT may use for scratch while it builds and runs an engine.</summary>
    public long WorkspaceBytes { get; init; } = 2L << 30;

    /// <summary>Where engines, timing caches and quarantine marks are kept; null = nothing is kept, and TensorRT is not used.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Whether CUDA stands in while TensorRT builds an engine (<see cref="GraphSessions.BuildEngines"/>); off, opening waits for
    /// the build.</summary>
    public bool BuildsLater { get; init; }
}
