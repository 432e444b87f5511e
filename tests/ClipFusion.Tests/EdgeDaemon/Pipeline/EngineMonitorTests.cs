using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.Native;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.Tests.OnnxInference;
using Microsoft.Extensions.Logging;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

/// <summary>What a person sees of providers and engine builds; pretended providers run on the CPU.</summary>
public sealed class EngineMonitorTests(ProbedPacks packs) : IClassFixture<ProbedPacks>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Build_WithAStandIn_IsSeenUntilTheEngineHasItsPlace_AndComparesOnlyInItsTurn()
    {
        var turns = new NetworkScheduler();
        var log = new LogLines<Appliance>();
        using ModelPack pack = Pack(new(ExecutionProvider.TensorRt) { Builds = true });
        var monitor = new EngineMonitor(turns, log);
        monitor.Watch(pack);
        IDisposable inspection = await turns.AcquireAsync("line1", Cancellation);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var kept = new List<Task>();
        Task running = monitor.RunAsync(pack, kept.Add, end.Token);

        var done = new TaskCompletionSource();
        monitor.Changed += () =>
        {
            if (pack.BuildProgress is null && pack.Providers.Count == 1)
                done.TrySetResult();
        };
        pack.Session(GraphNames.VaeEncoder);
        Assert.Equal(new ProviderStatus("cuda", "tensorrt: its engine is being built", 0), ProviderStatus.Of(pack));

        // While an inspection has the networks, the engine is not compared and nothing is replaced.
        inspection.Dispose();
        await done.Task.WaitAsync(Cancellation);
        Assert.Equal(new ProviderStatus("tensorrt", null, null), ProviderStatus.Of(pack));
        await Assert.Single(kept);
        Assert.Equal([(LogLevel.Information, 1013), (LogLevel.Information, 1010)], log.Lines.Select(l => (l.Level, l.Id)));
        Assert.Contains("largest error latent", log.Lines[1].Text, StringComparison.Ordinal);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void FallBack_FromAFault_IsAWarningWithTheReason_OnceForEachNetwork()
    {
        var log = new LogLines<Appliance>();
        using ModelPack pack = Pack(new(ExecutionProvider.TensorRt) { From = packs.Broken });
        new EngineMonitor(new NetworkScheduler(), log).Watch(pack);
        pack.Session(GraphNames.VaeEncoder);
        (LogLevel level, int id, string text) = Assert.Single(log.Lines);
        Assert.Equal((LogLevel.Warning, 1012), (level, id));
        Assert.StartsWith(
            "Network vae runs on cuda, because something better failed: tensorrt: outputs differ from the goldens: latent",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void BoxWithoutAGpu_SaysSoInOneLineForEachNetwork()
    {
        var log = new LogLines<Appliance>();
        using ModelPack pack = ModelPack.OpenWith(
            packs.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.Auto)),
            ProviderSet.Of(
                [
                    new PretendProvider(ExecutionProvider.TensorRt) { WhyNot = "not built in" },
                    new PretendProvider(ExecutionProvider.Cuda) { WhyNot = "not built in" },
                    new PretendProvider(ExecutionProvider.Cpu),
                ],
                null
            )
        );
        new EngineMonitor(new NetworkScheduler(), log).Watch(pack);
        pack.Session(GraphNames.MapDiff);
        pack.Session(GraphNames.MapDiffLanguage);
        Assert.Equal(
            (
                LogLevel.Information,
                1011,
                "Network unet runs on cpu, because nothing better is there: tensorrt: not built in; cuda: not built in"
            ),
            Assert.Single(log.Lines)
        );
    }

    [Fact]
    public void BankSearch_OnAGpuOrNotAnyMore_IsOneLineForEachReasonAndTheStateIsTold()
    {
        var log = new LogLines<Appliance>();
        using ModelPack pack = Pack(new(ExecutionProvider.TensorRt));
        var monitor = new EngineMonitor(new NetworkScheduler(), log);
        monitor.Watch(pack);
        int told = 0;
        monitor.Changed += () => told++;
        var gpu = new DeviceProbe(null)
        {
            Name = "Orin",
            ComputeCapability = new Version(8, 7),
            Driver = new Version(12, 6),
            Kernels = "sm_87",
        };
        monitor.Announce(0, gpu);
        object[] recipes = [new(), new()];
        foreach (string? whyNot in new[] { null, "out of memory" })
        foreach (object recipe in recipes)
            pack.Searches.Set(recipe, new BankSearchDecision(0, gpu, whyNot));
        Assert.Equal(4, told);
        Assert.Equal(
            [
                (
                    LogLevel.Information,
                    1008,
                    "Memory banks are searched on GPU 0, where the networks run: Orin, compute capability 8.7, driver of CUDA 12.6, "
                        + "kernels sm_87"
                ),
                (LogLevel.Information, 1009, "The processor searches memory banks, not a GPU: out of memory"),
            ],
            log.Lines
        );
    }

    private ModelPack Pack(PretendProvider tensorRt) =>
        ModelPack.OpenWith(
            packs.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.Auto)) { BuildsLater = true },
            ProviderSet.Of([tensorRt, new PretendProvider(ExecutionProvider.Cuda), new PretendProvider(ExecutionProvider.Cpu)], null)
        );
}
