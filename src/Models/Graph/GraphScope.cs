namespace ClipFusion.Models.Graph;

/// <summary>A module's part of a graph while it is written (<see cref="GraphBuilder.Scope"/>).</summary>
public readonly struct GraphScope : IDisposable
{
    private readonly GraphBuilder _graph;
    private readonly string _before;

    internal GraphScope(GraphBuilder graph, string before) => (_graph, _before) = (graph, before);

    /// <summary>The module around it takes over again.</summary>
    public void Dispose() => _graph.Leave(_before);
}
