using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// OpenCLIP's vision transformer with everything of every block, for methods that differ in what they take and in the block at which
/// value-value attention starts.
/// </summary>
/// <param name="config">Sizes of the tower.</param>
public sealed class ClipStreams(OpenClipConfig config)
{
    private readonly VisionTowerConfig _v = config.Vision;

    /// <summary>What a block gives, of the patches alone.</summary>
    /// <param name="Original">The original stream [1, P, W].</param>
    /// <param name="Attended">The same plus the next block's attention [1, P, W]; of the last block as <paramref
    /// name="Original"/>.</param>
    /// <param name="EmbeddingsVv">Raw embeddings of the value-value stream [1, P, E].</param>
    public sealed record BlockOutputs(Value Original, Value Attended, Value EmbeddingsVv);

    /// <summary>What one pass gives.</summary>
    /// <param name="Class">Raw class embedding [1, E].</param>
    /// <param name="ClassUnnormed">The same without ln_post [1, E].</param>
    /// <param name="Blocks">Every block's.</param>
    public sealed record Outputs(Value Class, Value ClassUnnormed, IReadOnlyList<BlockOutputs> Blocks);

    /// <summary>Writes the tower.</summary>
    /// <param name="context">Weights as OpenCLIP names them.</param>
    /// <param name="pixels">uint8 [1, S, S, 3].</param>
    /// <param name="valueBlocks">float32 [L]: 1 for blocks with value-value attention, 0 for those before them.</param>
    public Outputs Build(NetworkContext context, Value pixels, Value valueBlocks)
    {
        GraphBuilder g = context.Graph;
        var m = new Module(context, "visual");
        var tower = new ClipVision(config, 1);
        int side = _v.ImageSize / _v.PatchSize,
            patches = side * side;
        Value x = m["ln_pre"].LayerNorm(tower.Tokens(context, pixels)),
            vv = x;
        List<(Value Original, Value Attended, Value Vv)> blocks = [];
        for (int block = 0; block < _v.Layers; block++)
        {
            (Value attended, x, Value? values) = tower.Block(g, m["transformer"]["resblocks"][block], x, vv);
            // Where the stream has not begun yet, it is the original one.
            Value isOn = g.Slice(valueBlocks, 0, block, block + 1);
            vv = g.Add(g.Mul(values!, isOn), g.Mul(x, g.Shift(g.Scale(isOn, -1), 1)));
            blocks.Add((x, attended, vv));
        }

        Value classToken = g.Reshape(g.Slice(x, 1, 0, 1), 1, _v.Width);
        return new Outputs(
            m.Project(m["ln_post"].LayerNorm(classToken), "proj", config.EmbedDim),
            m.Project(classToken, "proj", config.EmbedDim),
            [
                .. blocks.Select(
                    (b, i) =>
                        new BlockOutputs(
                            Patches(b.Original),
                            Patches(i + 1 < blocks.Count ? blocks[i + 1].Attended : b.Original),
                            m.Project(m["ln_post"].LayerNorm(Patches(b.Vv)), "proj", config.EmbedDim)
                        )
                ),
            ]
        );

        Value Patches(Value tokens) => g.Slice(tokens, 1, 1, patches + 1);
    }
}
