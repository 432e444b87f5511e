using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>Which provider a network gets. No GPU is needed: pretended ones run on the CPU.</summary>
public sealed class SessionOpenerTests(ProbedPacks packs, TinyPacks tiny) : IClassFixture<ProbedPacks>
{
    private const string Graph = GraphNames.VaeEncoder;

    private static PretendProvider Cpu => new(ExecutionProvider.Cpu);

    [Fact]
    public void Auto_WithEverythingThere_TakesTensorRtAndProvesIt()
    {
        ProviderDecision decision = Decide(new(ExecutionProvider.TensorRt), new(ExecutionProvider.Cuda));
        Assert.Equal((ExecutionProvider.TensorRt, null), (decision.Provider, decision.WhyNotBetter));
        Assert.Equal(GraphNames.Latent, Assert.Single(decision.Parity).Output);
        Assert.True(decision.Parity[0].IsGood);
    }

    [Fact]
    public void Auto_WithoutAGpu_TakesTheCpuAndSaysWhyWithoutCallingItAFault()
    {
        ProviderDecision decision = Decide(
            new(ExecutionProvider.TensorRt) { WhyNot = "not built in" },
            new(ExecutionProvider.Cuda) { WhyNot = "no driver" }
        );
        Assert.Equal((ExecutionProvider.Cpu, "tensorrt: not built in; cuda: no driver"), (decision.Provider, decision.WhyNotBetter));
        Assert.DoesNotContain(decision.Rejected, r => r.IsFault);
        Assert.Empty(decision.Parity);
    }

    [Fact]
    public void Auto_WhenAProviderThrows_TakesTheNextAndCallsItAFault()
    {
        // What the CPU package throws at a request for a GPU.
        ProviderDecision decision = Decide(
            new(ExecutionProvider.TensorRt) { Failure = new EntryPointNotFoundException("no such entry point") },
            new(ExecutionProvider.Cuda)
        );
        Assert.Equal((ExecutionProvider.Cuda, "tensorrt: no such entry point"), (decision.Provider, decision.WhyNotBetter));
        Assert.True(Assert.Single(decision.Rejected).IsFault);
    }

    [Theory]
    [InlineData(ProviderChoice.TensorRt)]
    [InlineData(ProviderChoice.Cuda)]
    public void NamedProvider_ThatIsNotThere_IsAnErrorAndNeverAnotherProvider(ProviderChoice choice)
    {
        using ModelPack pack = Open(
            choice,
            null,
            packs.Folder,
            new(ExecutionProvider.TensorRt) { WhyNot = "not built in" },
            new(ExecutionProvider.Cuda) { WhyNot = "not built in" }
        );
        NetworkException e = Assert.Throws<NetworkException>(() => pack.Session(Graph));
        Assert.Contains($"{(choice == ProviderChoice.Cuda ? "cuda" : "tensorrt")}: not built in", e.Message, StringComparison.Ordinal);
        Assert.Empty(pack.Providers);
    }

    [Fact]
    public void BrokenEngine_IsQuarantinedWithItsErrors_AndARestartDoesNotTryItAgain()
    {
        using var folder = new TemporaryFolder();
        PretendProvider broken = new(ExecutionProvider.TensorRt) { From = packs.Broken };
        ProviderDecision decision = Decide(folder.Root, broken, new(ExecutionProvider.Cuda));
        Assert.Equal(ExecutionProvider.Cuda, decision.Provider);
        Assert.Contains("outputs differ from the goldens: latent ", decision.WhyNotBetter, StringComparison.Ordinal);
        Assert.Equal([Graph], broken.Opened);

        PretendProvider again = new(ExecutionProvider.TensorRt);
        decision = Decide(folder.Root, again, new(ExecutionProvider.Cuda));
        Assert.Equal(ExecutionProvider.Cuda, decision.Provider);
        Assert.Matches(@"^tensorrt: quarantined on \d{4}-\d\d-\d\d: outputs differ", decision.WhyNotBetter);
        Assert.Empty(again.Opened);
    }

    [Fact]
    public void Quarantine_ClearedByATechnician_TriesAgain()
    {
        using var folder = new TemporaryFolder();
        Decide(folder.Root, new(ExecutionProvider.TensorRt) { From = packs.Broken }, new(ExecutionProvider.Cuda));
        using ModelPack pack = Open(
            ProviderChoice.Auto,
            folder.Root,
            packs.Folder,
            new(ExecutionProvider.TensorRt),
            new(ExecutionProvider.Cuda)
        );
        Directory.CreateDirectory(folder[Graph]);
        File.WriteAllText(folder[Graph, "wrong.engine"], "");
        Assert.Equal(1, pack.ClearQuarantine());
        Assert.False(Directory.Exists(folder[Graph]), "a retry would load the engine that failed");
        pack.Session(Graph);
        Assert.Equal(ExecutionProvider.TensorRt, Assert.Single(pack.Providers).Provider);
    }

    [Fact]
    public void Quarantine_MarkThatCantBeRead_StillCounts()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[$"{Graph}.tensorrt.quarantined.json"], "{");
        ProviderDecision decision = Decide(folder.Root, new(ExecutionProvider.TensorRt), new(ExecutionProvider.Cuda));
        Assert.Equal(ExecutionProvider.Cuda, decision.Provider);
        Assert.Contains("does not say why", decision.WhyNotBetter, StringComparison.Ordinal);
    }

    [Fact]
    public void PackWithoutGoldens_OnAnAccelerator_IsLeftToTheCpu()
    {
        using ModelPack pack = Open(
            ProviderChoice.Auto,
            null,
            tiny.Folder(Precision.Float32),
            new(ExecutionProvider.TensorRt),
            new(ExecutionProvider.Cuda)
        );
        pack.Session(Graph);
        ProviderDecision decision = Assert.Single(pack.Providers);
        Assert.Equal(ExecutionProvider.Cpu, decision.Provider);
        Assert.Contains("has no golden outputs", decision.WhyNotBetter, StringComparison.Ordinal);
    }

    [Fact]
    public void EngineToBuild_HasAStandInUntilItIsProved_AndThenItsPlace()
    {
        using ModelPack pack = Open(
            ProviderChoice.Auto,
            null,
            packs.Folder,
            new(ExecutionProvider.TensorRt) { Builds = true },
            new(ExecutionProvider.Cuda)
        );
        var said = new List<ProviderDecision>();
        pack.ProviderChosen += said.Add;
        NetworkSession session = pack.Session(Graph);
        Assert.Equal(
            (ExecutionProvider.Cuda, ExecutionProvider.TensorRt, 0.0),
            (said[0].Provider, said[0].StandsInFor, pack.BuildProgress)
        );
        Assert.Equal("tensorrt: its engine is being built", said[0].WhyNotBetter);

        int turns = 0;
        pack.BuildEngines(
            run =>
            {
                turns++;
                Assert.Equal(ExecutionProvider.Cuda, session.Current.Provider);
                run();
            },
            TestContext.Current.CancellationToken
        );
        Assert.Equal((1, null), (turns, pack.BuildProgress));
        Assert.Equal((ExecutionProvider.TensorRt, null), (said[1].Provider, said[1].WhyNotBetter));
        Assert.Equal(ExecutionProvider.TensorRt, session.Current.Provider);
    }

    [Fact]
    public void EngineThatComesOutWrong_LeavesTheStandInRunningAndSaysSo()
    {
        using ModelPack pack = Open(
            ProviderChoice.Auto,
            null,
            packs.Folder,
            new(ExecutionProvider.TensorRt) { Builds = true, From = packs.Broken },
            new(ExecutionProvider.Cuda)
        );
        NetworkSession session = pack.Session(Graph);
        pack.BuildEngines(run => run(), TestContext.Current.CancellationToken);
        ProviderDecision decision = Assert.Single(pack.Providers);
        Assert.Equal((ExecutionProvider.Cuda, null, null), (session.Current.Provider, decision.StandsInFor, pack.BuildProgress));
        Assert.Contains("outputs differ", decision.WhyNotBetter, StringComparison.Ordinal);
    }

    [Fact]
    public void NamedTensorRt_IsBuiltBeforeItIsOpen()
    {
        using ModelPack pack = Open(
            ProviderChoice.TensorRt,
            null,
            packs.Folder,
            new(ExecutionProvider.TensorRt) { Builds = true },
            new(ExecutionProvider.Cuda)
        );
        Assert.Equal(ExecutionProvider.TensorRt, pack.Session(Graph).Current.Provider);
        Assert.Null(pack.BuildProgress);
    }

    private ProviderDecision Decide(PretendProvider tensorRt, PretendProvider cuda) => Decide(null, tensorRt, cuda);

    private ProviderDecision Decide(string? engines, PretendProvider tensorRt, PretendProvider cuda)
    {
        using ModelPack pack = Open(ProviderChoice.Auto, engines, packs.Folder, tensorRt, cuda);
        pack.Session(Graph);
        return Assert.Single(pack.Providers);
    }

    private static ModelPack Open(ProviderChoice choice, string? engines, string folder, PretendProvider tensorRt, PretendProvider cuda) =>
        ModelPack.OpenWith(
            folder,
            new ProviderSettings(ProviderChoices.All(choice)) { BuildsLater = true },
            ProviderSet.Of([tensorRt, cuda, Cpu], engines)
        );
}
