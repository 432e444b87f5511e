namespace ClipFusion.Tests.Models.Architectures;

/// <summary>Weight folders in the published layouts, much smaller than the golden ones: CLIP 48 pixels in patches of 16, a latent of 16,
/// three levels.</summary>
internal static class TinyFolders
{
    private const int Vocabulary = 793;
    private static readonly int[] Channels = [16, 32, 32];
    private static readonly string[] Down = ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"];
    private static readonly int[] VaeChannels = [8, 8, 8];
    private static readonly int[] Heads = [2, 4, 4];
    private static readonly string[] Up = ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"];

    /// <summary>Writes <c>clip/</c> and <c>sd/</c>.</summary>
    /// <param name="root">A folder.</param>
    /// <param name="edit">Changes tensors: (published name, values).</param>
    /// <param name="legacyVae">Whether the VAE's attention has the older names.</param>
    public static void Write(string root, Action<string, float[]>? edit = null, bool legacyVae = false)
    {
        WriteClip(Path.Combine(root, "clip"), edit);
        WriteUnet(Path.Combine(root, "sd", "unet"), edit);
        WriteVae(Path.Combine(root, "sd", "vae"), edit, legacyVae);
        WriteTextEncoder(Path.Combine(root, "sd", "text_encoder"), edit);
        foreach (string folder in new[] { Path.Combine(root, "clip"), Path.Combine(root, "sd", "tokenizer") })
        {
            Directory.CreateDirectory(folder);
            foreach (string file in new[] { "vocab.json", "merges.txt" })
                File.WriteAllBytes(Path.Combine(folder, file), File.ReadAllBytes(Fixtures.Path("tiny-a", "clip", file)));
        }
    }

    private static void WriteClip(string folder, Action<string, float[]>? edit)
    {
        var w = new TinyWeights(1) { Edit = edit };
        w.Matrix("positional_embedding", 1, 77, 16);
        w.Matrix("text_projection", 1, 16, 24);
        w.Scalar("logit_scale", 3);
        w.Vector("visual.class_embedding", 32);
        w.Matrix("visual.positional_embedding", 1, 10, 32);
        w.Matrix("visual.proj", 1, 32, 24);
        w.Matrix("visual.conv1.weight", 1, 32, 3, 16, 16);
        w.Norm("visual.ln_pre", 32);
        w.Norm("visual.ln_post", 32);
        w.Matrix("token_embedding.weight", 3, Vocabulary, 16);
        w.Norm("ln_final", 16);
        for (int i = 0; i < 3; i++)
            Block(w, $"visual.transformer.resblocks.{i}", 32);
        Block(w, "transformer.resblocks.0", 16);
        w.Write(
            folder,
            "open_clip_model",
            new
            {
                model_cfg = new
                {
                    embed_dim = 24,
                    vision_cfg = new
                    {
                        image_size = 48,
                        layers = 3,
                        width = 32,
                        patch_size = 16,
                        head_width = 16,
                    },
                    text_cfg = new
                    {
                        context_length = 77,
                        vocab_size = Vocabulary,
                        width = 16,
                        heads = 2,
                        layers = 1,
                    },
                },
            },
            "open_clip_config.json"
        );
    }

    private static void Block(TinyWeights w, string path, int width)
    {
        w.Norm($"{path}.ln_1", width);
        w.Matrix($"{path}.attn.in_proj_weight", 1.5, 3 * width, width);
        w.Vector($"{path}.attn.in_proj_bias", 3 * width);
        w.Linear($"{path}.attn.out_proj", width, width);
        w.Norm($"{path}.ln_2", width);
        w.Linear($"{path}.mlp.c_fc", 4 * width, width);
        w.Linear($"{path}.mlp.c_proj", width, 4 * width);
    }

    private static void WriteUnet(string folder, Action<string, float[]>? edit)
    {
        var w = new TinyWeights(2) { Edit = edit };
        var skips = new Stack<int>([Channels[0]]);
        int x = Channels[0];
        w.Conv("conv_in", x, 9);
        w.Linear("time_embedding.linear_1", 64, x);
        w.Linear("time_embedding.linear_2", 64, 64);
        for (int b = 0; b < 3; b++)
        {
            Resnet(w, $"down_blocks.{b}.resnets.0", x, Channels[b], time: true);
            skips.Push(x = Channels[b]);
            if (Down[b].StartsWith("Cross", StringComparison.Ordinal))
                Transformer(w, $"down_blocks.{b}.attentions.0", x);
            if (b == 2)
                continue;
            w.Conv($"down_blocks.{b}.downsamplers.0.conv", x, x);
            skips.Push(x);
        }

        for (int i = 0; i < 2; i++)
            Resnet(w, $"mid_block.resnets.{i}", x, x, time: true);
        Transformer(w, "mid_block.attentions.0", x);
        for (int b = 0; b < 3; b++)
        {
            for (int i = 0; i < 2; i++)
            {
                Resnet(w, $"up_blocks.{b}.resnets.{i}", x + skips.Pop(), Channels[2 - b], time: true);
                x = Channels[2 - b];
                if (Up[b].StartsWith("Cross", StringComparison.Ordinal))
                    Transformer(w, $"up_blocks.{b}.attentions.{i}", x);
            }

            if (b < 2)
                w.Conv($"up_blocks.{b}.upsamplers.0.conv", x, x);
        }

        w.Write(
            folder,
            "diffusion_pytorch_model",
            new
            {
                sample_size = 16,
                in_channels = 9,
                out_channels = 4,
                layers_per_block = 1,
                block_out_channels = Channels,
                attention_head_dim = Heads,
                cross_attention_dim = 24,
                norm_num_groups = 8,
                use_linear_projection = true,
                down_block_types = Down,
                up_block_types = Up,
            }
        );
    }

    private static void Transformer(TinyWeights w, string path, int channels)
    {
        string block = $"{path}.transformer_blocks.0";
        w.Norm($"{path}.norm", channels);
        w.Linear($"{path}.proj_in", channels, channels);
        w.Linear($"{path}.proj_out", channels, channels);
        for (int i = 1; i <= 3; i++)
            w.Norm($"{block}.norm{i}", channels);
        foreach ((string attention, int context) in new[] { ("attn1", channels), ("attn2", 24) })
        {
            w.Linear($"{block}.{attention}.to_q", channels, channels, bias: false, gain: 1.5);
            w.Linear($"{block}.{attention}.to_k", channels, context, bias: false, gain: 1.5);
            w.Linear($"{block}.{attention}.to_v", channels, context, bias: false);
            w.Linear($"{block}.{attention}.to_out.0", channels, channels);
        }

        w.Linear($"{block}.ff.net.0.proj", 8 * channels, channels);
        w.Linear($"{block}.ff.net.2", channels, 4 * channels);
    }

    private static void Resnet(TinyWeights w, string path, int inputs, int outputs, bool time)
    {
        w.Norm($"{path}.norm1", inputs);
        w.Conv($"{path}.conv1", outputs, inputs);
        w.Norm($"{path}.norm2", outputs);
        w.Conv($"{path}.conv2", outputs, outputs);
        if (time)
            w.Linear($"{path}.time_emb_proj", outputs, 64);
        if (inputs != outputs)
            w.Conv($"{path}.conv_shortcut", outputs, inputs, 1);
    }

    private static void WriteVae(string folder, Action<string, float[]>? edit, bool legacy)
    {
        var w = new TinyWeights(3) { Edit = edit };
        w.Conv("encoder.conv_in", 8, 3);
        for (int b = 0; b < 3; b++)
        {
            Resnet(w, $"encoder.down_blocks.{b}.resnets.0", 8, 8, time: false);
            if (b < 2)
                w.Conv($"encoder.down_blocks.{b}.downsamplers.0.conv", 8, 8);
        }

        for (int i = 0; i < 2; i++)
            Resnet(w, $"encoder.mid_block.resnets.{i}", 8, 8, time: false);
        w.Norm("encoder.mid_block.attentions.0.group_norm", 8);
        string[] names = legacy ? ["query", "key", "value", "proj_attn"] : ["to_q", "to_k", "to_v", "to_out.0"];
        foreach (string name in names)
            w.Linear($"encoder.mid_block.attentions.0.{name}", 8, 8);
        w.Norm("encoder.conv_norm_out", 8);
        w.Conv("encoder.conv_out", 8, 8);
        w.Conv("quant_conv", 8, 8, 1);
        w.Write(
            folder,
            "diffusion_pytorch_model",
            new
            {
                block_out_channels = VaeChannels,
                layers_per_block = 1,
                latent_channels = 4,
                norm_num_groups = 4,
                scaling_factor = 0.2,
                down_block_types = Enumerable.Repeat("DownEncoderBlock2D", 3),
            }
        );
    }

    private static void WriteTextEncoder(string folder, Action<string, float[]>? edit)
    {
        var w = new TinyWeights(4) { Edit = edit };
        w.Matrix("text_model.embeddings.token_embedding.weight", 3, Vocabulary, 24);
        w.Matrix("text_model.embeddings.position_embedding.weight", 1, 77, 24);
        const string Layer = "text_model.encoder.layers.0";
        foreach (string name in new[] { "q_proj", "k_proj", "v_proj", "out_proj" })
            w.Linear($"{Layer}.self_attn.{name}", 24, 24);
        w.Norm($"{Layer}.layer_norm1", 24);
        w.Norm($"{Layer}.layer_norm2", 24);
        w.Linear($"{Layer}.mlp.fc1", 48, 24);
        w.Linear($"{Layer}.mlp.fc2", 24, 48);
        w.Norm("text_model.final_layer_norm", 24);
        w.Write(
            folder,
            "model",
            new
            {
                model_type = "clip_text_model",
                hidden_act = "gelu",
                max_position_embeddings = 77,
                vocab_size = Vocabulary,
                hidden_size = 24,
                num_attention_heads = 3,
                num_hidden_layers = 1,
                intermediate_size = 48,
            }
        );
    }
}
