using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Engines;

/// <summary>A graph that runs, and one that is still to be built in its place.</summary>
/// <param name="Graph">What runs.</param>
/// <param name="Decision">Why it.</param>
/// <param name="ToBuild">The better provider whose engine has to be built; null for none.</param>
internal sealed record OpenedGraph(LoadedGraph Graph, ProviderDecision Decision, IGraphProvider? ToBuild);

/// <summary>
/// Opens every network, and the one place where providers are chosen: the best that the choice allows, is there, is not quarantined and,
/// unless it is the CPU, gives what the goldens say. Named providers have no stand-in: whoever names one wants that or nothing.
/// </summary>
/// <param name="settings">The choices.</param>
/// <param name="providers">What there is.</param>
/// <param name="gate">Compares with the goldens.</param>
/// <param name="quarantine">What failed before.</param>
internal sealed class SessionOpener(
    ProviderSettings settings,
    IReadOnlyList<IGraphProvider> providers,
    ParityGate gate,
    Quarantine quarantine
)
{
    /// <summary>Opens a graph; takes minutes when an engine has to be built and nothing may stand in.</summary>
    /// <exception cref="NetworkException">Nothing that was allowed can run it; the message says why for each.</exception>
    public OpenedGraph Open(GraphFile graph)
    {
        var rejected = new List<ProviderRejection>();
        IGraphProvider? toBuild = null;
        IReadOnlyList<ExecutionProvider> order = ProviderNames.Order(settings.Choices[graph.Part]);
        foreach (ExecutionProvider kind in order)
        {
            IGraphProvider provider = providers.Single(p => p.Kind == kind);
            if (Against(provider, graph) is { } rejection)
            {
                rejected.Add(rejection);
            }
            else if (settings.BuildsLater && kind != order[^1] && provider.MustBuild(graph))
            {
                toBuild = provider;
            }
            else if (TryOpen(provider, graph, rejected) is { } opened)
            {
                return new OpenedGraph(opened.Graph, Decision(graph, opened, rejected, toBuild?.Kind), toBuild);
            }
        }

        throw new NetworkException(Refusal(graph, rejected));
    }

    /// <summary>Whether opening a graph now would build an engine first, because nothing may stand in for it.</summary>
    public bool BuildsToOpen(GraphFile graph)
    {
        IReadOnlyList<ExecutionProvider> order = ProviderNames.Order(settings.Choices[graph.Part]);
        foreach (ExecutionProvider kind in order)
        {
            IGraphProvider provider = providers.Single(p => p.Kind == kind);
            if (Against(provider, graph) is not null)
                continue;
            bool mustBuild = kind != ExecutionProvider.Cpu && provider.MustBuild(graph);
            if (!mustBuild)
                return false;
            if (!settings.BuildsLater || kind == order[^1])
                return true;
        }

        return false;
    }

    /// <summary>Builds the engine that something stands in for.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="standIn">What was decided before.</param>
    /// <param name="toBuild">The better provider.</param>
    /// <param name="inTurn">Runs the comparison when no inspection has the networks.</param>
    /// <returns>The engine, null when it failed; and what counts from now on.</returns>
    public (LoadedGraph? Engine, ProviderDecision Decision) Build(
        GraphFile graph,
        ProviderDecision standIn,
        IGraphProvider toBuild,
        Action<Action> inTurn
    )
    {
        var rejected = new List<ProviderRejection>();
        if (TryOpen(toBuild, graph, rejected, inTurn) is { } opened)
            return (opened.Graph, Decision(graph, opened, [.. standIn.Rejected.Where(r => r.Provider > toBuild.Kind), .. rejected], null));
        return (null, standIn with { Rejected = [.. rejected, .. standIn.Rejected], StandsInFor = null });
    }

    private ProviderRejection? Against(IGraphProvider provider, GraphFile graph)
    {
        if (provider.Kind == ExecutionProvider.Cpu)
            return null;
        if (provider.WhyNot is { } notThere)
            return new ProviderRejection(provider.Kind, notThere, IsFault: false);
        if (gate.WhyNot is { } unproved)
            return new ProviderRejection(provider.Kind, unproved, IsFault: true);
        return quarantine.ReasonAgainst(graph.Name, provider.Kind) is { } reason
            ? new ProviderRejection(provider.Kind, reason, IsFault: true)
            : null;
    }

    private static ProviderDecision Decision(
        GraphFile graph,
        Proved opened,
        IEnumerable<ProviderRejection> rejected,
        ExecutionProvider? standsInFor
    ) => new(graph.Name, opened.Graph.Provider, [.. rejected], opened.Parity, standsInFor) { CudaGraphs = opened.Graph.CudaGraphs };

    /// <summary>With CUDA graphs where they are wanted and fit, and where that fails without: an engine is not to blame for it.</summary>
    private Proved? TryOpen(IGraphProvider provider, GraphFile graph, List<ProviderRejection> rejected, Action<Action>? inTurn = null)
    {
        bool wanted = settings.CudaGraphs && graph.HasFixedShapes && provider.Kind != ExecutionProvider.Cpu;
        return (wanted ? TryOpen(provider, graph, cudaGraphs: true, rejected, inTurn) : null)
            ?? TryOpen(provider, graph, cudaGraphs: false, rejected, inTurn);
    }

    private Proved? TryOpen(
        IGraphProvider provider,
        GraphFile graph,
        bool cudaGraphs,
        List<ProviderRejection> rejected,
        Action<Action>? inTurn
    )
    {
        LoadedGraph? loaded = null;
        try
        {
            loaded = LoadedGraph.Open(provider, graph, cudaGraphs);
            if (provider.Kind == ExecutionProvider.Cpu)
                return new Proved(loaded, []);
            IReadOnlyList<ParityError> errors = [];
            (inTurn ?? (run => run()))(() => errors = gate.Compare(graph.Name, loaded));
            if (errors.All(e => e.IsGood))
                return new Proved(loaded, errors);
            Reject(cudaGraphs ? ParityError.Reason(errors) : quarantine.Add(graph.Name, provider.Kind, errors));
        }
        catch (Exception e)
            when (e
                    is OnnxRuntimeException
                        or NetworkException
                        or EntryPointNotFoundException
                        or DllNotFoundException
                        or PackException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            Reject(OneLine(e.Message));
        }
        catch
        {
            loaded?.Release();
            throw;
        }

        loaded?.Release();
        return null;

        void Reject(string why) => rejected.Add(new ProviderRejection(provider.Kind, why, IsFault: true, cudaGraphs));
    }

    private sealed record Proved(LoadedGraph Graph, IReadOnlyList<ParityError> Parity);

    /// <summary>The runtime's messages have line breaks and source lines of its own.</summary>
    private static string OneLine(string message) => string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Refusal(GraphFile graph, List<ProviderRejection> rejected) =>
        rejected is [{ Provider: ExecutionProvider.Cpu } only]
            ? $"{Path.Combine(graph.Folder, graph.For(default).File)}: the runtime can't load this graph: {only.Why}"
            : $"{graph.Name} can't be run ({ProviderNames.Text(graph.Part)}): {string.Join("; ", rejected)}";
}
