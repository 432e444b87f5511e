using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Inspection.Networks;
using ClipFusion.Native;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Says what runs each network and searches memory banks, and has engines built while something slower stands in for them. The
/// comparison with the goldens waits for its turn like all background work.</summary>
/// <param name="turns">Who has the networks.</param>
/// <param name="log">Event ids 1008-1019.</param>
internal sealed partial class EngineMonitor(NetworkScheduler turns, ILogger log)
{
    private readonly Signal _wanted = new();
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    /// <summary>Raised when something else runs a network or searches memory banks than before; handlers return at once.</summary>
    public event Action? Changed;

    /// <summary>Watches a pack from now on; to be called before its first network is opened.</summary>
    public void Watch(ModelPack pack)
    {
        pack.ProviderChosen += Take;
        pack.BankSearchChosen += decision =>
        {
            Say(decision.Device, decision.Gpu, decision.WhyNot);
            Changed?.Invoke();
        };
    }

    /// <summary>Says, before there is any recipe, why no GPU will search memory banks; nothing when one can.</summary>
    public void Announce(int device, DeviceProbe gpu)
    {
        if (gpu.WhyNot is { } why)
            Say(device, gpu, why);
    }

    /// <summary>Builds engines whenever some are wanted, until the program ends.</summary>
    public async Task RunAsync(WarmNetworks networks, CancellationToken stop)
    {
        OpenPack open = await networks.WhenOpenAsync(stop).ConfigureAwait(false);
        await RunAsync(open.Pack, networks.KeepFor, stop).ConfigureAwait(false);
    }

    /// <summary>As above, for an open pack.</summary>
    /// <param name="pack">The pack, watched.</param>
    /// <param name="keepFor">Keeps it open while a build runs, even one that nobody waits for any more.</param>
    /// <param name="stop">The program's end.</param>
    public async Task RunAsync(ModelPack pack, Action<Task> keepFor, CancellationToken stop)
    {
        while (true)
        {
            await _wanted.WaitAsync(stop).ConfigureAwait(false);
            Task building = Task.Run(() => pack.BuildEngines(run => InTurn(run, stop), stop), stop);
            // A build takes minutes and can't be interrupted: the stop does not wait for it.
            keepFor(building);
            await building.WaitAsync(stop).ConfigureAwait(false);
            Changed?.Invoke();
        }
    }

    private void InTurn(Action run, CancellationToken stop)
    {
        using (new BackgroundLease(turns, stop))
            run();
    }

    private void Take(ProviderDecision decision)
    {
        Say(decision);
        if (decision.StandsInFor is not null)
            _wanted.Set();
        Changed?.Invoke();
    }

    /// <summary>One line per GPU and reason, not per recipe.</summary>
    private void Say(int device, DeviceProbe gpu, string? whyNot)
    {
        lock (_said)
        {
            if (!_said.Add($"banks/{device}/{whyNot}"))
                return;
        }

        if (whyNot is null)
            LogGpuSearch(device, gpu.Name, gpu.ComputeCapability, gpu.Driver, gpu.Kernels);
        else
            LogNoGpuSearch(whyNot);
    }

    /// <summary>One line per network and reason, not per graph.</summary>
    private void Say(ProviderDecision decision)
    {
        string network = ProviderNames.Text(decision.Part),
            provider = ProviderNames.Text(decision.Provider, decision.CudaGraphs),
            why = decision.WhyNotBetter ?? "";
        lock (_said)
        {
            if (!_said.Add($"{network}/{provider}/{why}"))
                return;
        }

        string parity = decision.Parity.Count == 0 ? "" : $"; largest error {decision.Parity.MaxBy(e => e.Error / e.Limit)}";
        if (decision.Rejected.Any(r => r.IsFault))
            LogFellBack(network, provider, why);
        else if (decision.StandsInFor is { } engine)
            LogBuilding(network, provider, ProviderNames.Text(engine));
        else if (why.Length > 0)
            LogNothingBetter(network, provider, why);
        else
            LogRuns(network, provider, parity);
    }

    [OperatorAction("Nothing.")]
    [LoggerMessage(
        1008,
        LogLevel.Information,
        "Memory banks are searched on GPU {Device}, where the networks run: {Name}, compute capability {Capability}, driver of CUDA "
            + "{Driver}, kernels {Kernels}"
    )]
    private partial void LogGpuSearch(int device, string? name, Version? capability, Version? driver, string? kernels);

    [OperatorAction("Nothing where no GPU is meant to be used: the processor searches, with the same verdicts. Otherwise do what it says.")]
    [LoggerMessage(1009, LogLevel.Information, "The processor searches memory banks, not a GPU: {Why}")]
    private partial void LogNoGpuSearch(string why);

    [OperatorAction("Nothing.")]
    [LoggerMessage(1010, LogLevel.Information, "Network {Network} runs on {Provider}{Parity}")]
    private partial void LogRuns(string network, string provider, string parity);

    [OperatorAction(
        "Nothing on a box without a GPU. With one, install the GPU build of the program or name NVIDIA's library in "
            + "accelerator.onnxRuntime (docs/gpu.md)."
    )]
    [LoggerMessage(1011, LogLevel.Information, "Network {Network} runs on {Provider}, because nothing better is there: {Why}")]
    private partial void LogNothingBetter(string network, string provider, string why);

    [OperatorAction(
        "Parts are judged, but slower. See why: libraries or driver that do not fit (docs/gpu.md), an engine that gave wrong results "
            + "and is quarantined, or CUDA graphs, which accelerator.cudaGraphs turns off. clipfusion models verify shows the errors; "
            + "with --retry it tries again."
    )]
    [LoggerMessage(1012, LogLevel.Warning, "Network {Network} runs on {Provider}, because something better failed: {Why}")]
    private partial void LogFellBack(string network, string provider, string why);

    [OperatorAction("Nothing. It takes minutes, once per pack, GPU and driver; state tells the progress, and parts are judged meanwhile.")]
    [LoggerMessage(1013, LogLevel.Information, "Network {Network} runs on {Provider} while an engine is built for {Engine}")]
    private partial void LogBuilding(string network, string provider, string engine);
}
