using System.Security.Cryptography;
using ClipFusion.Foundation.Files;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks.Parity;
using ClipFusion.Inspection.Networks.Providers;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>An opened model pack: its manifest, its tokenisers and its networks, each loaded when it is first needed. Safe for several threads.</summary>
public sealed class ModelPack : IDisposable
{
    private readonly Dictionary<string, GraphFile> _files;
    private readonly Dictionary<string, SessionSlot> _sessions;
    private readonly ProviderSet _providers;
    private readonly Quarantine _quarantine;
    private readonly ParityGate _gate;
    private readonly SessionOpener _opener;
    private readonly EngineQueue _engines;

    private ModelPack(string folder, PackManifest manifest, string hash, ProviderSettings settings, ProviderSet providers, bool debug)
    {
        (Folder, Manifest, Hash, _providers, IsDebug) = (folder, manifest, hash, providers, debug);
        ClipTokenizer = Tokenizer(folder, GraphNames.ClipVocabulary, GraphNames.ClipMerges);
        DiffusionTokenizer = Tokenizer(folder, GraphNames.DiffusionVocabulary, GraphNames.DiffusionMerges);
        _quarantine = new Quarantine(providers.EngineFolder);
        _gate = new ParityGate(this, settings.Float16);
        _opener = new SessionOpener(settings, providers.Providers, _gate, _quarantine);
        _engines = new EngineQueue(_opener);
        _files = manifest.Graphs.GroupBy(g => g.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, FileOf, StringComparer.Ordinal);
        _sessions = _files.ToDictionary(f => f.Key, f => new SessionSlot(() => Load(f.Value)), StringComparer.Ordinal);
    }

    /// <summary>Raised when it is decided what runs a graph, and again when that changes; handlers return at once.</summary>
    public event Action<ProviderDecision>? ProviderChosen
    {
        add => _engines.Decided += value;
        remove => _engines.Decided -= value;
    }

    /// <summary>Raised when it is decided where the memory banks of an inspector are searched whose networks run on a GPU, and again when that changes; handlers return at once.</summary>
    public event Action<BankSearchDecision>? BankSearchChosen
    {
        add => Searches.Decided += value;
        remove => Searches.Decided -= value;
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>What it is made of.</summary>
    public PackManifest Manifest { get; }

    /// <summary>First sixteen digits of the manifest's SHA-256, which covers every file; names the pack in verdicts.</summary>
    public string Hash { get; }

    /// <summary>Whether the graphs give raw taps.</summary>
    public bool IsDebug { get; }

    /// <summary>CLIP's tokeniser.</summary>
    public ClipTokenizer ClipTokenizer { get; }

    /// <summary>Stable Diffusion's tokeniser.</summary>
    public ClipTokenizer DiffusionTokenizer { get; }

    /// <summary>What runs each graph that was opened so far.</summary>
    public IReadOnlyList<ProviderDecision> Providers => _engines.Decisions;

    /// <summary>Where memory banks are searched, for each inspector whose networks run on a GPU.</summary>
    public IReadOnlyList<BankSearchDecision> BankSearches => Searches.Current;

    internal BankSearchDecisions Searches { get; } = new();

    /// <summary>Engines that were built over engines that are or were to be built, 0 to 1; null when none is to be built.</summary>
    public double? BuildProgress => _engines.Progress;

    /// <summary>Opens and checks a pack.</summary>
    /// <param name="folder">The pack's folder.</param>
    /// <param name="settings">How its networks run on the CPU; null for the defaults.</param>
    /// <param name="debug">Takes the variants with raw taps where there are some; they run on the CPU.</param>
    /// <param name="progress">Told what is being checked; null for silence.</param>
    /// <param name="providers">Who runs the networks; null for the CPU.</param>
    /// <exception cref="PackException">There is no pack, or it is damaged.</exception>
    public static ModelPack Open(string folder, SessionSettings? settings = null, bool debug = false, IProgress<string>? progress = null, ProviderSettings? providers = null)
    {
        PackManifest manifest;
        string hash;
        try
        {
            manifest = PackVerifier.Open(folder, progress);
            hash = Convert.ToHexStringLower(SHA256.HashData(RegularFile.ReadAllBytes(Path.Combine(folder, PackManifest.FileName), PackManifest.MaxBytes)).AsSpan(0, 8));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PackException($"model pack '{folder}' can't be read: {e.Message}", e);
        }

        ProviderSettings chosen = debug || providers is null ? ProviderSettings.CpuOnly : providers;
        return new ModelPack(folder, manifest, hash, chosen, ProviderSet.Of(hash, settings ?? new SessionSettings(), chosen), debug);
    }

    /// <summary>Opens a pack that is being built, on the CPU, without checks and without a hash.</summary>
    internal static ModelPack OpenUnchecked(string folder, PackManifest manifest) =>
        new(folder, manifest, "", ProviderSettings.CpuOnly, ProviderSet.Of("", new SessionSettings(), ProviderSettings.CpuOnly), debug: false);

    /// <summary>Opens a pack with other providers than the real ones.</summary>
    internal static ModelPack OpenWith(string folder, ProviderSettings settings, ProviderSet providers) =>
        new(folder, PackVerifier.Open(folder), "", settings, providers, debug: false);

    /// <summary>Builds every engine that something stands in for, and puts it in its place when it gives what the goldens say. Blocks for minutes.</summary>
    /// <param name="inTurn">Runs what uses the networks when no inspection has them.</param>
    /// <param name="cancellation">Looked at before each engine; one that is being built is finished.</param>
    public void BuildEngines(Action<Action> inTurn, CancellationToken cancellation = default) => _engines.Build(inTurn, cancellation);

    /// <summary>Opens graphs now; takes minutes where an engine has to be built and nothing may stand in.</summary>
    /// <exception cref="NetworkException">Nothing that was allowed can run one of them; the next call tries again.</exception>
    public void EnsureOpen(IEnumerable<string> graphs)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        foreach (string graph in graphs) Session(graph);
    }

    /// <summary>Whether opening graphs now would build an engine first: that takes minutes and can't be interrupted.</summary>
    public bool BuildsToOpen(IEnumerable<string> graphs)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        return graphs.Any(g => _files.TryGetValue(g, out GraphFile? file) && !IsOpen(g) && _opener.BuildsToOpen(file));
    }

    /// <summary>Whether anything but the CPU may run a network of it here.</summary>
    public bool IsAccelerated => _providers.EngineFolder is not null;

    /// <summary>Opens graphs on the best that can run them and builds the engines that takes; for who has no part waiting. Blocks, for minutes where engines have to be built.</summary>
    /// <returns>What runs each of them.</returns>
    /// <exception cref="NetworkException">Nothing that was allowed can run one of them.</exception>
    public IReadOnlyList<ProviderDecision> OpenBest(IReadOnlyCollection<string> graphs, CancellationToken cancellation = default)
    {
        EnsureOpen(graphs);
        BuildEngines(static run => run(), cancellation);
        return [.. Providers.Where(d => graphs.Contains(d.Graph))];
    }

    /// <summary>Compares every graph with the goldens, the CPU's too, one after the other. Blocks. What was not open before is closed again: all full-size networks at once fit no small box.</summary>
    /// <param name="progress">Told each graph; null for silence.</param>
    /// <param name="cancellation">Ends a running graph.</param>
    /// <returns>What runs each graph and how far it is from the goldens, which is empty without goldens; and what is wrong with any of it.</returns>
    public (IReadOnlyList<ProviderDecision> Graphs, IReadOnlyList<string> Problems) CompareWithGoldens(IProgress<string>? progress = null, CancellationToken cancellation = default)
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
                if (decision.Parity.Count == 0 && _gate.WhyNot is null) decision = decision with { Parity = _gate.Compare(name, session.Current, cancellation) };
                graphs.Add(decision);
                problems.AddRange(decision.Parity.Where(e => !e.IsGood).Select(e => $"{name} on {ProviderNames.Text(decision.Provider)} differs from its goldens: {e}"));
                problems.AddRange(decision.Rejected.Where(r => r.IsFault).Select(r => $"{name} can't run on {r}"));
            }
            catch (NetworkException e)
            {
                problems.Add(e.Message);
            }
            finally
            {
                if (!wasOpen) Close(name);
            }
        }

        return (graphs, problems);
    }

    /// <summary>Graphs that are open, run on the CPU for good and were not compared with the goldens when they were opened.</summary>
    public IReadOnlyList<string> NotCompared => [.. Providers.Where(d => d is { Provider: ExecutionProvider.Cpu, StandsInFor: null, Parity.Count: 0 } && IsOpen(d.Graph)).Select(d => d.Graph)];

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

    /// <summary>Runs a text tower.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="ids">Token ids [prompts, context length], padded (<see cref="ClipTokenizer"/>).</param>
    /// <param name="prompts">How many prompts there are, at least 1.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller; a row a prompt.</returns>
    /// <exception cref="NetworkException">The pack has no such graph, or it failed.</exception>
    public NetworkOutputs RunOnTokens(string graph, long[] ids, int prompts, IReadOnlyCollection<string> outputs, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfLessThan(prompts, 1);
        using OrtValue tokens = OrtValue.CreateTensorValueFromMemory(ids, [prompts, ids.Length / prompts]);
        return Session(graph).Run(new Dictionary<string, OrtValue> { [GraphNames.Tokens] = tokens }, outputs, cancellation);
    }

    internal NetworkSession Session(string graph) => _sessions.TryGetValue(graph, out SessionSlot? slot)
        ? slot.Open()
        : throw new NetworkException($"pack '{Manifest.Name}' has no graph '{graph}': an older version built it; build it again");

    internal bool IsOpen(string graph) => _sessions.TryGetValue(graph, out SessionSlot? slot) && slot.IsOpen;

    /// <summary>The GPU that runs a graph, from 0; null for the host, and for a graph that is not open yet.</summary>
    internal int? DeviceOfOpen(string graph) => IsOpen(graph) ? Session(graph).Current.Device : null;

    /// <summary>Frees a graph that nobody runs; the next who needs it opens it again.</summary>
    internal void Close(string graph)
    {
        _engines.Drop(graph);
        _sessions[graph].Close();
    }

    /// <summary>Closes every network.</summary>
    public void Dispose()
    {
        foreach (SessionSlot slot in _sessions.Values) slot.Dispose();
        _providers.Dispose();
    }

    private static ClipTokenizer Tokenizer(string folder, string vocabulary, string merges)
    {
        try
        {
            return ClipTokenizer.Load(Path.Combine(folder, vocabulary), Path.Combine(folder, merges));
        }
        catch (VocabularyException e)
        {
            throw new PackException(e.Message, e);
        }
    }

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
