using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>Opens graphs on one kind of hardware. Tests put their own in the place of those that need a GPU.</summary>
internal interface IGraphProvider
{
    /// <summary>What it runs on.</summary>
    ExecutionProvider Kind { get; }

    /// <summary>Why nothing can be opened here, in words for a log; null when it can be tried.</summary>
    string? WhyNot { get; }

    /// <summary>Where the sessions' outputs can stay between two graphs; owned by the provider.</summary>
    OrtMemoryInfo Memory { get; }

    /// <summary>Number of the GPU whose memory <see cref="Memory"/> is, from 0; null for the host's.</summary>
    int? Device { get; }

    /// <summary>Whether opening takes minutes because an engine has to be built first.</summary>
    bool MustBuild(GraphFile graph);

    /// <summary>Opens a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="cudaGraphs">Whether the first run is captured as a CUDA graph and the others replay it: every run is bound to the same
    /// addresses then. Never asked of the CPU.</param>
    /// <exception cref="OnnxRuntimeException">The runtime refuses.</exception>
    /// <exception cref="EntryPointNotFoundException">The runtime was built without this provider.</exception>
    InferenceSession Open(GraphFile graph, bool cudaGraphs = false);
}
