using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>What runs the networks.</summary>
/// <param name="ImageTower">CLIP's image tower.</param>
/// <param name="TextTowers">Both text towers, which run once per recipe.</param>
/// <param name="Vae">The VAE encoder.</param>
/// <param name="Unet">The UNet.</param>
/// <param name="Device">Number of the GPU, 0..15.</param>
/// <param name="Float16">Whether TensorRT may use float16 kernels in the image tower and the UNet of a float32 pack.</param>
/// <param name="CudaGraphs">Whether the image tower and the VAE encoder replay CUDA graphs on CUDA and TensorRT.</param>
/// <param name="WorkspaceMb">Megabytes of scratch memory for TensorRT, 64..65,536.</param>
/// <param name="EngineFolder">Where engines, timing caches and quarantine marks are kept; null = in the data folder.</param>
/// <param name="OnnxRuntime">A <c>libonnxruntime.so</c> that takes the place of the program's own; null = its own.</param>
internal sealed record AcceleratorConfig(
    ProviderChoice ImageTower,
    ProviderChoice TextTowers,
    ProviderChoice Vae,
    ProviderChoice Unet,
    int Device,
    bool Float16,
    bool CudaGraphs,
    int WorkspaceMb,
    string? EngineFolder,
    string? OnnxRuntime
)
{
    /// <summary>As the networks take it.</summary>
    /// <param name="dataFolder">The appliance's data folder.</param>
    public ProviderSettings ToSettings(string dataFolder) =>
        new(new ProviderChoices(ImageTower, TextTowers, Vae, Unet))
        {
            Device = Device,
            Float16 = Float16,
            CudaGraphs = CudaGraphs,
            WorkspaceBytes = (long)WorkspaceMb << 20,
            CacheFolder = EngineFolder ?? Path.Combine(dataFolder, "engines"),
            BuildsLater = true,
        };
}
