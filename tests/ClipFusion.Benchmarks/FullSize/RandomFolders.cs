using ClipFusion.Foundation.Files;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;

namespace ClipFusion.Benchmarks.FullSize;

/// <summary>The published configuration files that name an architecture.</summary>
/// <param name="OpenClip">open_clip_config.json.</param>
/// <param name="Unet">unet/config.json.</param>
/// <param name="Vae">vae/config.json.</param>
/// <param name="TextEncoder">text_encoder/config.json.</param>
internal sealed record Architecture(string OpenClip, string Unet, string Vae, string TextEncoder);

/// <summary>Writes weight folders in the published layouts with random weights, for measuring speed and memory at full
/// size.</summary>
internal static class RandomFolders
{
    /// <summary>Writes both folders.</summary>
    /// <param name="folder">Receives <c>clip/</c> and <c>sd/</c>.</param>
    /// <param name="architecture">What to write weights for.</param>
    /// <param name="vocabulary">vocab.json and merges.txt of both tokenisers.</param>
    /// <param name="seed">Any number; the same seed gives the same bytes.</param>
    /// <param name="type"><see cref="TensorType.Float32"/> or <see cref="TensorType.Float16"/>.</param>
    /// <exception cref="FolderException">A configuration is not one that we support.</exception>
    public static void Write(
        string folder,
        Architecture architecture,
        (string VocabJson, string Merges) vocabulary,
        ulong seed,
        TensorType type
    )
    {
        ArgumentNullException.ThrowIfNull(architecture);
        string clip = Path.Combine(folder, "clip"),
            sd = Path.Combine(folder, "sd");
        Put(Path.Combine(clip, "open_clip_config.json"), architecture.OpenClip);
        Put(Path.Combine(sd, "unet", "config.json"), architecture.Unet);
        Put(Path.Combine(sd, "vae", "config.json"), architecture.Vae);
        Put(Path.Combine(sd, "text_encoder", "config.json"), architecture.TextEncoder);
        foreach (string tokenizer in (string[])[clip, Path.Combine(sd, "tokenizer")])
        {
            Put(Path.Combine(tokenizer, "vocab.json"), vocabulary.VocabJson);
            Put(Path.Combine(tokenizer, "merges.txt"), vocabulary.Merges);
        }

        OpenClipConfig clipConfig = OpenClipConfigFile.Read(Path.Combine(clip, "open_clip_config.json"));
        var factory = new GraphFactory(
            clipConfig,
            UnetConfigFile.Read(Path.Combine(sd, "unet", "config.json")),
            VaeConfigFile.Read(Path.Combine(sd, "vae", "config.json")),
            DiffusionTextConfigFile.Read(Path.Combine(sd, "text_encoder", "config.json")),
            1,
            [clipConfig.Vision.Layers],
            ElementType.Float32
        );

        Record(
            Path.Combine(clip, "open_clip_model.safetensors"),
            (g, w, s) => factory.ClipImage(g, w, s, debug: false),
            (g, w, s) =>
            {
                factory.ClipText(g, w, s);
                w.Require("logit_scale");
            }
        );
        Record(Path.Combine(sd, "text_encoder", "model.safetensors"), factory.DiffusionText);
        Record(Path.Combine(sd, "vae", "diffusion_pytorch_model.safetensors"), factory.VaeEncoder);
        Record(
            Path.Combine(sd, "unet", "diffusion_pytorch_model.safetensors"),
            (g, w, s) => factory.MapDiff(g, w, s, features: true, debug: false)
        );

        void Record(string path, params Action<GraphBuilder, IWeights, ExternalWeightFile>[] networks)
        {
            var weights = new RandomWeights(seed);
            using ExternalWeightFile nowhere = ExternalWeightFile.Discarding();
            foreach (Action<GraphBuilder, IWeights, ExternalWeightFile> network in networks)
                network(new GraphBuilder("recording", GraphTarget.OnnxRuntime), weights, nowhere);
            weights.Save(path, type);
        }
    }

    private static void Put(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Durability.Process, text);
    }
}
