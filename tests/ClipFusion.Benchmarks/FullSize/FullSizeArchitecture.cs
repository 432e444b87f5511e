namespace ClipFusion.Benchmarks.FullSize;

/// <summary>The published sizes: OpenCLIP ViT-B-16-plus-240 and Stable Diffusion 2 inpainting.</summary>
internal static class FullSizeArchitecture
{
    public static Architecture Create() =>
        new(
            """
            {
              "model_cfg": {
                "embed_dim": 640,
                "vision_cfg": { "image_size": 240, "layers": 12, "width": 896, "patch_size": 16 },
                "text_cfg": { "context_length": 77, "vocab_size": 49408, "width": 640, "heads": 10, "layers": 12 }
              }
            }
            """,
            """
            {
              "_class_name": "UNet2DConditionModel", "sample_size": 64, "in_channels": 9, "out_channels": 4, "layers_per_block": 2,
              "block_out_channels": [320, 640, 1280, 1280], "attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024, "norm_num_groups": 32, "norm_eps": 1e-05,
              "use_linear_projection": true, "act_fn": "silu", "flip_sin_to_cos": true, "freq_shift": 0, "dual_cross_attention": false,
              "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
              "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
            }
            """,
            """
            {
              "_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3, "latent_channels": 4, "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2,
              "norm_num_groups": 32, "sample_size": 512, "act_fn": "silu",
              "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"]
            }
            """,
            """
            {
              "model_type": "clip_text_model", "hidden_act": "gelu", "layer_norm_eps": 1e-05, "max_position_embeddings": 77, "vocab_size": 49408,
              "hidden_size": 1024, "num_attention_heads": 16, "num_hidden_layers": 23, "intermediate_size": 4096
            }
            """
        );
}
