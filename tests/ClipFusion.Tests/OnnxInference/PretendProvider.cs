using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>In the place of a GPU's provider: runs on the CPU, from the pack or from another folder, and fails when it is told
/// to.</summary>
internal sealed class PretendProvider(ExecutionProvider kind) : IGraphProvider
{
    private readonly CpuProvider _cpu = new(new SessionSettings(Threads: 1));

    public ExecutionProvider Kind => kind;

    public string? WhyNot { get; init; }

    public OrtMemoryInfo Memory => OrtMemoryInfo.DefaultInstance;

    /// <summary>The GPU whose memory the host's is pretended to be; null for none.</summary>
    public int? Device { get; init; }

    /// <summary>Whether it has engines that take long to build.</summary>
    public bool Builds { get; init; }

    /// <summary>Where its graphs lie; null for the pack.</summary>
    public string? From { get; init; }

    /// <summary>What it throws; null for nothing.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Where the graphs lie that it opens for replaying; null for where all others do.</summary>
    public string? FromForReplay { get; init; }

    /// <summary>What it throws when it is to open a graph for replaying; null for nothing.</summary>
    public Exception? ReplayFailure { get; init; }

    /// <summary>Graphs that it opened, in order.</summary>
    public List<string> Opened { get; } = [];

    /// <summary>Those of them that were to replay CUDA graphs.</summary>
    public List<string> Replayed { get; } = [];

    public bool MustBuild(GraphFile graph) => Builds;

    public InferenceSession Open(GraphFile graph, bool cudaGraphs = false)
    {
        if (((cudaGraphs ? ReplayFailure : null) ?? Failure) is { } failure)
            throw failure;
        Opened.Add(graph.Name);
        if (cudaGraphs)
            Replayed.Add(graph.Name);
        string? folder = (cudaGraphs ? FromForReplay : null) ?? From;
        return _cpu.Open(folder is null ? graph : graph with { Folder = folder });
    }
}
