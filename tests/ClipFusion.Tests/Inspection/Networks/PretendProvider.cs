using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Networks.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.Inspection.Networks;

/// <summary>In the place of a GPU's provider: runs on the CPU, from the pack or from another folder, and fails when it is told to.</summary>
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

    /// <summary>Graphs that it opened, in order.</summary>
    public List<string> Opened { get; } = [];

    public bool MustBuild(GraphFile graph) => Builds;

    public InferenceSession Open(GraphFile graph)
    {
        if (Failure is not null) throw Failure;
        Opened.Add(graph.Name);
        return _cpu.Open(From is null ? graph : graph with { Folder = From });
    }
}
