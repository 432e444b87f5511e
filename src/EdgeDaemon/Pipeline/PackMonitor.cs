using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Parity;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Checks the model pack once per start, in the background: a start trusts sizes and times, and a disk that rots keeps both. First every
/// byte of every file is hashed, which finds any changed bit; then each network that was opened on the processor runs once on the probe
/// picture, which finds what went wrong behind the disk. Both let due inspections go first. What runs on a GPU was compared when it was
/// opened.
/// </summary>
/// <remarks>A network that is not open is not opened for it: the check needs no memory that inspections don't need.</remarks>
internal sealed partial class PackMonitor
{
    private readonly PackCondition _condition;
    private readonly PackMark _mark;
    private readonly NetworkScheduler _turns;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Signal _opened = new();
    private readonly HashSet<string> _compared = new(StringComparer.Ordinal);
    private (string? Pack, string Why)? _doubt;

    /// <summary>Puts a pack in doubt at once that an earlier run found damaged.</summary>
    /// <param name="condition">Told what comes of it.</param>
    /// <param name="dataFolder">Where damaged packs are remembered.</param>
    /// <param name="turns">Who has the networks.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="log">Event ids 1024-1028.</param>
    public PackMonitor(PackCondition condition, string dataFolder, NetworkScheduler turns, TimeProvider time, ILogger log)
    {
        (_condition, _mark, _turns, _time, _log) = (condition, new PackMark(dataFolder), turns, time, log);
        if ((_doubt = _mark.Read()) is { } doubt)
            _condition.Doubt($"the model pack was found damaged {doubt.Why}; it is being checked");
    }

    /// <summary>Watches a pack from now on; to be called before its first network is opened.</summary>
    public void Watch(ModelPack pack) => pack.ProviderChosen += _ => _opened.Set();

    /// <summary>Checks until something is wrong or the program ends.</summary>
    public async Task RunAsync(WarmNetworks networks, CancellationToken stop)
    {
        ModelPack pack = (await networks.WhenOpenAsync(stop).ConfigureAwait(false)).Pack;
        if (_doubt is { Pack: { } marked } && marked != pack.Hash)
        {
            // Another pack has taken its place.
            Trust(PackCheck.Pending);
        }

        if (!pack.Manifest.HasGoldens)
            LogNoGoldens(pack.Manifest.Name);
        if (await CheckAsync(networks, () => FilesProblem(pack, stop), stop).ConfigureAwait(false) is { } files)
        {
            Fail(pack, files);
            return;
        }

        while (true)
        {
            if (await CheckAsync(networks, () => NetworksProblem(pack, stop), stop).ConfigureAwait(false) is { } difference)
            {
                Fail(pack, difference);
                return;
            }

            PackCheck passed = pack.Manifest.HasGoldens ? PackCheck.Passed : PackCheck.FilesOnly;
            if (_condition.Check != passed && (_compared.Count > 0 || passed == PackCheck.FilesOnly || pack.Providers.Count > 0))
                Pass(pack, passed);
            await _opened.WaitAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Runs a check on a thread of its own; the stop does not wait for it.</summary>
    private static async Task<string?> CheckAsync(WarmNetworks networks, Func<string?> check, CancellationToken stop)
    {
        Task<string?> checking = Task.Run(check, stop);
        networks.KeepFor(checking);
        return await checking.WaitAsync(stop).ConfigureAwait(false);
    }

    private string? FilesProblem(ModelPack pack, CancellationToken stop)
    {
        try
        {
            (_, IReadOnlyList<string> problems) = PackVerifier.Verify(pack.Folder, LetOthersGoFirst, null, stop);
            return problems.Count == 0 ? null : string.Join("; ", problems);
        }
        catch (PackException e)
        {
            return e.Message;
        }

        // Not with the turn in hand: a slow disk must not hold up a part.
        void LetOthersGoFirst() => new BackgroundLease(_turns, stop).Dispose();
    }

    private string? NetworksProblem(ModelPack pack, CancellationToken stop)
    {
        if (!pack.Manifest.HasGoldens)
            return null;
        foreach (string graph in pack.NotCompared.Where(g => !_compared.Contains(g)))
        {
            try
            {
                IReadOnlyList<ParityError> errors = Compare(pack, graph, stop);
                if (errors.Any(e => !e.IsGood))
                    return $"{graph}: {ParityError.Reason(errors)}";
                _compared.Add(graph);
            }
            catch (Exception e) when (e is NetworkException or PackException)
            {
                return $"{graph} can't be compared with its goldens: {e.Message}";
            }
        }

        return null;
    }

    /// <summary>Runs it when no inspection is due, and begins again when one became due meanwhile.</summary>
    private IReadOnlyList<ParityError> Compare(ModelPack pack, string graph, CancellationToken stop)
    {
        while (true)
        {
            (IDisposable turn, CancellationTokenSource wanted) = _turns.AcquireInterruptibleAsync(stop).AsTask().GetAwaiter().GetResult();
            using (wanted)
            using (turn)
            {
                try
                {
                    return pack.CompareWithGoldens(graph, wanted.Token);
                }
                catch (OperationCanceledException) when (!stop.IsCancellationRequested)
                {
                    // A part is due.
                }
            }
        }
    }

    private void Pass(ModelPack pack, PackCheck check)
    {
        LogPassed(
            pack.Manifest.Name,
            check == PackCheck.Passed
                ? $"networks compared with their goldens: {string.Join(", ", _compared.Order(StringComparer.Ordinal))}"
                : "networks not compared"
        );
        Trust(check);
    }

    private void Trust(PackCheck check)
    {
        try
        {
            if (_doubt is not null)
                _mark.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogMark(e.Message);
        }

        _doubt = null;
        _condition.Pass(check);
    }

    private void Fail(ModelPack pack, string why)
    {
        LogDamaged(pack.Manifest.Name, why);
        PackVerifier.Forget(pack.Folder);
        try
        {
            _mark.Write(pack.Hash, why, _time.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogMark(e.Message);
        }

        _condition.Fail($"the model pack is damaged: {why}");
    }

    [OperatorAction(
        "Install the pack again, check disk and memory, and restart. Triggers are refused NOT_READY, and verdicts since the last start "
            + "may be wrong. clipfusion models verify DIR tells the same."
    )]
    [LoggerMessage(1024, LogLevel.Error, "The model pack {Pack} is damaged, and nothing is judged with it: {Why}")]
    private partial void LogDamaged(string pack, string why);

    [OperatorAction("Nothing.")]
    [LoggerMessage(1025, LogLevel.Information, "The model pack {Pack} is as it was built: every byte of its files; {Networks}")]
    private partial void LogPassed(string pack, string networks);

    [OperatorAction(
        "Build the pack again with this version. Its files are checked, but not what its networks compute; only the processor may run it."
    )]
    [LoggerMessage(1026, LogLevel.Warning, "The model pack {Pack} has no golden outputs: what its networks compute can't be checked")]
    private partial void LogNoGoldens(string pack);

    [OperatorAction(
        "Make the data folder writable. A damaged pack is checked again after a restart all the same, but judged with until then."
    )]
    [LoggerMessage(1027, LogLevel.Warning, "That the model pack was found damaged can't be noted: {Why}")]
    private partial void LogMark(string why);
}
