using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// Stable Diffusion's denoiser as a feature extractor: cross-attention maps of the state tokens and outputs of the decoder (up) blocks.
/// Nothing after the last decoder block is written, since nothing there is wanted.
/// </summary>
/// <remarks>
/// Rows that share a timestep are one row until the first cross-attention, because nothing before it sees the prompt; up to the first
/// time embedding everything is one row. See <see cref="UnetRows"/> for how rows leave.
/// </remarks>
/// <param name="config">Sizes of the network.</param>
/// <param name="mapsBottleneck">Whether the middle block's cross-attention gives a map too. The method's maps leave it out; the paper
/// compares with it.</param>
public sealed class Unet(UnetConfig config, bool mapsBottleneck = false)
{
    private const double TransformerNormEpsilon = 1e-6;

    private int Blocks => config.BlockOutChannels.Length;

    /// <summary>What one pass gives.</summary>
    /// <param name="Maps">Cross-attention of every mapped layer, in the order of the network.</param>
    /// <param name="Decoder">Raw output of each decoder block (after its upsampler) [rows, C, H, W]; empty where the pass stops at the last
    /// map.</param>
    public sealed record Outputs(IReadOnlyList<LayerMap> Maps, IReadOnlyList<Value> Decoder);

    /// <summary>One layer's map.</summary>
    /// <param name="Layer">Published name of the attention, such as <c>down_blocks.0.attentions.0.transformer_blocks.0.attn2</c>.</param>
    /// <param name="Sums">float32 [rows, H W, 2]: mean over heads of the probabilities times the token weights.</param>
    /// <param name="Height">Rows of its grid.</param>
    /// <param name="Width">Columns of its grid.</param>
    public sealed record LayerMap(string Layer, Value Sums, int Height, int Width);

    /// <summary>Writes the network.</summary>
    /// <param name="context">Weights as diffusers names them.</param>
    /// <param name="sample">[1, in channels, H, W].</param>
    /// <param name="rows">The batch.</param>
    public Outputs Build(NetworkContext context, Value sample, UnetRows rows)
    {
        var pass = new UnetPass(context, config, rows);
        var m = new Module(context, "");
        GraphBuilder g = context.Graph;
        Value x = g.Cast(m["conv_in"].Conv(sample, config.BlockOutChannels[0]), ElementType.Float32);
        pass.Embed(m["time_embedding"]);

        var skips = new Stack<Value>([x]);
        for (int b = 0; b < Blocks; b++)
            x = Down(pass, m["down_blocks"][b], x, b, skips);
        x = Middle(pass, m["mid_block"], x);

        List<Value> decoder = [];
        for (int b = 0; b < Blocks && !pass.Stopped; b++)
        {
            x = Up(pass, m["up_blocks"][b], x, b, skips);
            if (!pass.Stopped)
                decoder.Add(x);
        }

        return new Outputs(pass.Maps, decoder);
    }

    private Value Down(UnetPass pass, Module m, Value x, int block, Stack<Value> skips)
    {
        using GraphScope scope = m.Enter();
        int channels = config.BlockOutChannels[block];
        for (int i = 0; i < config.LayersPerBlock[block]; i++)
        {
            x = Resnet(pass, m["resnets"][i], x, channels);
            if (config.DownBlockHasAttention[block])
                x = Transformer(pass, m["attentions"][i], x, config.HeadCounts[block], MapUse.Take);
            skips.Push(x);
        }

        if (block == Blocks - 1)
            return x;
        x = pass.Graph.Cast(m["downsamplers"][0]["conv"].Conv(x, channels, stride: 2), ElementType.Float32);
        skips.Push(x);
        return x;
    }

    private Value Middle(UnetPass pass, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        int channels = config.BlockOutChannels[^1];
        x = Resnet(pass, m["resnets"][0], x, channels);
        x = Transformer(pass, m["attentions"][0], x, config.HeadCounts[^1], mapsBottleneck ? MapUse.Take : MapUse.None);
        return Resnet(pass, m["resnets"][1], x, channels);
    }

    private Value Up(UnetPass pass, Module m, Value x, int block, Stack<Value> skips)
    {
        using GraphScope scope = m.Enter();
        int level = Blocks - 1 - block,
            channels = config.BlockOutChannels[level],
            resnets = config.LayersPerBlock[level] + 1;
        x = pass.Enter(block, x);
        for (int i = 0; i < resnets; i++)
        {
            x = pass.Graph.Concat(1, x, pass.ForRows(skips.Pop(), x));
            x = Resnet(pass, m["resnets"][i], x, channels);
            if (!config.UpBlockHasAttention[block])
                continue;
            MapUse use = block == LastMappedBlock() && i == resnets - 1 ? MapUse.TakeLast : MapUse.Take;
            x = Transformer(pass, m["attentions"][i], x, config.HeadCounts[level], use);
            if (pass.Stopped)
                return x;
        }

        if (block == Blocks - 1)
            return x;
        Value next = skips.Peek();
        x = pass.Graph.UpsampleNearest(x, next.Fixed(2), next.Fixed(3));
        return pass.Graph.Cast(m["upsamplers"][0]["conv"].Conv(x, channels), ElementType.Float32);
    }

    private Value Resnet(UnetPass pass, Module m, Value x, int channels)
    {
        using GraphScope scope = m.Enter();
        GraphBuilder g = pass.Graph;
        Value h = m["conv1"].Conv(g.Silu(m["norm1"].GroupNorm(x, config.NormGroups, config.NormEps)), channels);
        Value time = m["time_emb_proj"].Linear(pass.TimeFor(x), channels);
        h = g.Add(h, g.Reshape(time, time[0], channels, 1, 1));
        h = m["conv2"].Conv(g.Silu(m["norm2"].GroupNorm(h, config.NormGroups, config.NormEps)), channels);
        return g.AddTo(x.Fixed(1) == channels ? x : g.Cast(m["conv_shortcut"].Conv(x, channels, kernel: 1), ElementType.Float32), h);
    }

    private Value Transformer(UnetPass pass, Module m, Value x, int heads, MapUse use)
    {
        using GraphScope scope = m.Enter();
        GraphBuilder g = pass.Graph;
        int channels = x.Fixed(1),
            height = x.Fixed(2),
            width = x.Fixed(3);
        // The projections in and out are what the float32 residual stream is made of; float16 there would round all of it.
        Value h = m["norm"].GroupNorm(x, config.NormGroups, TransformerNormEpsilon);
        if (!config.UseLinearProjection)
            h = m.Wide["proj_in"].Conv(h, channels, kernel: 1);
        h = g.Transpose(g.Reshape(h, h[0], channels, height * (long)width), 0, 2, 1);
        if (config.UseLinearProjection)
            h = m.Wide["proj_in"].Linear(h, channels);

        Module block = m["transformer_blocks"][0];
        h = g.AddTo(h, SelfAttention(block["attn1"], block["norm1"].LayerNorm(h), heads));

        (h, x) = pass.SplitByPrompt(h, x);
        Value? crossed = pass.CrossAttention(block["attn2"], block["norm2"].LayerNorm(h), heads, use, height, width);
        if (crossed is null)
            return x;
        h = g.AddTo(pass.SameRows(h, crossed), crossed);
        h = g.AddTo(h, FeedForward(g, block["ff"]["net"], block["norm3"].LayerNorm(h)));

        if (config.UseLinearProjection)
            h = m.Wide["proj_out"].Linear(h, channels);
        h = g.Reshape(g.Transpose(h, 0, 2, 1), h[0], channels, height, width);
        if (!config.UseLinearProjection)
            h = m.Wide["proj_out"].Conv(h, channels, kernel: 1);
        return g.AddTo(pass.SameRows(x, h), h);
    }

    private static Value SelfAttention(Module m, Value x, int heads)
    {
        using GraphScope scope = m.Enter();
        int channels = x.Fixed(-1);
        Value[] qkv = m.LinearTogether(x, channels, "to_q", "to_k", "to_v");
        return m["to_out"][0].Linear(m.Context.Graph.Attention(qkv[0], qkv[1], qkv[2], heads), channels);
    }

    /// <summary>GEGLU: the first half times the GELU of the second, then back to the width.</summary>
    private static Value FeedForward(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        int width = x.Fixed(-1),
            inner = 4 * width;
        Value h = m[0]["proj"].Linear(x, 2 * inner);
        return m[2].Linear(g.Mul(g.Slice(h, -1, 0, inner), g.Gelu(g.Slice(h, -1, inner, 2L * inner))), width);
    }

    private int LastMappedBlock() => Array.LastIndexOf(config.UpBlockHasAttention, true);
}
