namespace ClipFusion.Models.Checkpoints;

/// <summary>Reads <c>text_encoder/config.json</c> with transformers' defaults for a CLIP text model and refuses other models.</summary>
internal static class DiffusionTextConfigFile
{
    /// <exception cref="FolderException">Malformed or unsupported; names every key.</exception>
    public static DiffusionTextConfig Read(string file)
    {
        PublishedConfig config = PublishedConfig.Open(file);
        config.Word("model_type", "clip_text_model", "clip_text_model");
        int width = config.Integer("hidden_size", 512),
            heads = config.Integer("num_attention_heads", 8);
        config.Check(width % heads == 0, "num_attention_heads", $"a divisor of hidden_size ({width})");

        var text = new DiffusionTextConfig(
            config.Integer("vocab_size", 49408),
            width,
            config.Integer("num_hidden_layers", 12),
            heads,
            config.Integer("intermediate_size", 2048),
            config.Integer("max_position_embeddings", 77, least: 3),
            config.Positive("layer_norm_eps", 1e-5),
            config.Word("hidden_act", "quick_gelu", "gelu", "quick_gelu") == "gelu" ? TextActivation.Gelu : TextActivation.QuickGelu
        );
        config.ThrowIfWrong();
        return text;
    }
}
