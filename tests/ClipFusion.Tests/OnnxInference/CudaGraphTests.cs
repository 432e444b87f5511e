using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Tests.OnnxInference;

/// <summary>Which sessions replay CUDA graphs, and what becomes of those that replay what they should not. Pretended providers run on the
/// CPU.</summary>
[Trait("speed", "slow")]
public sealed class CudaGraphTests(ProbedPacks packs) : IClassFixture<ProbedPacks>
{
    private const string Graph = GraphNames.VaeEncoder;

    [Fact]
    public void CudaGraphs_WhereTheyAreWanted_AreForTheGraphsThatSeeOnePictureAndAreProved()
    {
        PretendProvider cuda = new(ExecutionProvider.Cuda);
        using ModelPack pack = Open(cuda);
        foreach (string graph in pack.Manifest.Graphs.Select(g => g.Name).Distinct())
            pack.Session(graph);
        string[] expected =
        [
            GraphNames.ClipImage,
            GraphNames.ClipTokensImage,
            GraphNames.MaskClipImage,
            GraphNames.VaeEncoder,
            GraphNames.WinClipImage,
        ];
        Assert.Equal(expected, cuda.Replayed.Order(StringComparer.Ordinal));
        Assert.Equal(expected, pack.Providers.Where(d => d.CudaGraphs).Select(d => d.Graph));
        Assert.All(pack.Providers, d => Assert.Equal((ExecutionProvider.Cuda, null), (d.Provider, d.WhyNotBetter)));
        Assert.All(pack.Providers, d => Assert.True(d.Parity.Count > 0 && d.Parity.All(e => e.IsGood)));
    }

    [Fact]
    public void CudaGraphs_ByDefaultAndOnTheCpu_AreNotUsed()
    {
        PretendProvider cuda = new(ExecutionProvider.Cuda),
            cpu = new(ExecutionProvider.Cpu);
        using ModelPack off = ModelPack.OpenWith(
            packs.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.Cuda)),
            ProviderSet.Of([cuda], null)
        );
        using ModelPack onCpu = ModelPack.OpenWith(
            packs.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.Cpu)) { CudaGraphs = true },
            ProviderSet.Of([cpu], null)
        );
        off.Session(Graph);
        onCpu.Session(Graph);
        Assert.Empty(cuda.Replayed);
        Assert.Empty(cpu.Replayed);
        Assert.DoesNotContain(off.Providers.Concat(onCpu.Providers), d => d.CudaGraphs);
    }

    [Fact]
    public void Replay_OfTheFirstPicture_IsFoundAndTheSessionRunsWithoutAndIsNotQuarantined()
    {
        using var folder = new TemporaryFolder();
        using var engines = new TemporaryFolder();
        PretendProvider stale = new(ExecutionProvider.Cuda) { FromForReplay = Stale(folder.Root) };
        using ModelPack pack = Open(stale, engines.Root);
        NetworkSession session = pack.Session(Graph);
        ProviderDecision decision = Assert.Single(pack.Providers);
        Assert.Equal((ExecutionProvider.Cuda, false, false), (decision.Provider, decision.CudaGraphs, session.Current.CudaGraphs));
        Assert.Matches(
            "^cuda with CUDA graphs: outputs differ from the goldens: latent .*, another picture gave the same$",
            decision.WhyNotBetter
        );
        Assert.True(Assert.Single(decision.Rejected).IsFault);
        Assert.Equal([Graph, Graph], stale.Opened);
        Assert.Empty(Directory.GetFileSystemEntries(engines.Root));

        // models verify names it too.
        Assert.Contains(
            $"{Graph} can't run on cuda with CUDA graphs: ",
            string.Join('\n', pack.CompareWithGoldens(cancellation: TestContext.Current.CancellationToken).Problems),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Session_ThatCannotCapture_RunsWithoutAndSaysWhy()
    {
        // What ONNX Runtime says where a provider has not taken all operators of a graph.
        PretendProvider cuda = new(ExecutionProvider.Cuda)
        {
            ReplayFailure = new EntryPointNotFoundException("this session cannot use the\n graph capture feature"),
        };
        using ModelPack pack = Open(cuda);
        pack.Session(Graph);
        ProviderDecision decision = Assert.Single(pack.Providers);
        Assert.Equal((ExecutionProvider.Cuda, false), (decision.Provider, decision.CudaGraphs));
        Assert.Equal("cuda with CUDA graphs: this session cannot use the graph capture feature", decision.WhyNotBetter);
    }

    [Fact]
    public void Session_WhoseGpuCannotBeCopiedTo_RunsWithoutAndSaysWhy()
    {
        using ModelPack pack = Open(new PretendProvider(ExecutionProvider.Cuda) { Device = 99 });
        pack.Session(Graph);
        ProviderDecision decision = Assert.Single(pack.Providers);
        Assert.Equal((ExecutionProvider.Cuda, false), (decision.Provider, decision.CudaGraphs));
        Assert.Matches(
            "^cuda with CUDA graphs: a copy of [0-9]+ bytes on GPU 99 failed: .*(NVIDIA driver|no GPU 99)",
            decision.WhyNotBetter
        );
    }

    [Fact]
    public void BrokenEngine_WithAndWithoutCudaGraphs_IsQuarantinedOnceItIsTheEnginesFault()
    {
        using var engines = new TemporaryFolder();
        PretendProvider broken = new(ExecutionProvider.Cuda) { From = packs.Broken };
        using ModelPack pack = Open(broken, engines.Root);
        NetworkException e = Assert.Throws<NetworkException>(() => pack.Session(Graph));
        Assert.Contains("cuda with CUDA graphs: outputs differ", e.Message, StringComparison.Ordinal);
        Assert.Contains("; cuda: outputs differ", e.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(engines.Root, "*.quarantined.json"));
        Assert.Equal([Graph, Graph], broken.Opened);
    }

    [Fact]
    public void EngineThatIsBuiltLater_WithStaleReplays_TakesOverWithoutThemAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        PretendProvider tensorRt = new(ExecutionProvider.TensorRt) { Builds = true, FromForReplay = Stale(folder.Root) },
            cuda = new(ExecutionProvider.Cuda);
        var settings = new ProviderSettings(ProviderChoices.All(ProviderChoice.Auto)) { BuildsLater = true, CudaGraphs = true };
        using ModelPack pack = ModelPack.OpenWith(
            packs.Folder,
            settings,
            ProviderSet.Of([tensorRt, cuda, new PretendProvider(ExecutionProvider.Cpu)], null)
        );
        NetworkSession session = pack.Session(Graph);
        Assert.True(session.Current.CudaGraphs);
        pack.BuildEngines(run => run(), TestContext.Current.CancellationToken);
        ProviderDecision decision = Assert.Single(pack.Providers);
        Assert.Equal((ExecutionProvider.TensorRt, false), (decision.Provider, decision.CudaGraphs));
        Assert.StartsWith("tensorrt with CUDA graphs: outputs differ", decision.WhyNotBetter, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherPicture_OfTheProbe_DiffersInEveryPixelAndMovesEveryOutputFarBeyondTheLimit()
    {
        byte[] probe = ProbePicture.Rgb(240),
            other = ProbePicture.OtherRgb(240);
        Assert.True(probe.Chunk(3).Zip(other.Chunk(3)).Count(p => p.First.SequenceEqual(p.Second)) < probe.Length / 3 / 100);
        GoldenTensors goldens = GoldenTensors.Read(packs.Folder);
        using ModelPack pack = ModelPack.Open(packs.Folder, new SessionSettings(Threads: 1));
        foreach (string graph in (string[])[GraphNames.ClipImage, GraphNames.WinClipImage, GraphNames.VaeEncoder])
        {
            using ProbeInputs inputs = PackProbe.Of(pack, graph, goldens, other: true);
            using NetworkOutputs o = pack.Session(graph)
                .Run(inputs.Values, goldens.OutputsOf(graph), TestContext.Current.CancellationToken);
            foreach (string output in goldens.OutputsOf(graph))
                Assert.InRange(ParityError.Normalized(o.Floats(output), goldens.Values(graph, output)), 2 * ParityLimits.Float16, 10);
        }
    }

    private ModelPack Open(PretendProvider cuda, string? engines = null) =>
        ModelPack.OpenWith(
            packs.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.Cuda)) { CudaGraphs = true },
            ProviderSet.Of([cuda], engines)
        );

    /// <summary>A VAE encoder that gives what it gave for the probe, whatever it is shown, as the replay of a graph does that reads the
    /// picture of its capture.</summary>
    private string Stale(string folder)
    {
        PackManifest manifest = PackVerifier.ReadManifest(packs.Folder);
        GoldenTensors goldens = GoldenTensors.Read(packs.Folder);
        foreach (GraphEntry entry in manifest.Graphs.Where(g => g is { Name: Graph, Debug: false }))
        {
            var g = new GraphBuilder("stale", GraphTarget.OnnxRuntime);
            g.Input(
                GraphNames.Pixels,
                ElementType.UInt8,
                "N",
                manifest.RequireDiffusion().ImageSize,
                manifest.RequireDiffusion().ImageSize,
                3
            );
            double[] latent = Array.ConvertAll(goldens.Values(Graph, GraphNames.Latent).ToArray(), v => (double)v);
            g.Output(GraphNames.Latent, g.Constant(ElementType.Float32, latent, goldens.Shape(Graph, GraphNames.Latent)));
            g.Save(Path.Combine(folder, entry.File));
        }

        return folder;
    }
}
