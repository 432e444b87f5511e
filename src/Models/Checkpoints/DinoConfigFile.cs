namespace ClipFusion.Models.Checkpoints;

/// <summary>Reads the <c>config.json</c> of a DINOv2 folder in Hugging Face's layout, and refuses what would compute something
/// else.</summary>
internal static class DinoConfigFile
{
    private const string Plain = "dinov2",
        WithRegisters = "dinov2_with_registers";

    // transformers' default of this very model; its other models have others.
    private const double DefaultEpsilon = 1e-6;

    /// <summary>The configuration; <see cref="DinoConfig.TrainedGrid"/> and <see cref="DinoConfig.HiddenWidth"/> are 0, because tensors
    /// say them.</summary>
    /// <exception cref="FolderException">Malformed or unsupported; names every key.</exception>
    public static DinoConfig Read(string file)
    {
        PublishedConfig root = PublishedConfig.Open(file);
        if (!root.Has("model_type"))
            root.Problem("model_type", $"{Plain} or {WithRegisters}");
        bool hasRegisters = root.Word("model_type", Plain, Plain, WithRegisters) == WithRegisters;
        root.Word("hidden_act", "gelu", "gelu");
        root.OnlyNumber("num_channels", 3);
        root.Check(root.Flag("qkv_bias", true), "qkv_bias", "true");
        int width = root.Integer("hidden_size", 768),
            heads = root.Integer("num_attention_heads", 12);
        root.Check(width % heads == 0, "num_attention_heads", $"a divisor of hidden_size ({width})");
        var config = new DinoConfig(
            width,
            root.Integer("num_hidden_layers", 12),
            heads,
            root.Side("patch_size", 14),
            0,
            hasRegisters ? root.Integer("num_register_tokens", 4, least: 0) : 0,
            0,
            root.Flag("use_swiglu_ffn", false),
            root.Positive("layer_norm_eps", DefaultEpsilon),
            hasRegisters ? DinoPositions.WithRegisters : DinoPositions.Plain
        );
        root.ThrowIfWrong();
        return config;
    }
}
