using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Engines;

/// <summary>
/// The graphs of a pack, each opened when it is first needed on the best provider that is allowed and gives what the goldens say. Safe for
/// several threads.
/// </summary>
public abstract class GraphSessions : IDisposable
{
    private readonly Dictionary<string, GraphFile> _files;
    private readonly Dictionary<string, LazySession> _sessions;
    private readonly ProviderSet _providers;
    private readonly Quarantine _quarantine;
    private readonly ParityGate _gate;
    private readonly SessionOpener _opener;
    private readonly EngineQueue _engines;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="folder">The pack's folder.</param>
    /// <param name="manifest">The pack's.</param>
    /// <param name="settings">Who may run the graphs.</param>
    /// <param name="providers">Who can; owned from now on.</param>
    /// <param name="debug">Takes the variants with raw taps where there are some.</param>
    protected GraphSessions(string folder, PackManifest manifest, ProviderSettings settings, ProviderSet providers, bool debug)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(providers);
        (Folder, Manifest, _providers, IsDebug) = (folder, manifest, providers, debug);
        _quarantine = new Quarantine(providers.EngineFolder);
        _gate = new ParityGate(folder, manifest, ProbeOf, settings.Float16);
        _opener = new SessionOpener(settings, providers.Providers, _gate, _quarantine);
        _engines = new EngineQueue(_opener);
        _files = manifest.Graphs.GroupBy(g => g.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, FileOf, StringComparer.Ordinal);
        _sessions = _files.ToDictionary(f => f.Key, f => new LazySession(() => Load(f.Value)), StringComparer.Ordinal);
    }

    /// <summary>Raised when it is decided what runs a graph, and again when that changes; handlers return at once.</summary>
    public event Action<ProviderDecision>? ProviderChosen
    {
        add => _engines.Decided += value;
        remove => _engines.Decided -= value;
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>What it is made of.</summary>
    public PackManifest Manifest { get; }

    /// <summary>Whether the graphs give raw taps.</summary>
    public bool IsDebug { get; }

    /// <summary>What runs each graph that was opened so far.</summary>
    public IReadOnlyList<ProviderDecision> Providers => _engines.Decisions;

    /// <summary>Engines that were built over engines that are or were to be built, 0 to 1; null when none is to be built.</summary>
    public double? BuildProgress => _engines.Progress;

    /// <summary>Builds every engine that something stands in for, and puts it in its place when it gives what the goldens say. Blocks for
    /// minutes.</summary>
    /// <param name="inTurn">Runs what uses the networks when no inspection has them.</param>
    /// <param name="cancellation">Looked at before each engine; one that is being built is finished.</param>
    public void BuildEngines(Action<Action> inTurn, CancellationToken cancellation = default) => _engines.Build(inTurn, cancellation);

    /// <summary>Opens graphs now; takes minutes where an engine has to be built and nothing may stand in.</summary>
    /// <exception cref="NetworkException">Nothing that was allowed can run one of them; the next call tries again.</exception>
    public void EnsureOpen(IEnumerable<string> graphs)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        foreach (string graph in graphs)
            Session(graph);
    }

    /// <summary>Whether opening graphs now would build an engine first: that takes minutes and can't be interrupted.</summary>
    public bool BuildsToOpen(IEnumerable<string> graphs)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        return graphs.Any(g => _files.TryGetValue(g, out GraphFile? file) && !IsOpen(g) && _opener.BuildsToOpen(file));
    }

    /// <summary>Whether anything but the CPU may run a network of it here.</summary>
    public bool IsAccelerated => _providers.EngineFolder is not null;

    /// <summary>
    /// Opens graphs on the best that can run them and builds the engines that takes; for who has no part waiting. Blocks, for minutes where
    /// engines have to be built.
    /// </summary>
    /// <returns>What runs each of them.</returns>
    /// <exception cref="NetworkException">Nothing that was allowed can run one of them.</exception>
    public IReadOnlyList<ProviderDecision> OpenBest(IReadOnlyCollection<string> graphs, CancellationToken cancellation = default)
    {
        EnsureOpen(graphs);
        BuildEngines(static run => run(), cancellation);
        return [.. Providers.Where(d => graphs.Contains(d.Graph))];
    }

    /// <summary>
    /// Compares every graph with the goldens, the CPU's too, one after the other. Blocks. What was not open before is closed again: all
    /// full-size networks at once fit no small box.
    /// </summary>
    /// <param name="progress">Told each graph; null for silence.</param>
    /// <param name="cancellation">Ends a running graph.</param>
    /// <returns>What runs each graph and how far it is from the goldens, which is empty without goldens; and what is wrong with any of
    /// it.</returns>
    public (IReadOnlyList<ProviderDecision> Graphs, IReadOnlyList<string> Problems) CompareWithGoldens(
        IProgress<string>? progress = null,
        CancellationToken cancellation = default
    )
    {
        List<ProviderDecision> graphs = [];
        List<string> problems = [];
        foreach (string name in _sessions.Keys.Order(StringComparer.Ordinal))
        {
            progress?.Report($"running {name}");
            bool wasOpen = IsOpen(name);
            try
            {
                NetworkSession session = Session(name);
                ProviderDecision decision = Providers.Single(d => d.Graph == name);
                if (decision.Parity.Count == 0 && _gate.WhyNot is null)
                    decision = decision with { Parity = _gate.Compare(name, session.Current, cancellation) };
                graphs.Add(decision);
                string on = ProviderNames.Text(decision.Provider);
                problems.AddRange(decision.Parity.Where(e => !e.IsGood).Select(e => $"{name} on {on} differs from its goldens: {e}"));
                problems.AddRange(decision.Rejected.Where(r => r.IsFault).Select(r => $"{name} can't run on {r}"));
            }
            catch (NetworkException e)
            {
                problems.Add(e.Message);
            }
            finally
            {
                if (!wasOpen)
                    Close(name);
            }
        }

        return (graphs, problems);
    }

    /// <summary>Graphs that are open, run on the CPU for good and were not compared with the goldens when they were opened.</summary>
    public IReadOnlyList<string> NotCompared =>
        [
            .. Providers
                .Where(d => d is { Provider: ExecutionProvider.Cpu, StandsInFor: null, Parity.Count: 0 } && IsOpen(d.Graph))
                .Select(d => d.Graph),
        ];

    /// <summary>Compares a graph that is open with the goldens, on what runs it.</summary>
    /// <param name="graph">One of <see cref="NotCompared"/>.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>How far each output is from its golden.</returns>
    /// <exception cref="NetworkException">It does not run.</exception>
    /// <exception cref="PackException">The goldens can't be read.</exception>
    public IReadOnlyList<ParityError> CompareWithGoldens(string graph, CancellationToken cancellation = default)
    {
        try
        {
            return _gate.Compare(graph, Session(graph).Current, cancellation);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException($"{graph} was ended before it was done", cancellation);
        }
        catch (OnnxRuntimeException e)
        {
            throw new NetworkException($"{graph}: {e.Message}", e);
        }
    }

    /// <summary>Forgets which engines failed; graphs that are opened from now on try them again.</summary>
    /// <returns>How many marks there were.</returns>
    public int ClearQuarantine() => _quarantine.Clear();

    /// <summary>The GPU that runs a graph, from 0, null for the host; opens the graph.</summary>
    /// <exception cref="NetworkException">The pack has no such graph, or nothing that was allowed can run it.</exception>
    public int? DeviceOf(string graph) => Session(graph).Current.Device;

    /// <summary>The GPU that runs a graph, from 0; null for the host, and for a graph that is not open yet.</summary>
    public int? DeviceOfOpen(string graph) => IsOpen(graph) ? DeviceOf(graph) : null;

    /// <summary>Runs a graph; opens it where it is not open yet.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">Every input by name; borrowed.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <param name="staysOnDevice">Which outputs are left where the graph ran; null for none.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="NetworkException">The pack has no such graph, or it failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public NetworkOutputs Run(
        string graph,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        CancellationToken cancellation,
        Predicate<string>? staysOnDevice = null
    ) => Session(graph).Run(inputs, outputs, cancellation, staysOnDevice);

    internal NetworkSession Session(string graph) =>
        _sessions.TryGetValue(graph, out LazySession? session)
            ? session.Open()
            : throw new NetworkException($"pack '{Manifest.Name}' has no graph '{graph}': an older version built it; build it again");

    /// <summary>Whether a graph is loaded.</summary>
    public bool IsOpen(string graph) => _sessions.TryGetValue(graph, out LazySession? session) && session.IsOpen;

    /// <summary>Frees a graph that nobody runs; the next who needs it opens it again.</summary>
    public void Close(string graph)
    {
        _engines.Drop(graph);
        _sessions[graph].Close();
    }

    /// <summary>Closes every network.</summary>
    public void Dispose()
    {
        foreach (LazySession session in _sessions.Values)
            session.Dispose();
        _providers.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What a graph is shown to be compared with the goldens.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="goldens">Outputs of graphs that come before it.</param>
    /// <param name="other">Whether another picture than the goldens' is wanted.</param>
    /// <returns>Owned by the caller.</returns>
    protected abstract ProbeInputs ProbeOf(string graph, GoldenTensors goldens, bool other);

    private long WeightBytes(string graph) => Manifest.Files.Where(f => f.Path == GraphNames.WeightFile(graph)).Sum(f => f.Size);

    private GraphFile FileOf(IEnumerable<GraphEntry> variants)
    {
        GraphEntry[] all = [.. variants];
        GraphEntry[] wanted = IsDebug && Array.Exists(all, v => v.Debug) ? [.. all.Where(v => v.Debug)] : [.. all.Where(v => !v.Debug)];
        return new GraphFile(Folder, all[0].Name, wanted, WeightBytes(all[0].Name), Manifest.Precision);
    }

    private NetworkSession Load(GraphFile graph)
    {
        OpenedGraph opened = _opener.Open(graph);
        var session = new NetworkSession(graph.Name, opened.Graph);
        _engines.Add(graph, session, opened);
        return session;
    }
}
