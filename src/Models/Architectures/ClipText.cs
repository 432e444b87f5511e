using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>OpenCLIP's text transformer: token ids in, one embedding per prompt out.</summary>
/// <param name="config">Sizes of the tower.</param>
public sealed class ClipText(OpenClipConfig config)
{
    private readonly TextTowerConfig _t = config.Text;

    /// <summary>Writes the tower.</summary>
    /// <param name="context">Weights as OpenCLIP names them.</param>
    /// <param name="tokens">int64 [N, 77].</param>
    /// <param name="learned">What takes the place of token embeddings, [N, 77, Wt], and where it does, [N, 77, 1] of 1 and 0; null for
    /// nothing. Positions are added to it as to the others.</param>
    /// <returns>Raw text embeddings [N, E], read at the first position of the largest id (the end token).</returns>
    public Value Build(NetworkContext context, Value tokens, (Value Vectors, Value Places)? learned = null)
    {
        GraphBuilder g = context.Graph;
        var m = new Module(context, "");
        Value mask = ClipBlocks.CausalMask(g, _t.ContextLength);

        Value x = g.Cast(
            g.Embed(m["token_embedding"].Tensor("weight", context.Compute, _t.VocabularySize, _t.Width), tokens),
            ElementType.Float32
        );
        if (learned is var (vectors, places))
            x = g.Add(g.Mul(x, g.Shift(g.Scale(places, -1), 1)), g.Mul(vectors, places));
        x = g.Add(x, m.Tensor("positional_embedding", ElementType.Float32, _t.ContextLength, _t.Width));
        for (int i = 0; i < _t.Layers; i++)
            x = Block(g, m["transformer"]["resblocks"][i], x, mask);
        x = m["ln_final"].LayerNorm(x);
        return m.Project(g.PickPosition(x, g.ArgMax(tokens)), "text_projection", config.EmbedDim);
    }

    private Value Block(GraphBuilder g, Module m, Value x, Value mask)
    {
        using GraphScope scope = m.Enter();
        Value qkv = m["attn"].Linear(m["ln_1"].LayerNorm(x), 3 * _t.Width, true, "in_proj_weight", "in_proj_bias");
        Value probabilities = g.AttentionProbabilities(
            g.Slice(qkv, -1, 0, _t.Width),
            g.Slice(qkv, -1, _t.Width, 2 * _t.Width),
            _t.Heads,
            mask
        );
        Value attended = g.MergeHeads(g.WeightedValues(probabilities, g.Slice(qkv, -1, 2 * _t.Width, 3 * _t.Width), _t.Heads));
        x = g.AddTo(x, m["attn"]["out_proj"].Linear(attended, _t.Width));
        return g.AddTo(x, ClipBlocks.Mlp(g, m["mlp"], m["ln_2"].LayerNorm(x), _t.Width, _t.MlpWidth, config.QuickGelu));
    }
}
