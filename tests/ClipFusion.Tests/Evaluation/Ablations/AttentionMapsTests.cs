using ClipFusion.Evaluation.Ablations;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Architectures;
using ClipFusion.Models.Weights;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Inspection;

namespace ClipFusion.Tests.Evaluation.Ablations;

[Trait("speed", "slow")]
public sealed class AttentionMapsTests(GoldenPack tiny) : IClassFixture<GoldenPack>
{
    [Fact]
    public void Replace_ByTheDecodersMaps_IsTheMeanOfTheGoldenDecoderLayers()
    {
        var golden = new GoldenCase("tiny-a");
        (string query, string path) = golden.Queries[0];
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        var store = new NetworkStore(tiny.Scratch(), pack, []);
        using var maps = new AttentionMaps(pack, golden.Recipe, store, "");

        BranchMaps found = maps.Replace(new Picture(path, "query", golden.Recipe.Object), new BranchMaps(), DenoiserParts.Decoder);

        using SafetensorsFile tensors = SafetensorsFile.Open(golden.Tensors);
        float[][] layers =
        [
            .. tensors
                .Tensors.Keys.Where(k => k.StartsWith($"{query}.unet.probs.up_blocks.", StringComparison.Ordinal))
                .Select(k => Enlarged(tensors.ReadFloats(k))),
        ];
        Assert.Equal(9, layers.Length);
        float[] generic = found.DiffLanguage[golden.Recipe.States.IndexOf(golden.Recipe.GenericState)].Values;
        Assert.InRange(generic.Select((v, i) => Math.Abs(v - layers.Average(l => l[i]))).Max(), 0, 2e-5f);
        Assert.Equal(1, store.Runs);
    }

    private static float[] Enlarged(float[] layer)
    {
        int side = (int)Math.Sqrt(layer.Length);
        float[] large = new float[64 * 64];
        BilinearResize.Resize(layer, side, side, large, 64, 64);
        return large;
    }
}
