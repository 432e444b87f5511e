using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// MaskCLIP's use of CLIP's image tower ("Extract Free Dense Labels from CLIP", Zhou et al., 2022, the branch for transformers of its
/// published code): in the last block every token attends to itself alone, so that its value takes the place of the attended values.
/// Residual and feed-forward stay.
/// </summary>
/// <param name="config">Sizes of the tower.</param>
public sealed class ClipMaskClip(OpenClipConfig config)
{
    /// <summary>Writes the tower.</summary>
    /// <param name="context">Weights as OpenCLIP names them.</param>
    /// <param name="pixels">uint8 [1, S, S, 3].</param>
    /// <returns>Raw patch embeddings [P, E].</returns>
    public Value Build(NetworkContext context, Value pixels)
    {
        VisionTowerConfig v = config.Vision;
        GraphBuilder g = context.Graph;
        int grid = v.ImageSize / v.PatchSize,
            patches = grid * grid;
        var m = new Module(context, "visual");
        var tower = new ClipVision(config, v.Layers);
        Value x = tower.Through(context, tower.Tokens(context, pixels), v.Layers - 1);
        Value z = Last(g, m["transformer"]["resblocks"][v.Layers - 1], x);
        Value embeddings = m.Project(m["ln_post"].LayerNorm(g.Slice(z, 1, 1, patches + 1)), "proj", config.EmbedDim);
        return g.Reshape(embeddings, patches, config.EmbedDim);
    }

    private Value Last(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        int width = config.Vision.Width;
        Value qkv = m["attn"].Linear(m["ln_1"].LayerNorm(x), 3 * width, true, "in_proj_weight", "in_proj_bias");
        Value y = g.AddTo(x, m["attn"]["out_proj"].Linear(g.Slice(qkv, -1, 2 * width, 3 * width), width));
        return g.AddTo(y, ClipBlocks.Mlp(g, m["mlp"], m["ln_2"].LayerNorm(y), width, config.Vision.MlpWidth, config.QuickGelu));
    }
}
