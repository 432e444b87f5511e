namespace ClipFusion.Models.Checkpoints;

/// <summary>Reads <c>vae/config.json</c> with diffusers' defaults (Stable Diffusion's sample size) and refuses every variant whose latent
/// would differ. What only the decoder uses is not looked at.</summary>
internal static class VaeConfigFile
{
    /// <exception cref="FolderException">Malformed or unsupported; names every key.</exception>
    public static VaeConfig Read(string file)
    {
        PublishedConfig config = PublishedConfig.Open(file);
        config.Word("_class_name", "AutoencoderKL", "AutoencoderKL");
        config.Word("act_fn", "silu", "silu", "swish");
        config.Check(config.Flag("use_quant_conv", true), "use_quant_conv", "true");
        config.Check(config.Flag("mid_block_add_attention", true), "mid_block_add_attention", "true");
        config.OnlyNumber("in_channels", 3);
        config.OnlyNumber("shift_factor", 0);
        config.OnlyOff("latents_mean", "latents_std");

        int[] channels = config.Integers("block_out_channels", [64]);
        int groups = config.Integer("norm_num_groups", 32);
        string[] down = config.Words("down_block_types", ["DownEncoderBlock2D"], "DownEncoderBlock2D");
        config.Check(down.Length == channels.Length, "down_block_types", $"one for each of the {channels.Length} block_out_channels");
        config.Check(channels.All(c => c % groups == 0), "norm_num_groups", "a divisor of every one of block_out_channels");

        var vae = new VaeConfig(
            3,
            config.Integer("latent_channels", 4),
            channels,
            config.Integer("layers_per_block", 1),
            groups,
            config.Positive("scaling_factor", 0.18215),
            config.Side("sample_size", 512)
        );
        config.ThrowIfWrong();
        return vae;
    }
}
