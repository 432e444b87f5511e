namespace ClipFusion.Models.Checkpoints;

/// <summary>Reads <c>open_clip_config.json</c> with OpenCLIP's defaults and refuses every variant whose numbers would differ from the two
/// plain towers that are built here.</summary>
internal static class OpenClipConfigFile
{
    private static readonly float[] ClipMean = [0.48145466f, 0.4578275f, 0.40821073f];
    private static readonly float[] ClipStd = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <exception cref="FolderException">Malformed or unsupported; names every key.</exception>
    public static OpenClipConfig Read(string file)
    {
        PublishedConfig root = PublishedConfig.Open(file);
        PublishedConfig model = root.Section("model_cfg", required: true);
        model.OnlyOff("custom_text", "multimodal_cfg", "init_logit_bias");
        PublishedConfig pixels = root.Section("preprocess_cfg", required: false);
        pixels.Word("interpolation", "bicubic", "bicubic");
        pixels.Word("mode", "RGB", "RGB");

        var config = new OpenClipConfig(
            model.Integer("embed_dim"),
            ReadVision(model.Section("vision_cfg", required: true)),
            ReadText(model.Section("text_cfg", required: true)),
            model.Flag("quick_gelu", false),
            pixels.Triple("mean", ClipMean),
            pixels.Triple("std", ClipStd)
        );
        pixels.Check(config.Std.All(s => s > 0), "std", "three numbers above 0");
        root.ThrowIfWrong();
        return config;
    }

    private static VisionTowerConfig ReadVision(PublishedConfig vision)
    {
        vision.OnlyOff("timm_model_name", "attentional_pool", "no_ln_pre", "final_ln_after_pool", "global_average_pool", "input_patchnorm");
        vision.Word("pos_embed_type", "learnable", "learnable");
        vision.Word("pool_type", "tok", "tok");
        RefuseBlockVariants(vision);

        int width = vision.Integer("width", 768),
            headWidth = vision.Integer("head_width", 64);
        int size = vision.Side("image_size", 224),
            patch = vision.Side("patch_size", 16);
        int layers = vision.Integer("layers", 12, what: "one block count (a transformer, not a ResNet), an integer");
        vision.Check(
            width % headWidth == 0,
            vision.Has("head_width") ? "head_width" : "width",
            $"a width that its heads (of {headWidth}) divide"
        );
        vision.Check(size % patch == 0, "image_size", $"a multiple of patch_size ({patch})");
        int mlp = (int)(width * vision.Positive("mlp_ratio", 4));
        vision.Check(mlp > 0, "mlp_ratio", "a ratio that leaves at least one channel");
        return new VisionTowerConfig(size, layers, width, patch, width / headWidth, mlp);
    }

    private static TextTowerConfig ReadText(PublishedConfig text)
    {
        text.OnlyOff(
            "hf_model_name",
            "hf_tokenizer_name",
            "tokenizer_kwargs",
            "embed_cls",
            "no_causal_mask",
            "final_ln_after_pool",
            "proj_bias"
        );
        text.Word("pool_type", "argmax", "argmax");
        text.Word("proj_type", "linear", "linear");
        RefuseBlockVariants(text);

        int width = text.Integer("width", 512),
            heads = text.Integer("heads", 8);
        text.Check(width % heads == 0, "heads", $"a divisor of width ({width})");
        int mlp = (int)(width * text.Positive("mlp_ratio", 4));
        text.Check(mlp > 0, "mlp_ratio", "a ratio that leaves at least one channel");
        return new TextTowerConfig(
            text.Integer("context_length", 77, least: 3),
            text.Integer("vocab_size", 49408),
            width,
            heads,
            text.Integer("layers", 12),
            mlp
        );
    }

    /// <summary>Layer scale, other activations and norms, and the attention variants of newer OpenCLIP blocks.</summary>
    private static void RefuseBlockVariants(PublishedConfig tower)
    {
        tower.OnlyOff(
            "ls_init_value",
            "act_kwargs",
            "norm_kwargs",
            "qk_norm",
            "scaled_cosine_attn",
            "scale_heads",
            "scale_attn_inner",
            "scale_attn",
            "scale_fc"
        );
        if (tower.Has("block_type"))
            tower.Word("block_type", "default", "default");
    }
}
