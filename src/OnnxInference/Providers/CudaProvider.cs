using ClipFusion.Models.Graph;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>ONNX Runtime's CUDA provider. Never run on a GPU by this project so far.</summary>
internal sealed class CudaProvider(SessionSettings settings, ProviderSettings providers) : IGraphProvider, IDisposable
{
    private readonly Lazy<OrtMemoryInfo> _memory = new(() => DeviceMemory(providers.Device));

    public ExecutionProvider Kind => ExecutionProvider.Cuda;

    public string? WhyNot => RuntimeProviders.WhyNot("CUDAExecutionProvider");

    public OrtMemoryInfo Memory => _memory.Value;

    /// <summary>Memory of a GPU.</summary>
    public static OrtMemoryInfo DeviceMemory(int device) =>
        new(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, device, OrtMemType.Default);

    public int? Device => providers.Device;

    public bool MustBuild(GraphFile graph) => false;

    public InferenceSession Open(GraphFile graph, bool cudaGraphs = false)
    {
        using SessionOptions options = settings.ToSessionOptions(graph.WeightBytes);
        Append(options, providers, cudaGraphs);
        return new InferenceSession(graph.PathOf(GraphTarget.OnnxRuntime), options);
    }

    /// <summary>Adds CUDA to a session, below what was added before.</summary>
    public static void Append(SessionOptions options, ProviderSettings providers, bool cudaGraphs)
    {
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(CudaOptions.Of(providers, cudaGraphs));
        options.AppendExecutionProvider_CUDA(cuda);
    }

    public void Dispose()
    {
        if (_memory.IsValueCreated)
            _memory.Value.Dispose();
    }
}
