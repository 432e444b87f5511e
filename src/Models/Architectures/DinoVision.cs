using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>DINOv2's vision transformer: pre-norm blocks with LayerScale; class token, registers and patches in this order, of which
/// registers have no position.</summary>
/// <param name="config">Sizes of the network.</param>
/// <param name="grid">Patches along a side of the pictures that it is written for; positions are resampled to it.</param>
public sealed class DinoVision(DinoConfig config, int grid)
{
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] Std = [0.229f, 0.224f, 0.225f];

    /// <summary>What one pass gives.</summary>
    /// <param name="Tokens">Input of block 1 [N, 1 + R + P, W].</param>
    /// <param name="Raw">Per chosen block its patch tokens [N, P, W], residual included.</param>
    /// <param name="Normed">The same after the final layer normalisation, whichever block it is.</param>
    /// <param name="Class">Class token of the last block, normalised [N, W]; null where the pass ends before it.</param>
    public sealed record Outputs(Value Tokens, IReadOnlyDictionary<int, Value> Raw, IReadOnlyDictionary<int, Value> Normed, Value? Class);

    /// <summary>Writes the network up to the last block that is wanted.</summary>
    /// <param name="context">Weights as Hugging Face names them.</param>
    /// <param name="pixels">uint8 [N, S, S, 3].</param>
    /// <param name="blocks">Blocks whose patch tokens are wanted, counted from 1.</param>
    /// <param name="whole">Whether to run on to the last block and give the class token.</param>
    public Outputs Build(NetworkContext context, Value pixels, IReadOnlyCollection<int> blocks, bool whole)
    {
        GraphBuilder g = context.Graph;
        var m = new Module(context, "");
        int first = 1 + config.Registers,
            last = whole ? config.Layers : blocks.Max();
        Value tokens = Tokens(g, m["embeddings"], pixels),
            x = tokens;
        Dictionary<int, Value> raw = [],
            normed = [];
        for (int block = 1; block <= last; block++)
        {
            x = Block(g, m["encoder"]["layer"][block - 1], x);
            if (!blocks.Contains(block))
                continue;
            raw[block] = g.Slice(x, 1, first, first + grid * (long)grid);
            normed[block] = Norm(m["layernorm"], raw[block]);
        }

        Value? @class = whole ? g.Reshape(Norm(m["layernorm"], g.Slice(x, 1, 0, 1)), x[0], config.Width) : null;
        return new Outputs(tokens, raw, normed, @class);
    }

    private Value Tokens(GraphBuilder g, Module m, Value pixels)
    {
        int patches = grid * grid,
            width = config.Width;
        Value x = PixelInput.Normalized(g, pixels, Mean, Std);
        x = m["patch_embeddings"]["projection"].Conv(x, width, config.PatchSize, config.PatchSize, (0, 0, 0, 0));
        x = g.Cast(g.Transpose(g.Reshape(x, x[0], width, patches), 0, 2, 1), ElementType.Float32);

        Value positions = m.Computed($"position_embeddings.{grid}", [1, 1 + patches, width], () => Positions(m));
        Value @class = g.Add(m.Tensor("cls_token", ElementType.Float32, 1, 1, width), g.Slice(positions, 1, 0, 1));
        x = g.Add(x, g.Slice(positions, 1, 1, 1 + patches));
        if (config.Registers == 0)
            return g.Concat(1, g.RepeatRow(@class, x), x);
        Value registers = m.Tensor("register_tokens", ElementType.Float32, 1, config.Registers, width);
        return g.Concat(1, g.RepeatRow(@class, x), g.RepeatRow(registers, x), x);
    }

    private float[] Positions(Module m) =>
        PositionGrid.Resample(
            m.Values("position_embeddings", 1, 1 + config.TrainedGrid * (long)config.TrainedGrid, config.Width),
            config.TrainedGrid,
            grid,
            config.Width,
            config.Positions
        );

    private Value Block(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        x = g.Add(x, Scaled(g, m["layer_scale1"], Attention(m["attention"], Norm(m["norm1"], x))));
        Value h = Norm(m["norm2"], x);
        return g.Add(x, Scaled(g, m["layer_scale2"], config.IsGated ? Gated(g, m["mlp"], h) : Mlp(g, m["mlp"], h)));
    }

    private Value Attention(Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        Value[] qkv = m["attention"].LinearTogether(x, config.Width, bias: true, "query", "key", "value");
        return m["output"]["dense"].Linear(m.Context.Graph.Attention(qkv[0], qkv[1], qkv[2], config.Heads), config.Width);
    }

    private Value Mlp(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        return m["fc2"].Linear(g.Gelu(m["fc1"].Linear(x, config.HiddenWidth)), config.Width);
    }

    /// <summary>SwiGLU: the SiLU of the first half times the second.</summary>
    private Value Gated(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        int hidden = config.HiddenWidth;
        Value u = m["weights_in"].Linear(x, 2 * hidden);
        return m["weights_out"].Linear(g.Mul(g.Silu(g.Slice(u, -1, 0, hidden)), g.Slice(u, -1, hidden, 2L * hidden)), config.Width);
    }

    /// <summary>LayerScale, in float32 as the stream that the result is added to.</summary>
    private Value Scaled(GraphBuilder g, Module m, Value branch)
    {
        using GraphScope scope = m.Enter();
        return g.Mul(g.Cast(branch, ElementType.Float32), m.Tensor("lambda1", ElementType.Float32, config.Width));
    }

    private Value Norm(Module m, Value x) => m.LayerNorm(x, config.NormEpsilon);
}
