using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.OnnxInference.Engines;

/// <summary>A provider that was not taken.</summary>
/// <param name="Provider">Which.</param>
/// <param name="Why">Why not, for people.</param>
/// <param name="IsFault">Whether it should have worked: it is there, but failed or is quarantined.</param>
/// <param name="CudaGraphs">Whether only its replaying of CUDA graphs was not taken; it may run the graph without.</param>
public sealed record ProviderRejection(ExecutionProvider Provider, string Why, bool IsFault, bool CudaGraphs = false)
{
    /// <summary>As <c>tensorrt: why</c>.</summary>
    public override string ToString() => $"{ProviderNames.Text(Provider, CudaGraphs)}: {Why}";
}

/// <summary>What runs a graph, and why nothing better does.</summary>
/// <param name="Graph">The graph's name.</param>
/// <param name="Provider">What runs it.</param>
/// <param name="Rejected">The better ones, best first; empty when it is the best that was allowed.</param>
/// <param name="Parity">How far its outputs are from the goldens; empty for the reference.</param>
/// <param name="StandsInFor">What is being built and will take its place; null for nothing.</param>
public sealed record ProviderDecision(
    string Graph,
    ExecutionProvider Provider,
    IReadOnlyList<ProviderRejection> Rejected,
    IReadOnlyList<ParityError> Parity,
    ExecutionProvider? StandsInFor
)
{
    /// <summary>Whether its runs are replays of a CUDA graph.</summary>
    public bool CudaGraphs { get; init; }

    /// <summary>The network that the graph belongs to.</summary>
    public NetworkPart Part => ProviderNames.PartOf(Graph);

    /// <summary>Why nothing better runs it, in one line; null when nothing better was allowed.</summary>
    public string? WhyNotBetter =>
        Rejected.Count > 0 ? string.Join("; ", Rejected)
        : StandsInFor is { } built ? $"{ProviderNames.Text(built)}: its engine is being built"
        : null;
}
