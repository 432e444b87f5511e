using ClipFusion.Foundation.Files;
using ClipFusion.Models.Graph;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>ONNX Runtime's TensorRT provider with CUDA for what TensorRT does not take. Never run on a GPU by this project so
/// far.</summary>
/// <param name="settings">Threads, for what stays on the CPU.</param>
/// <param name="providers">Device, precision, memory.</param>
/// <param name="folder">Where engines lie; null when nothing can be kept.</param>
/// <param name="whyNoFolder">Why it can't.</param>
internal sealed class TensorRtProvider(SessionSettings settings, ProviderSettings providers, string? folder, string whyNoFolder)
    : IGraphProvider,
        IDisposable
{
    private readonly Lazy<OrtMemoryInfo> _memory = new(() => CudaProvider.DeviceMemory(providers.Device));

    public ExecutionProvider Kind => ExecutionProvider.TensorRt;

    public string? WhyNot => RuntimeProviders.WhyNot("TensorrtExecutionProvider") ?? (folder is null ? whyNoFolder : null);

    public OrtMemoryInfo Memory => _memory.Value;

    public int? Device => providers.Device;

    /// <summary>A build that was cut short leaves engines of parts of the graph, but no mark.</summary>
    public bool MustBuild(GraphFile graph) => !File.Exists(MarkOf(graph));

    public InferenceSession Open(GraphFile graph, bool cudaGraphs = false)
    {
        Directory.CreateDirectory(Path.Combine(folder!, graph.Name));
        using SessionOptions options = settings.ToSessionOptions(graph.WeightBytes);
        using var tensorRt = new OrtTensorRTProviderOptions();
        tensorRt.UpdateOptions(TensorRtOptions.Of(graph, providers, folder!, cudaGraphs));
        options.AppendExecutionProvider_Tensorrt(tensorRt);
        // A session has one provider that captures.
        CudaProvider.Append(options, providers, cudaGraphs: false);
        var session = new InferenceSession(graph.PathOf(GraphTarget.TensorRt), options);
        AtomicFile.Write(MarkOf(graph), Durability.Process, "");
        return session;
    }

    private string MarkOf(GraphFile graph) => Path.Combine(folder!, graph.Name, "built");

    public void Dispose()
    {
        if (_memory.IsValueCreated)
            _memory.Value.Dispose();
    }
}
