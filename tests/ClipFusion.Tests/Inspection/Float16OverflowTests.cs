using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Architectures;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Inspection;

/// <summary>
/// Stable Diffusion 2's attention logits leave float16; queries and keys themselves fit. The CPU widens float16 products on its own, so
/// this shows what a user of the pack sees there; that the graphs ask for it wherever they run is <see cref="Float16GraphTests"/>' part.
/// </summary>
[Trait("speed", "slow")]
public sealed class Float16OverflowTests
{
    private const float Factor = 300;

    [Fact]
    public void Float16Pack_WhereLogitsExceedFloat16_StaysNearFloat32()
    {
        using var folder = new TemporaryFolder();
        TinyFolders.Write(folder["weights"], Enlarge);
        Recipe recipe = Recipe.Default("widget") with { TimestepBlocks = [new(201, 2), new(401, 1), new(801, 0)] };
        (string Name, float[] Values)[] wide = Maps(TinyPacks.Build(folder["weights"], folder["float32"], Precision.Float32), recipe);
        (string Name, float[] Values)[] half = Maps(TinyPacks.Build(folder["weights"], folder["float16"], Precision.Float16), recipe);
        Assert.Equal(wide.Select(m => m.Name), half.Select(m => m.Name));
        foreach (((string name, float[] expected), (_, float[] found)) in wide.Zip(half))
        {
            Assert.All(found, v => Assert.True(float.IsFinite(v), name));
            double spread = Spread(expected),
                difference = Spread([.. expected.Zip(found, (a, b) => a - b)]);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{name}: spread {spread:e2} and {Spread(found):e2}, difference {difference:e2}"
            );
            Assert.True(
                Spread(found) > 0.5 * spread && spread > 0,
                $"{name}: spread {Spread(found):e2} in float16, {spread:e2} in float32"
            );
            Assert.True(difference < 0.25 * spread, $"{name}: float16 differs by {difference:e2} where the map spreads over {spread:e2}");
        }
    }

    /// <summary>Queries and keys of about 400 in eight channels: logits of a few hundred thousand.</summary>
    private static void Enlarge(string name, float[] values)
    {
        bool unet =
            name
            is "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.weight"
                or "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_k.weight"
                or "mid_block.attentions.0.transformer_blocks.0.attn2.to_q.weight"
                or "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"
                or "up_blocks.2.attentions.1.transformer_blocks.0.attn2.to_q.weight"
                or "up_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k.weight";
        bool clip = name.StartsWith("visual.transformer.resblocks.1.attn.in_proj", StringComparison.Ordinal);
        int end =
            unet ? values.Length
            : clip ? values.Length * 2 / 3
            : 0;
        for (int i = 0; i < end; i++)
            values[i] *= Factor;
    }

    private static (string Name, float[] Values)[] Maps(string folder, Recipe recipe)
    {
        using ModelPack pack = ModelPack.Open(folder);
        using Inspector inspector = Pictures.Inspector(pack, recipe, 0, 1);
        byte[] picture = Pictures.Bytes(6);
        BranchMaps maps = inspector.Inspect(Pictures.Frame(picture), cancellation: TestContext.Current.CancellationToken).Maps;
        return
        [
            ("clip language", [.. maps.ClipLanguage!.Values]),
            .. maps.ClipVision.Select((m, i) => ($"clip vision {i}", m.Values.ToArray())),
            .. maps.DiffLanguage.Select((m, i) => ($"state {i}", m.Values.ToArray())),
            .. maps.DiffVision.Select((m, i) => ($"diff vision {i}", m.Values.ToArray())),
        ];
    }

    private static double Spread(float[] values)
    {
        double mean = values.Average(v => (double)v);
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }
}
