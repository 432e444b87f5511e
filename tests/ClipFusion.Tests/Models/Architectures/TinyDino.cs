namespace ClipFusion.Tests.Models.Architectures;

/// <summary>Random DINOv2 folders of any shape.</summary>
internal sealed record TinyDino(
    int Width = 32,
    int Depth = 2,
    int Heads = 4,
    int Patch = 8,
    int Grid = 3,
    int Registers = 0,
    bool Gated = false
)
{
    /// <summary>Writes the folder in Hugging Face's layout.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="prefix">Put before every name, as checkpoints for classification have it.</param>
    /// <param name="edit">Changes the configuration.</param>
    /// <param name="leaveOut">A tensor that is not written, by its name without prefix.</param>
    public void Write(string folder, string prefix = "", Action<Dictionary<string, object>>? edit = null, string? leaveOut = null)
    {
        TinyWeights w = new(5) { Skip = name => leaveOut is not null && name == prefix + leaveOut };
        string e = $"{prefix}embeddings.";
        w.Matrix($"{e}cls_token", 1, 1, 1, Width);
        w.Matrix($"{e}mask_token", 1, 1, Width);
        w.Matrix($"{e}position_embeddings", 1, 1, 1 + Grid * Grid, Width);
        if (Registers > 0)
            w.Matrix($"{e}register_tokens", 1, 1, Registers, Width);
        w.Conv($"{e}patch_embeddings.projection", Width, 3, Patch);
        for (int i = 0; i < Depth; i++)
        {
            string b = $"{prefix}encoder.layer.{i}.";
            w.Norm($"{b}norm1", Width);
            w.Norm($"{b}norm2", Width);
            foreach (string name in (string[])["query", "key", "value"])
                w.Linear($"{b}attention.attention.{name}", Width, Width, gain: 1.5);
            w.Linear($"{b}attention.output.dense", Width, Width);
            w.Vector($"{b}layer_scale1.lambda1", Width, 0.5);
            w.Vector($"{b}layer_scale2.lambda1", Width, 0.5);
            w.Linear($"{b}{(Gated ? "mlp.weights_in" : "mlp.fc1")}", 2 * Width, Width);
            w.Linear($"{b}{(Gated ? "mlp.weights_out" : "mlp.fc2")}", Width, Gated ? Width : 2 * Width);
        }

        w.Norm($"{prefix}layernorm", Width);
        if (prefix.Length > 0)
            w.Linear("classifier", 10, 2 * Width);
        var config = new Dictionary<string, object>
        {
            ["model_type"] = Registers > 0 ? "dinov2_with_registers" : "dinov2",
            ["hidden_size"] = Width,
            ["num_hidden_layers"] = Depth,
            ["num_attention_heads"] = Heads,
            ["patch_size"] = Patch,
            ["image_size"] = Grid * Patch,
            ["use_swiglu_ffn"] = Gated,
        };
        if (Registers > 0)
            config["num_register_tokens"] = Registers;
        edit?.Invoke(config);
        w.Write(folder, "model", config);
    }
}
