using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.OnnxInference.Engines;

/// <summary>What runs each graph, and the engines that are still to be built while something stands in. Safe for several threads.</summary>
internal sealed class EngineQueue(SessionOpener opener)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProviderDecision> _decisions = new(StringComparer.Ordinal);
    private readonly Queue<Job> _jobs = new();
    private int _built;
    private int _wanted;

    /// <summary>Raised for every decision; handlers return at once.</summary>
    public event Action<ProviderDecision>? Decided;

    /// <summary>What counts now, by name of the graph.</summary>
    public IReadOnlyList<ProviderDecision> Decisions
    {
        get
        {
            lock (_lock)
                return [.. _decisions.Values.OrderBy(d => d.Graph, StringComparer.Ordinal)];
        }
    }

    /// <summary>Engines done over engines wanted; null when all are done.</summary>
    public double? Progress
    {
        get
        {
            lock (_lock)
                return _built == _wanted ? null : (double)_built / _wanted;
        }
    }

    /// <summary>Takes a graph in that was opened.</summary>
    public void Add(GraphFile graph, NetworkSession session, OpenedGraph opened)
    {
        lock (_lock)
        {
            _decisions[graph.Name] = opened.Decision;
            if (opened.ToBuild is { } provider)
            {
                _jobs.Enqueue(new Job(graph, session, provider));
                _wanted++;
            }
        }

        Decided?.Invoke(opened.Decision);
    }

    /// <summary>Forgets the engine that is to be built for a graph, if one is: the graph is about to be closed.</summary>
    public void Drop(string graph)
    {
        lock (_lock)
        {
            for (int left = _jobs.Count; left > 0; left--)
            {
                Job job = _jobs.Dequeue();
                if (job.Graph.Name == graph)
                    _wanted--;
                else
                    _jobs.Enqueue(job);
            }
        }
    }

    /// <summary>Builds one after the other until none is left.</summary>
    public void Build(Action<Action> inTurn, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && Next() is { } job)
        {
            ProviderDecision standIn = Decisions.Single(d => d.Graph == job.Graph.Name);
            (LoadedGraph? engine, ProviderDecision decision) = opener.Build(job.Graph, standIn, job.Provider, inTurn);
            if (engine is not null)
                job.Session.Replace(engine);
            lock (_lock)
            {
                _decisions[job.Graph.Name] = decision;
                _built++;
            }

            Decided?.Invoke(decision);
        }
    }

    private Job? Next()
    {
        lock (_lock)
            return _jobs.TryDequeue(out Job? job) ? job : null;
    }

    private sealed record Job(GraphFile Graph, NetworkSession Session, IGraphProvider Provider);
}
