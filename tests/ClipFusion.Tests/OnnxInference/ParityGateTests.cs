using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Parity;
using ClipFusion.OnnxInference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Tests.OnnxInference;

[Trait("speed", "slow")]
public sealed class ParityGateTests(ProbedPacks packs, ITestOutputHelper output) : IClassFixture<ProbedPacks>
{
    [Fact]
    public void Cpu_AgainstItsOwnGoldens_IsAsGoodAsEqual()
    {
        using ModelPack pack = ModelPack.Open(packs.Folder, new SessionSettings(Threads: 1));
        (IReadOnlyList<ProviderDecision> graphs, IReadOnlyList<string> problems) = pack.CompareWithGoldens(
            cancellation: TestContext.Current.CancellationToken
        );
        Assert.Empty(problems);
        Assert.Equal(
            [
                GraphNames.ClipImage,
                GraphNames.ClipLearnedText,
                GraphNames.ClipStreamsImage,
                GraphNames.ClipText,
                GraphNames.ClipTokensImage,
                GraphNames.DiffusionText,
                GraphNames.MapDiff,
                GraphNames.MapDiffLanguage,
                GraphNames.MapDiffParts,
                GraphNames.MaskClipImage,
                GraphNames.TransMmImage,
                GraphNames.TransMmLastImage,
                GraphNames.VaeEncoder,
                GraphNames.WinClipImage,
                GraphNames.WinClipText,
            ],
            graphs.Select(g => g.Graph)
        );
        Assert.All(graphs, g => Assert.All(g.Parity, e => Assert.InRange(e.Error, 0, 1e-5)));
        GraphEntry unet = pack.Manifest.Graphs.First(g => g.Name == GraphNames.MapDiff && !g.Debug);
        Assert.Equal(
            unet.Outputs.Select(o => o.Name).Order(StringComparer.Ordinal),
            graphs.Single(g => g.Graph == GraphNames.MapDiff).Parity.Select(e => e.Output)
        );
    }

    [Fact]
    public void CompareWithGoldens_NetworkInUse_StaysOpenAloneOfAll()
    {
        // All of them at full size take more memory than a small box has.
        using ModelPack pack = ModelPack.Open(packs.Folder);
        pack.EnsureOpen([GraphNames.VaeEncoder]);
        pack.CompareWithGoldens(cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([GraphNames.VaeEncoder], pack.Manifest.Graphs.Select(g => g.Name).Distinct().Where(pack.IsOpen));
        pack.EnsureOpen([GraphNames.ClipImage]);
        Assert.True(pack.IsOpen(GraphNames.ClipImage));
    }

    [Fact]
    public void GraphsWrittenForTensorRt_OnTheCpu_PassTheGateByFar()
    {
        using ModelPack pack = ModelPack.OpenWith(
            packs.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.TensorRt)),
            ProviderSet.Of([new OtherGraphs()], null)
        );
        (IReadOnlyList<ProviderDecision> graphs, IReadOnlyList<string> problems) = pack.CompareWithGoldens(
            cancellation: TestContext.Current.CancellationToken
        );
        Assert.Empty(problems);
        foreach (ParityError error in graphs.SelectMany(g => g.Parity))
            output.WriteLine($"{error}");
        Assert.All(graphs.SelectMany(g => g.Parity), e => Assert.InRange(e.Error, 0, ParityLimits.Float32 / 10));
    }

    [Fact]
    public void BrokenCopy_OnTheCpu_IsFoundAndNamed()
    {
        using ModelPack pack = ModelPack.OpenWith(
            packs.Folder,
            ProviderSettings.CpuOnly,
            ProviderSet.Of([new PretendProvider(ExecutionProvider.Cpu) { From = packs.Broken }], null)
        );
        string problem = Assert.Single(pack.CompareWithGoldens(cancellation: TestContext.Current.CancellationToken).Problems);
        Assert.StartsWith("vae_encoder on cpu differs from its goldens: latent ", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 0.01)]
    [InlineData(float.NaN, double.PositiveInfinity)]
    [InlineData(float.PositiveInfinity, double.PositiveInfinity)]
    public void Error_OfOutputsThatAreOffByAShare_IsThatShare(float share, double expected)
    {
        float[] golden = [3, -4, 12, 84],
            values = [.. golden.Select(g => g + (g * share))];
        double error = ParityError.Normalized(values, golden);
        if (double.IsFinite(expected))
            Assert.Equal(expected, error, 1e-6);
        else
            Assert.Equal(expected, error);
    }

    [Fact]
    public void Error_OfAnotherLength_NeverPasses() => Assert.False(new ParityError("x", ParityError.Normalized([1], [1, 2]), 1e9).IsGood);

    [Theory]
    [InlineData(GraphNames.VaeEncoder, ExecutionProvider.TensorRt, Precision.Float16, ParityLimits.Float32)]
    [InlineData(GraphNames.DiffusionText, ExecutionProvider.Cuda, Precision.Float16, ParityLimits.Float32)]
    [InlineData(GraphNames.MapDiff, ExecutionProvider.Cuda, Precision.Float32, ParityLimits.Float32)]
    [InlineData(GraphNames.MapDiff, ExecutionProvider.TensorRt, Precision.Float32, ParityLimits.Float16)]
    [InlineData(GraphNames.ClipImage, ExecutionProvider.Cuda, Precision.Float16, ParityLimits.Float16)]
    internal void Limit_IsWideOnlyWhereFloat16Computes(string graph, ExecutionProvider provider, Precision pack, double expected) =>
        Assert.Equal(expected, ParityLimits.Of(graph, provider, pack, allowsFloat16: true));

    [Fact]
    public void ProbePicture_OfOneSize_IsAlwaysTheSameAndUsesManyLevels()
    {
        byte[] picture = ProbePicture.Rgb(240);
        Assert.Equal(picture, ProbePicture.Rgb(240));
        Assert.True(picture.Distinct().Count() > 150);
    }

    /// <summary>The graphs that are written for TensorRT, on the CPU.</summary>
    private sealed class OtherGraphs : IGraphProvider
    {
        private readonly CpuProvider _cpu = new(new SessionSettings(Threads: 1));

        public ExecutionProvider Kind => ExecutionProvider.TensorRt;

        public string? WhyNot => null;

        public OrtMemoryInfo Memory => OrtMemoryInfo.DefaultInstance;

        public int? Device => null;

        public bool MustBuild(GraphFile graph) => false;

        public InferenceSession Open(GraphFile graph, bool cudaGraphs = false) =>
            _cpu.Open(graph with { Variants = [graph.For(GraphTarget.TensorRt)] });
    }
}
