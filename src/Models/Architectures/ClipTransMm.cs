using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// Trans-MM on CLIP's image tower ("Generic Attention-model Explainability", Chefer et al., 2021, and its notebook for CLIP): which patches
/// the cosine of picture and text rests on. L = s cos(class embedding, text); for every block b with attention A_b [H, N, N] its gradient
/// G_b = dL/dA_b, C_b = mean over the heads of max(0, G_b * A_b), and the relevance R = (I + C_L) ... (I + C_1), of which the class token's
/// row is given.
/// </summary>
/// <remarks>
/// The backward pass is written out, because nothing differentiates at run time. D is the gradient at a block's output, always of the one
/// number L. Of R only one row is wanted, so it is multiplied from the left: a row times a matrix a block.
/// </remarks>
/// <param name="config">Sizes of the tower.</param>
public sealed class ClipTransMm(OpenClipConfig config)
{
    private const double Epsilon = 1e-5;

    private readonly VisionTowerConfig _v = config.Vision;

    /// <summary>What one pass gives.</summary>
    /// <param name="Relevance">Of every patch [P].</param>
    /// <param name="Attention">A_b [1, H, rows, N] from the last block to the first that was needed.</param>
    /// <param name="Gradients">G_b [1, H, rows, N], likewise.</param>
    public sealed record Outputs(Value Relevance, IReadOnlyList<Value> Attention, IReadOnlyList<Value> Gradients);

    /// <summary>A block's values on the way forward.</summary>
    /// <param name="Module">Its place.</param>
    /// <param name="X">Its input [1, N, W].</param>
    /// <param name="Q">Queries [1, N, W], not scaled.</param>
    /// <param name="K">Keys [1, N, W].</param>
    /// <param name="V">Values [1, N, W].</param>
    /// <param name="A">Attention [1, H, N, N].</param>
    /// <param name="Y">X plus attention [1, N, W].</param>
    /// <param name="Hidden">c_fc(ln_2(Y)) [1, N, M].</param>
    private sealed record Forward(Module Module, Value X, Value Q, Value K, Value V, Value A, Value Y, Value Hidden);

    /// <summary>Writes the tower, forth and back.</summary>
    /// <param name="context">Weights as OpenCLIP names them.</param>
    /// <param name="pixels">uint8 [1, S, S, 3].</param>
    /// <param name="text">The text's embedding, float32 [1, E], unit.</param>
    /// <param name="start">The first block that counts, from 1: the last one for the notebook's default, 1 for all.</param>
    public Outputs Build(NetworkContext context, Value pixels, Value text, int start)
    {
        GraphBuilder g = context.Graph;
        var m = new Module(context, "visual");
        var tower = new ClipVision(config, _v.Layers);
        int side = _v.ImageSize / _v.PatchSize,
            tokens = (side * side) + 1;
        Value x = m["ln_pre"].LayerNorm(tower.Tokens(context, pixels));
        List<Forward> blocks = [];
        for (int b = 0; b < _v.Layers; b++)
        {
            (Forward block, x) = Forth(g, m["transformer"]["resblocks"][b], x);
            blocks.Add(block);
        }

        // Only the class token meets the text.
        Value d = Start(g, m, g.Slice(x, 1, 0, 1), text);
        Value relevance = First(g, tokens);
        List<Value> attentions = [],
            gradients = [];
        for (int b = _v.Layers; b >= start; b--)
        {
            Forward block = blocks[b - 1];
            bool isLast = b == start;
            // At the last block D is the class token's row, and 0 in all others.
            int rows = b == _v.Layers && isLast ? 1 : tokens;
            if (b == _v.Layers && !isLast)
                d = g.Mul(g.Reshape(First(g, tokens), 1, tokens, 1), d);
            using GraphScope scope = block.Module.Enter();
            Value dy = g.Add(d, FeedForward(g, block, d, rows));
            Value heads = Split(g, block.Module["attn"]["out_proj"].LinearGradient(dy, _v.Width), rows);
            Value attention = rows == tokens ? block.A : g.Slice(block.A, 2, 0, rows);
            Value gradient = g.MatMul(heads, g.Transpose(Split(g, block.V, tokens), 0, 1, 3, 2));
            attentions.Add(attention);
            gradients.Add(gradient);
            Value counted = g.Mean(g.Relu(g.Mul(gradient, attention)), 1);
            relevance = g.Add(
                relevance,
                rows == 1 ? g.Reshape(counted, 1, tokens) : g.MatMul(relevance, g.Reshape(counted, tokens, tokens))
            );
            if (!isLast)
                d = g.Add(dy, Attention(g, block, heads, gradient));
        }

        return new Outputs(g.Reshape(g.Slice(relevance, 1, 1, tokens), tokens - 1), attentions, gradients);
    }

    private (Forward Block, Value X) Forth(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        Value qkv = m["attn"].Linear(m["ln_1"].LayerNorm(x), 3 * _v.Width, true, "in_proj_weight", "in_proj_bias");
        Value q = g.Slice(qkv, -1, 0, _v.Width),
            k = g.Slice(qkv, -1, _v.Width, 2 * _v.Width),
            v = g.Slice(qkv, -1, 2 * _v.Width, 3 * _v.Width);
        Value attention = g.AttentionProbabilities(q, k, _v.Heads);
        Value attended = g.MergeHeads(g.WeightedValues(attention, v, _v.Heads));
        Value y = g.AddTo(x, m["attn"]["out_proj"].Linear(attended, _v.Width));
        Value hidden = m["mlp"]["c_fc"].Linear(m["ln_2"].LayerNorm(y), _v.MlpWidth);
        Value result = g.AddTo(y, m["mlp"]["c_proj"].Linear(config.QuickGelu ? g.QuickGelu(hidden) : g.Gelu(hidden), _v.Width));
        return (new Forward(m, x, q, k, v, attention, y, hidden), result);
    }

    /// <summary>dL/dx of the class token before ln_post: De = s (t - e^ (e^ t)) / |e| of e, the class embedding, and e^ of unit length,
    /// through the projection and the normalisation.</summary>
    private Value Start(GraphBuilder g, Module m, Value classToken, Value text)
    {
        Value token = g.Reshape(classToken, 1, _v.Width);
        Value e = m.Project(m["ln_post"].LayerNorm(token), "proj", config.EmbedDim);
        Value unit = g.Normalize(e);
        Value along = g.MatMul(unit, g.Transpose(text, 1, 0)),
            length = g.MatMul(e, g.Transpose(unit, 1, 0));
        double s = Math.Exp(new Module(m.Context, "").Values("logit_scale")[0]);
        Value de = g.Scale(g.Div(g.Sub(text, g.Mul(unit, along)), length), s);
        Value back = g.MatMul(de, g.Transpose(m.Tensor("proj", ElementType.Float32, _v.Width, config.EmbedDim), 1, 0));
        return g.Reshape(Normalization(g, m["ln_post"], back, token), 1, 1, _v.Width);
    }

    /// <summary>LN'_2((gelu'(a) * (D Wc_proj)) Wc_fc; y), a = c_fc(ln_2(y)).</summary>
    private Value FeedForward(GraphBuilder g, Forward block, Value d, int rows)
    {
        Module mlp = block.Module["mlp"];
        Value hidden = Wide(g, First(g, block.Hidden, rows));
        Value slope = config.QuickGelu ? QuickGeluSlope(g, hidden) : GeluSlope(g, hidden);
        Value back = g.Mul(slope, Wide(g, mlp["c_proj"].LinearGradient(d, _v.MlpWidth)));
        return Normalization(g, block.Module["ln_2"], Wide(g, mlp["c_fc"].LinearGradient(back, _v.Width)), First(g, block.Y, rows));
    }

    /// <summary>LN'_1([DQ DK DV] Win; x): DV = A^T Do, DS = A * (G - rowsum(G * A)) / √d, DQ = DS K, DK = DS^T Q.</summary>
    private Value Attention(GraphBuilder g, Forward block, Value heads, Value gradient)
    {
        int tokens = block.X.Fixed(1);
        Value dv = g.MatMul(g.Transpose(block.A, 0, 1, 3, 2), heads);
        Value mean = g.Reshape(g.Mean(g.Mul(gradient, block.A), -1), 1, _v.Heads, tokens, 1);
        Value ds = g.Scale(g.Mul(block.A, g.Sub(gradient, g.Scale(mean, tokens))), 1 / Math.Sqrt(_v.Width / (double)_v.Heads));
        Value dq = g.MatMul(ds, Split(g, block.K, tokens)),
            dk = g.MatMul(g.Transpose(ds, 0, 1, 3, 2), Split(g, block.Q, tokens));
        Value together = g.Concat(2, g.MergeHeads(dq), g.MergeHeads(dk), g.MergeHeads(dv));
        Value back = Wide(g, block.Module["attn"].LinearGradient(together, _v.Width, "in_proj_weight"));
        return Normalization(g, block.Module["ln_1"], back, block.X);
    }

    /// <summary>The gradient at x of ln(x): (u - mean(u) - x^ mean(u x^)) / sd with u = D γ, x^ = (x - mean) / sd, over the last
    /// axis.</summary>
    private static Value Normalization(GraphBuilder g, Module norm, Value d, Value x)
    {
        Dim[] column = [.. x.Shape.SkipLast(1), 1L];
        Value centred = g.Sub(x, Mean(x));
        Value sd = g.Sqrt(g.Shift(Mean(g.Mul(centred, centred)), Epsilon));
        Value unit = g.Div(centred, sd);
        Value u = g.Mul(d, norm.Tensor("weight", ElementType.Float32, x.Fixed(-1)));
        return g.Div(g.Sub(g.Sub(u, Mean(u)), g.Mul(unit, Mean(g.Mul(u, unit)))), sd);

        Value Mean(Value value) => g.Reshape(g.Mean(value, -1), column);
    }

    /// <summary>(1 + erf(a/√2))/2 + a exp(-a²/2)/√(2π).</summary>
    private static Value GeluSlope(GraphBuilder g, Value a) =>
        g.Add(
            g.Scale(g.Shift(g.Erf(g.Scale(a, 1 / Math.Sqrt(2))), 1), 0.5),
            g.Scale(g.Mul(a, g.Exp(g.Scale(g.Mul(a, a), -0.5))), 1 / Math.Sqrt(2 * Math.PI))
        );

    /// <summary>σ + 1.702 a σ (1 - σ) of σ = sigmoid(1.702 a).</summary>
    private static Value QuickGeluSlope(GraphBuilder g, Value a)
    {
        Value s = g.Sigmoid(g.Scale(a, 1.702));
        return g.Add(s, g.Scale(g.Mul(a, g.Mul(s, g.Shift(g.Scale(s, -1), 1))), 1.702));
    }

    /// <summary>[1, rows, W] to [1, H, rows, d], in float32.</summary>
    private Value Split(GraphBuilder g, Value x, int rows) =>
        g.Transpose(g.Reshape(Wide(g, x), 1, rows, _v.Heads, _v.Width / _v.Heads), 0, 2, 1, 3);

    private static Value First(GraphBuilder g, Value x, int rows) => rows == x.Fixed(1) ? x : g.Slice(x, 1, 0, rows);

    /// <summary>[1, n]: 1, then zeros.</summary>
    private static Value First(GraphBuilder g, int n)
    {
        double[] values = new double[n];
        values[0] = 1;
        return g.Constant(ElementType.Float32, values, 1, n);
    }

    private static Value Wide(GraphBuilder g, Value x) => g.Cast(x, ElementType.Float32);
}
