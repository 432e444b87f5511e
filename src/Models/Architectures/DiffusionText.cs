using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>Stable Diffusion's text encoder (a CLIP text model as transformers names it): token ids in, the UNet's context out.</summary>
/// <param name="config">Sizes of the encoder.</param>
public sealed class DiffusionText(DiffusionTextConfig config)
{
    /// <summary>Writes the encoder.</summary>
    /// <param name="context">Weights as transformers names them.</param>
    /// <param name="tokens">int64 [N, 77].</param>
    /// <returns>Last hidden state after the final layer norm [N, 77, D].</returns>
    public Value Build(NetworkContext context, Value tokens)
    {
        GraphBuilder g = context.Graph;
        Module m = new Module(context, "")["text_model"];
        Value mask = ClipBlocks.CausalMask(g, config.ContextLength);

        Module embeddings = m["embeddings"];
        Value x = g.Cast(
            g.Embed(embeddings["token_embedding"].Tensor("weight", context.Compute, config.VocabularySize, config.Width), tokens),
            ElementType.Float32
        );
        x = g.Add(x, embeddings["position_embedding"].Tensor("weight", ElementType.Float32, config.ContextLength, config.Width));
        for (int i = 0; i < config.Layers; i++)
            x = Block(g, m["encoder"]["layers"][i], x, mask);
        return m["final_layer_norm"].LayerNorm(x, config.LayerNormEps);
    }

    private Value Block(GraphBuilder g, Module m, Value x, Value mask)
    {
        using GraphScope scope = m.Enter();
        Module attention = m["self_attn"];
        Value h = m["layer_norm1"].LayerNorm(x, config.LayerNormEps);
        Value q = attention["q_proj"].Linear(h, config.Width),
            k = attention["k_proj"].Linear(h, config.Width),
            v = attention["v_proj"].Linear(h, config.Width);
        Value attended = g.MergeHeads(g.WeightedValues(g.AttentionProbabilities(q, k, config.Heads, mask), v, config.Heads));
        x = g.AddTo(x, attention["out_proj"].Linear(attended, config.Width));

        h = m["mlp"]["fc1"].Linear(m["layer_norm2"].LayerNorm(x, config.LayerNormEps), config.MlpWidth);
        h = config.Activation == TextActivation.QuickGelu ? g.QuickGelu(h) : g.Gelu(h);
        return g.AddTo(x, m["mlp"]["fc2"].Linear(h, config.Width));
    }
}
