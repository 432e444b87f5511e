using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Starter;

/// <summary>
/// The pack that everybody has. CLIP and the denoiser are small networks with random weights from a fixed seed, whose branches mean next to
/// nothing; the backbone is a ResNet-18 trained on ImageNet, and what the pack can really see with.
/// </summary>
public static class StarterPack
{
    /// <summary>What the pack says about itself.</summary>
    public const string Notice =
        "Starter pack: CLIP and the denoiser have untrained random weights, so that their branches mean next to nothing; its backbone is a "
        + "ResNet-18 trained on ImageNet, good for trying and for even surfaces. Build a pack from published weights to inspect parts.";

    // The only one of its evidences that was trained, so it counts as much as all the others together.
    private const double BackboneWeight = 1;
    private const ulong Seed = 2026;

    private static readonly WeightOrigin Origin = new("CC0-1.0", null); // Numbers from a seed: nobody's work.

    /// <summary>Builds the pack.</summary>
    /// <param name="target">A folder that does not exist or is empty.</param>
    /// <param name="progress">Told each step; null for silence.</param>
    /// <param name="record">Adds the golden outputs; null for a pack that only the CPU may run.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="PackException">The folder is taken, or the file of <see cref="ResNet18"/> is not beside the program.</exception>
    public static PackManifest Build(
        string target,
        IProgress<string>? progress = null,
        PackRecorder? record = null,
        CancellationToken cancellation = default
    )
    {
        string working = Directory.CreateTempSubdirectory("clipfusion-starter-").FullName;
        try
        {
            progress?.Report("random weights");
            (string VocabJson, string Merges) vocabulary = StarterVocabulary.Create();
            RandomFolders.Write(working, Sizes(StarterVocabulary.Count(vocabulary.VocabJson)), vocabulary, Seed, TensorType.Float32);
            using OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(working, "clip"));
            using DiffusionFolder diffusion = DiffusionFolder.Open(Path.Combine(working, "sd"));
            using PackBackbone backbone = ResNet18.Open();
            return PackBuilder.Build(
                new PackParts(clip, diffusion, backbone),
                target,
                new PackOptions(
                    Name: "starter",
                    Notice: Notice,
                    ClipOrigin: Origin,
                    DiffusionOrigin: Origin,
                    Record: record,
                    Weights: PackWeights.Random
                )
                {
                    BackboneWeight = BackboneWeight,
                    BackboneWeights = PackWeights.Published,
                },
                progress,
                cancellation
            );
        }
        finally
        {
            Directory.Delete(working, recursive: true);
        }
    }

    private static Architecture Sizes(int vocabularySize) =>
        new(
            $$"""
            {
              "model_cfg": {
                "embed_dim": 64,
                "vision_cfg": { "image_size": 240, "layers": 4, "width": 128, "patch_size": 16, "head_width": 64 },
                "text_cfg": { "context_length": 77, "vocab_size": {{vocabularySize}}, "width": 64, "heads": 2, "layers": 2 }
              }
            }
            """,
            """
            {
              "_class_name": "UNet2DConditionModel", "sample_size": 32, "in_channels": 9, "out_channels": 4, "layers_per_block": 1,
              "block_out_channels": [16, 32, 48, 48], "attention_head_dim": [2, 2, 3, 3], "cross_attention_dim": 64, "norm_num_groups": 8, "norm_eps": 1e-05,
              "use_linear_projection": true, "act_fn": "silu", "flip_sin_to_cos": true, "freq_shift": 0,
              "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
              "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
            }
            """,
            """
            {
              "_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3, "latent_channels": 4, "block_out_channels": [16, 32, 32, 32], "layers_per_block": 1,
              "norm_num_groups": 8, "sample_size": 256, "act_fn": "silu", "scaling_factor": 0.18215,
              "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"]
            }
            """,
            $$"""
            {
              "model_type": "clip_text_model", "hidden_act": "gelu", "layer_norm_eps": 1e-05, "max_position_embeddings": 77, "vocab_size": {{vocabularySize}},
              "hidden_size": 64, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 256
            }
            """
        );
}
