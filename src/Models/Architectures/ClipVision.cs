using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// OpenCLIP's vision transformer with CLIP Surgery's second stream: from block <c>vvStart</c> on, a copy of that block's input gathers
/// value-value attention without feed-forward, while the original stream runs as published.
/// </summary>
/// <param name="config">Sizes of the tower.</param>
/// <param name="vvStart">First block with value-value attention, counted from 1.</param>
public sealed class ClipVision(OpenClipConfig config, int vvStart)
{
    private readonly VisionTowerConfig _v = config.Vision;

    /// <summary>What one pass gives, all raw (before L2 normalisation).</summary>
    /// <param name="Class">Class embedding [N, E].</param>
    /// <param name="PatchesVv">Patch embeddings of the value-value stream [N, P, E].</param>
    /// <param name="PatchesOriginal">Patch embeddings of the original stream [N, P, E].</param>
    /// <param name="Vv">Per chosen block, the value-value stream's patch tokens [N, P, W].</param>
    /// <param name="Original">Per chosen block, the original stream's patch tokens [N, P, W].</param>
    public sealed record Outputs(
        Value Class,
        Value PatchesVv,
        Value PatchesOriginal,
        IReadOnlyDictionary<int, Value> Vv,
        IReadOnlyDictionary<int, Value> Original
    );

    /// <summary>Writes the tower.</summary>
    /// <param name="context">Weights as OpenCLIP names them.</param>
    /// <param name="pixels">uint8 [N, S, S, 3].</param>
    /// <param name="blocks">Blocks whose patch tokens are wanted, counted from 1.</param>
    public Outputs Build(NetworkContext context, Value pixels, IReadOnlyCollection<int> blocks)
    {
        GraphBuilder g = context.Graph;
        var m = new Module(context, "visual");
        int side = _v.ImageSize / _v.PatchSize,
            patches = side * side;

        Value x = m["ln_pre"].LayerNorm(Tokens(context, pixels));

        Value vv = x;
        Dictionary<int, Value> vvTaps = [],
            originalTaps = [];
        for (int block = 1; block <= _v.Layers; block++)
        {
            (_, x, Value? values) = Block(g, m["transformer"]["resblocks"][block - 1], x, block < vvStart ? null : vv);
            vv = values ?? x;
            if (!blocks.Contains(block))
                continue;
            vvTaps[block] = g.Slice(vv, 1, 1, patches + 1);
            originalTaps[block] = g.Slice(x, 1, 1, patches + 1);
        }

        Value Embed(Value tokens) => m.Project(m["ln_post"].LayerNorm(tokens), "proj", config.EmbedDim);
        Value classToken = g.Reshape(g.Slice(x, 1, 0, 1), x[0], _v.Width);
        return new Outputs(
            Embed(classToken),
            Embed(g.Slice(vv, 1, 1, patches + 1)),
            Embed(g.Slice(x, 1, 1, patches + 1)),
            vvTaps,
            originalTaps
        );
    }

    /// <summary>The tokens before the transformer, class token first, with their positions [N, P + 1, W].</summary>
    internal Value Tokens(NetworkContext context, Value pixels)
    {
        GraphBuilder g = context.Graph;
        var m = new Module(context, "visual");
        int side = _v.ImageSize / _v.PatchSize,
            patches = side * side;
        Value x = m["conv1"]
            .Conv(
                PixelInput.Normalized(g, pixels, config.Mean, config.Std),
                _v.Width,
                _v.PatchSize,
                _v.PatchSize,
                (0, 0, 0, 0),
                bias: false
            );
        x = g.Cast(g.Transpose(g.Reshape(x, x[0], _v.Width, patches), 0, 2, 1), ElementType.Float32);
        Value @class = g.RepeatRow(g.Reshape(m.Tensor("class_embedding", ElementType.Float32, _v.Width), 1, 1, _v.Width), x);
        return g.Add(g.Concat(1, @class, x), m.Tensor("positional_embedding", ElementType.Float32, patches + 1, _v.Width));
    }

    /// <summary>The transformer as published, from any choice of tokens to the tokens after ln_post [N, L, W].</summary>
    internal Value Transform(NetworkContext context, Value tokens)
    {
        return new Module(context, "visual")["ln_post"].LayerNorm(Through(context, tokens, _v.Layers));
    }

    /// <summary>ln_pre and the first so many blocks as published [N, L, W].</summary>
    internal Value Through(NetworkContext context, Value tokens, int blocks)
    {
        var m = new Module(context, "visual");
        Value x = m["ln_pre"].LayerNorm(tokens);
        for (int block = 1; block <= blocks; block++)
            x = Block(context.Graph, m["transformer"]["resblocks"][block - 1], x, null).Original;
        return x;
    }

    /// <summary>One block.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="m">The block's place.</param>
    /// <param name="x">The original stream before it [N, L, W].</param>
    /// <param name="vv">The value-value stream before it; null for none.</param>
    /// <returns>The original stream after its attention and after the block, and the value-value stream after it, all [N, L, W].</returns>
    internal (Value Attended, Value Original, Value? Vv) Block(GraphBuilder g, Module m, Value x, Value? vv)
    {
        using GraphScope scope = m.Enter();
        Module attention = m["attn"];
        Value qkv = attention.Linear(m["ln_1"].LayerNorm(x), 3 * _v.Width, true, "in_proj_weight", "in_proj_bias");
        Value q = g.Slice(qkv, -1, 0, _v.Width),
            k = g.Slice(qkv, -1, _v.Width, 2 * _v.Width),
            v = g.Slice(qkv, -1, 2 * _v.Width, 3 * _v.Width);

        Value attended = g.AddTo(x, Attend(g, attention, q, k, v));
        Value feedForward = ClipBlocks.Mlp(g, m["mlp"], m["ln_2"].LayerNorm(attended), _v.Width, _v.MlpWidth, config.QuickGelu);
        Value original = g.AddTo(attended, feedForward);
        return (attended, original, vv is null ? null : g.AddTo(vv, Attend(g, attention, v, v, v)));
    }

    private Value Attend(GraphBuilder g, Module m, Value q, Value k, Value v)
    {
        using GraphScope scope = m.Enter();
        return m["out_proj"].Linear(g.Attention(q, k, v, _v.Heads), _v.Width);
    }
}
