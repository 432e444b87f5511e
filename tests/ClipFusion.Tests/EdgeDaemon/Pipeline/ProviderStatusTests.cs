using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class ProviderStatusTests
{
    [Fact]
    public void Status_BeforeANetworkIsOpen_IsNothing() => Assert.Equal(ProviderStatus.None, ProviderStatus.Of([], null));

    [Fact]
    public void Status_OfNetworksThatAgree_IsOneWordAndEachReasonOnce()
    {
        ProviderRejection[] why = [new(ExecutionProvider.TensorRt, "not built in", false)];
        ProviderStatus status = ProviderStatus.Of(
            [
                Runs(GraphNames.ClipImage, ExecutionProvider.Cuda, why),
                Runs(GraphNames.VaeEncoder, ExecutionProvider.Cuda, why),
                Runs(GraphNames.ClipText, ExecutionProvider.Cpu),
            ],
            null
        );
        Assert.Equal(new ProviderStatus("cuda", "tensorrt: not built in", null), status);
    }

    [Fact]
    public void Status_OfNetworksThatDiffer_NamesEachAndTheGraphThatFell()
    {
        ProviderStatus status = ProviderStatus.Of(
            [
                Runs(GraphNames.ClipImage, ExecutionProvider.TensorRt),
                Runs(GraphNames.MapDiffLanguage, ExecutionProvider.TensorRt),
                Runs(GraphNames.MapDiff, ExecutionProvider.Cuda, new ProviderRejection(ExecutionProvider.TensorRt, "outputs differ", true)),
            ],
            0.5
        );
        Assert.Equal(new ProviderStatus("imageTower tensorrt, unet cuda", "mapdiff: tensorrt: outputs differ", 0.5), status);
    }

    [Fact]
    public void Status_WhereTheProcessorSearchesForAGpu_SaysWhyBehindTheNetworks()
    {
        ProviderStatus status = ProviderStatus.Of(
            [Runs(GraphNames.ClipImage, ExecutionProvider.Cuda, new ProviderRejection(ExecutionProvider.TensorRt, "not built in", false))],
            null,
            ["out of memory"]
        );
        Assert.Equal("tensorrt: not built in; the processor searches memory banks: out of memory", status.Note);
    }

    [Fact]
    public void Status_WithAnEndlessReason_IsCut() =>
        Assert.Equal(
            ProviderStatus.MaxNote,
            ProviderStatus
                .Of(
                    [
                        Runs(
                            GraphNames.VaeEncoder,
                            ExecutionProvider.Cpu,
                            new ProviderRejection(ExecutionProvider.Cuda, new string('x', 2000), true)
                        ),
                    ],
                    null
                )
                .Note!.Length
        );

    private static ProviderDecision Runs(string graph, ExecutionProvider provider, params ProviderRejection[] rejected) =>
        new(graph, provider, rejected, [], null);
}
