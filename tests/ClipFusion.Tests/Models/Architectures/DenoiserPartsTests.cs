using ClipFusion.Models.Architectures;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Architectures;

/// <summary>Maps of some of the denoiser's components are the means of just their layers, each enlarged.</summary>
public sealed class DenoiserPartsTests(TinyPacks packs)
{
    private const int Size = GraphInputs.Latent;

    private static readonly UnetRow[] Rows = [new(0, 201, [], true), new(1, 401, [], true)];

    [Theory]
    [InlineData(DenoiserParts.Decoder)]
    [InlineData(DenoiserParts.Encoder | DenoiserParts.Bottleneck | DenoiserParts.Decoder)]
    public void Maps_OfSomeParts_AreTheMeanOfTheirLayers(DenoiserParts parts)
    {
        Dictionary<string, float[]> layers = Layers();
        float[] found = Run(Path.Combine(packs.Folder(Precision.Float32), "mapdiff_parts.onnx"))[
            GraphNames.StateMapsUnnormalizedOf(parts)
        ].Values;

        Near(Mean(layers.Where(l => parts.HasFlag(PartOf(l.Key))).Select(l => l.Value)), found);
    }

    [Fact]
    public void Layers_WithTheBottleneck_AreTheMethodsAndOneMore()
    {
        Dictionary<string, float[]> layers = Layers();

        Assert.Equal(
            "mid_block.attentions.0.transformer_blocks.0.attn2",
            Assert.Single(layers.Keys, k => PartOf(k) == DenoiserParts.Bottleneck)
        );
        // The method's own graph, which leaves the bottleneck out.
        float[] method = Run(Path.Combine(packs.Folder(Precision.Float32), "mapdiff_language.onnx"))[
            GraphNames.StateMapsUnnormalized
        ].Values;
        Near(Mean(layers.Where(l => PartOf(l.Key) != DenoiserParts.Bottleneck).Select(l => l.Value)), method);
    }

    /// <summary>Every layer's own map, enlarged, from the graph with raw taps.</summary>
    private Dictionary<string, float[]> Layers()
    {
        using OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(packs.Weights, "clip"));
        using DiffusionFolder sd = DiffusionFolder.Open(Path.Combine(packs.Weights, "sd"));
        using var folder = new TemporaryFolder();
        var graph = new GraphBuilder(GraphNames.MapDiffParts, GraphTarget.OnnxRuntime);
        using (var store = new ExternalWeightFile(folder["unet.weights"], TestContext.Current.CancellationToken))
            new GraphFactory(clip.Config, sd.Unet, sd.Vae, sd.TextEncoder, 1, [1], ElementType.Float32).MapDiffParts(
                graph,
                sd.UnetWeights,
                store,
                debug: true
            );
        graph.Save(folder["parts.onnx"]);
        return Run(folder["parts.onnx"])
            .Where(o => o.Key.StartsWith("probs.", StringComparison.Ordinal))
            .ToDictionary(o => o.Key["probs.".Length..], o => Enlarged(o.Value.Shape, o.Value.Values));
    }

    private static Dictionary<string, (long[] Shape, float[] Values)> Run(string file)
    {
        using var graph = new PackGraph(file);
        using GraphInputs inputs = UnetBatch.Inputs(11, Rows, languageOnly: true);
        return graph.Run(inputs.Values);
    }

    private static float[] Enlarged(long[] shape, float[] rows)
    {
        int side = (int)Math.Sqrt(shape[1]);
        return
        [
            .. Enumerable
                .Range(0, Rows.Length * Size * Size)
                .Select(i =>
                {
                    (double y, double x) = (Place(i / Size % Size, side), Place(i % Size, side));
                    float At(int v, int u) =>
                        rows[(i / (Size * Size) * side * side) + (Math.Min(v, side - 1) * side) + Math.Min(u, side - 1)];
                    (int top, int left) = ((int)y, (int)x);
                    double upper = At(top, left) + ((x - left) * (At(top, left + 1) - At(top, left))),
                        lower = At(top + 1, left) + ((x - left) * (At(top + 1, left + 1) - At(top + 1, left)));
                    return (float)(upper + ((y - top) * (lower - upper)));
                }),
        ];
    }

    private static double Place(int i, int side) => Math.Clamp(((i + 0.5) * side / Size) - 0.5, 0, side - 1);

    private static DenoiserParts PartOf(string layer) =>
        layer[0] switch
        {
            'd' => DenoiserParts.Encoder,
            'm' => DenoiserParts.Bottleneck,
            _ => DenoiserParts.Decoder,
        };

    private static float[] Mean(IEnumerable<float[]> layers)
    {
        float[][] all = [.. layers];
        return [.. Enumerable.Range(0, all[0].Length).Select(i => all.Average(l => l[i]))];
    }

    private static void Near(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.InRange(expected.Zip(found, (a, b) => Math.Abs(a - b)).Max(), 0, 2e-6f);
    }
}
