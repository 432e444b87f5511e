using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>The providers of an open pack and the folder where their engines lie.</summary>
public sealed class ProviderSet : IDisposable
{
    private ProviderSet(IReadOnlyList<IGraphProvider> providers, string? engineFolder) =>
        (Providers, EngineFolder) = (providers, engineFolder);

    /// <summary>One of each kind.</summary>
    internal IReadOnlyList<IGraphProvider> Providers { get; }

    /// <summary>This pack's, GPU's and version's folder of engines and quarantine marks; null when nothing is kept.</summary>
    public string? EngineFolder { get; }

    /// <summary>The real ones. Without any choice but the CPU nothing else is looked at.</summary>
    /// <param name="packHash">Names the pack.</param>
    /// <param name="settings">How networks run on the CPU.</param>
    /// <param name="providers">How they get onto an accelerator.</param>
    public static ProviderSet Of(string packHash, SessionSettings settings, ProviderSettings providers)
    {
        bool accelerates =
            Enum.GetValues<NetworkPart>().Any(p => providers.Choices[p] != ProviderChoice.Cpu)
            && RuntimeProviders.WhyNot("CUDAExecutionProvider") is null;
        string? folder = null;
        string whyNot = "there is no folder for its engines";
        if (accelerates && providers.CacheFolder is { } root)
        {
            try
            {
                GpuIdentity identity = GpuProbe.Read(providers.Device, OrtEnv.Instance().GetVersionString());
                folder = new EngineCache(root).Open(new EngineCacheKey(packHash, identity, providers.Float16, providers.WorkspaceBytes));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                whyNot = $"the folder for its engines can't be used: {e.Message}";
            }
        }

        return new ProviderSet(
            [new TensorRtProvider(settings, providers, folder, whyNot), new CudaProvider(settings, providers), new CpuProvider(settings)],
            folder
        );
    }

    /// <summary>Others in their place, for tests.</summary>
    internal static ProviderSet Of(IReadOnlyList<IGraphProvider> providers, string? engineFolder) => new(providers, engineFolder);

    /// <summary>Frees what providers hold.</summary>
    public void Dispose()
    {
        foreach (IDisposable provider in Providers.OfType<IDisposable>())
            provider.Dispose();
    }
}
