using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Architectures;

/// <summary>Stable Diffusion's VAE encoder: pixels in, the mean of the latent distribution times the scaling factor out. Always
/// float32.</summary>
/// <param name="config">Sizes of the encoder.</param>
public sealed class VaeEncoder(VaeConfig config)
{
    private const double Epsilon = 1e-6;

    /// <summary>Writes the encoder.</summary>
    /// <param name="context">Weights as diffusers names them, either spelling of the attention.</param>
    /// <param name="pixels">uint8 [N, S, S, 3].</param>
    /// <returns>Latent [N, latent channels, S / f, S / f].</returns>
    public Value Build(NetworkContext context, Value pixels)
    {
        GraphBuilder g = context.Graph;
        var root = new Module(context, "");
        Module m = root["encoder"];
        int[] channels = config.BlockOutChannels;

        Value x = g.Transpose(g.Cast(pixels, ElementType.Float32), 0, 3, 1, 2);
        x = g.Shift(g.Scale(g.Div(x, g.Scalar(ElementType.Float32, 255)), 2), -1);
        x = m["conv_in"].Conv(x, channels[0]);
        for (int b = 0; b < channels.Length; b++)
        {
            Module block = m["down_blocks"][b];
            for (int i = 0; i < config.LayersPerBlock; i++)
                x = Resnet(g, block["resnets"][i], x, channels[b]);
            if (b < channels.Length - 1)
                x = block["downsamplers"][0]["conv"].Conv(x, channels[b], stride: 2, padding: (0, 0, 1, 1));
        }

        Module mid = m["mid_block"];
        x = Resnet(g, mid["resnets"][0], x, channels[^1]);
        x = Attention(g, mid["attentions"][0], x);
        x = Resnet(g, mid["resnets"][1], x, channels[^1]);

        x = m["conv_out"].Conv(g.Silu(m["conv_norm_out"].GroupNorm(x, config.NormGroups, Epsilon)), 2 * config.LatentChannels);
        x = root["quant_conv"].Conv(x, 2 * config.LatentChannels, kernel: 1);
        return g.Scale(g.Slice(x, 1, 0, config.LatentChannels), config.ScalingFactor);
    }

    private Value Resnet(GraphBuilder g, Module m, Value x, int channels)
    {
        using GraphScope scope = m.Enter();
        Value h = m["conv1"].Conv(g.Silu(m["norm1"].GroupNorm(x, config.NormGroups, Epsilon)), channels);
        h = m["conv2"].Conv(g.Silu(m["norm2"].GroupNorm(h, config.NormGroups, Epsilon)), channels);
        return g.Add(x.Fixed(1) == channels ? x : m["conv_shortcut"].Conv(x, channels, kernel: 1), h);
    }

    /// <summary>Self-attention over all positions with one head.</summary>
    private Value Attention(GraphBuilder g, Module m, Value x)
    {
        using GraphScope scope = m.Enter();
        int channels = x.Fixed(1),
            height = x.Fixed(2),
            width = x.Fixed(3);
        bool current = m.Has("to_q.weight");
        (string q, string k, string v, string o) = current ? ("to_q", "to_k", "to_v", "to_out.0") : ("query", "key", "value", "proj_attn");

        Value h = m["group_norm"].GroupNorm(x, config.NormGroups, Epsilon);
        h = g.Transpose(g.Reshape(h, h[0], channels, height * (long)width), 0, 2, 1);
        h = g.Attention(m[q].Linear(h, channels), m[k].Linear(h, channels), m[v].Linear(h, channels), heads: 1);
        h = g.Transpose(m[o].Linear(h, channels), 0, 2, 1);
        return g.Add(x, g.Reshape(h, h[0], channels, height, width));
    }
}
