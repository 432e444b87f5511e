using ClipFusion.Models.Graph;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>The processor: always there, and the reference.</summary>
internal sealed class CpuProvider(SessionSettings settings) : IGraphProvider
{
    public ExecutionProvider Kind => ExecutionProvider.Cpu;

    public string? WhyNot => null;

    public OrtMemoryInfo Memory => OrtMemoryInfo.DefaultInstance;

    public int? Device => null;

    public bool MustBuild(GraphFile graph) => false;

    public InferenceSession Open(GraphFile graph, bool cudaGraphs = false)
    {
        using SessionOptions options = settings.ToSessionOptions(graph.WeightBytes);
        return new InferenceSession(graph.PathOf(GraphTarget.OnnxRuntime), options);
    }
}
