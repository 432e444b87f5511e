namespace ClipFusion.Models.Checkpoints;

/// <summary>Reads <c>unet/config.json</c> with diffusers' defaults and refuses every variant whose numbers would differ (SDXL,
/// class-conditioned and image-conditioned denoisers among them).</summary>
internal static class UnetConfigFile
{
    private const string AttentionDown = "CrossAttnDownBlock2D",
        PlainDown = "DownBlock2D";
    private const string AttentionUp = "CrossAttnUpBlock2D",
        PlainUp = "UpBlock2D";

    /// <exception cref="FolderException">Malformed or unsupported; names every key.</exception>
    public static UnetConfig Read(string file)
    {
        PublishedConfig config = PublishedConfig.Open(file);
        RefuseVariants(config);

        int[] channels = config.Integers("block_out_channels", [320, 640, 1280, 1280]);
        int blocks = channels.Length,
            groups = config.Integer("norm_num_groups", 32);
        int[] heads = config.PerBlock(config.Has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim", blocks, 8);
        string[] down = config.Words(
            "down_block_types",
            [AttentionDown, AttentionDown, AttentionDown, PlainDown],
            AttentionDown,
            PlainDown
        );
        string[] up = config.Words("up_block_types", [PlainUp, AttentionUp, AttentionUp, AttentionUp], AttentionUp, PlainUp);
        int inChannels = config.Integer("in_channels", 4);

        config.Check(inChannels is 4 or 9, "in_channels", "4, or 9 for inpainting");
        config.Check(down.Length == blocks, "down_block_types", $"one for each of the {blocks} block_out_channels");
        config.Check(up.Length == blocks, "up_block_types", $"one for each of the {blocks} block_out_channels");
        config.Check(channels.All(c => c % groups == 0), "norm_num_groups", "a divisor of every one of block_out_channels");
        config.Check(
            channels.Zip(heads).All(p => p.First % p.Second == 0),
            "attention_head_dim",
            "head counts that divide block_out_channels"
        );

        var unet = new UnetConfig(
            config.Side("sample_size"),
            inChannels,
            channels,
            config.PerBlock("layers_per_block", blocks, 2),
            heads,
            ReadCrossAttentionDim(config, blocks),
            groups,
            config.Positive("norm_eps", 1e-5),
            config.Flag("use_linear_projection", false),
            [.. down.Select(t => t == AttentionDown)],
            [.. up.Select(t => t == AttentionUp)],
            config.Flag("flip_sin_to_cos", true),
            config.Integer("freq_shift", 0, least: 0)
        );
        config.ThrowIfWrong();
        return unet;
    }

    private static int ReadCrossAttentionDim(PublishedConfig config, int blocks)
    {
        int[] widths = config.PerBlock("cross_attention_dim", blocks, 1280);
        config.Check(widths.Distinct().Count() == 1, "cross_attention_dim", "the same width for every block");
        return widths[0];
    }

    private static void RefuseVariants(PublishedConfig config)
    {
        config.Word("_class_name", "UNet2DConditionModel", "UNet2DConditionModel");
        config.Word("mid_block_type", "UNetMidBlock2DCrossAttn", "UNetMidBlock2DCrossAttn");
        config.Word("act_fn", "silu", "silu", "swish");
        config.Word("resnet_time_scale_shift", "default", "default");
        config.Word("time_embedding_type", "positional", "positional");
        config.Word("attention_type", "default", "default");
        config.OnlyNumber("out_channels", 4);
        config.OnlyNumber("transformer_layers_per_block", 1);
        config.OnlyNumber("mid_block_scale_factor", 1);
        config.OnlyNumber("downsample_padding", 1);
        config.OnlyNumber("conv_in_kernel", 3);
        config.OnlyNumber("conv_out_kernel", 3);
        config.OnlyNumber("resnet_out_scale_factor", 1);
        config.OnlyOff(
            "center_input_sample",
            "only_cross_attention",
            "mid_block_only_cross_attention",
            "dual_cross_attention",
            "cross_attention_norm",
            "reverse_transformer_layers_per_block",
            "addition_embed_type",
            "class_embed_type",
            "num_class_embeds",
            "class_embeddings_concat",
            "encoder_hid_dim",
            "encoder_hid_dim_type",
            "resnet_skip_time_act",
            "time_embedding_dim",
            "time_embedding_act_fn",
            "timestep_post_act",
            "time_cond_proj_dim"
        );
    }
}
