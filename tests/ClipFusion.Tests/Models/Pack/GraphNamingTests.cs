using ClipFusion.Models.Pack;
using ClipFusion.Models.Starter;
using Onnx;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>What somebody sees who opens a graph of a pack in a viewer.</summary>
public sealed class GraphNamingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Graphs_OfAPack_SayWhoMadeThemFromWhatAndNameTheirModules()
    {
        StarterPack.Build(_folder["pack"], cancellation: TestContext.Current.CancellationToken);

        ModelProto unet = Read("mapdiff.onnx");
        Assert.Equal("clipfusion", unet.ProducerName);
        Assert.Matches(@"\A\d+\.\d+", unet.ProducerVersion);
        Assert.DoesNotContain("+", unet.ProducerVersion, StringComparison.Ordinal);
        Assert.Contains("trained on drawn parts", unet.DocString, StringComparison.Ordinal);
        Assert.Equal("drawnParts", unet.MetadataProps.Single(p => p.Key == "weights").Value);
        string[] names = [.. unet.Graph.Node.Select(n => n.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(
            [
                "conv_in/Conv",
                "down_blocks.1.attentions.0.transformer_blocks.0.attn1/MultiHeadAttention",
                "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_q/MatMul",
                "mid_block.resnets.1.conv2/Conv",
                "time_embedding.linear_1/MatMul",
            ],
            name => Assert.Contains(name, names)
        );
        // What is left at the root is the batch: rows, maps and features.
        Assert.InRange(names.Count(n => n.StartsWith('/')), 0, names.Length / 5);
        Assert.Contains(Read("clip_image.onnx").Graph.Node, n => n.Name == "visual.transformer.resblocks.0.attn.out_proj/MatMul");
        Assert.Contains(Read("vae_encoder.onnx").Graph.Node, n => n.Name == "encoder.down_blocks.0.resnets.0.conv1/Conv");
    }

    [Fact]
    public void Manifest_OfTheStarterPack_SaysWhatItsWeightsWereTrainedOn()
    {
        PackManifest starter = StarterPack.Build(_folder["pack"], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(PackWeights.DrawnParts, starter.Weights);
        Assert.Contains("\"weights\": \"drawnParts\"", File.ReadAllText(_folder["pack", "pack.json"]), StringComparison.Ordinal);
        // But for the backbone's, of which its own rows and graphs speak.
        Assert.Equal(PackWeights.Published, PackVerifier.ReadManifest(_folder["pack"]).BackboneWeights);
        Assert.Contains("published weights", Read("backbone_image.onnx").DocString, StringComparison.Ordinal);
        Assert.Contains("trained on drawn parts", Read("clip_image.onnx").DocString, StringComparison.Ordinal);
        Assert.Equal(PackWeights.DrawnParts, PackVerifier.ReadManifest(_folder["pack"]).KnownWeights);
        // As packs were before.
        Assert.Equal(PackWeights.Random, (starter with { Weights = null, Notice = "untrained random weights" }).KnownWeights);
        Assert.Equal(PackWeights.Unknown, (starter with { Weights = null, Notice = null }).KnownWeights);
    }

    public void Dispose() => _folder.Dispose();

    private ModelProto Read(string graph) => ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder["pack", graph]));
}
