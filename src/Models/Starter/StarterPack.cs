using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;

namespace ClipFusion.Models.Starter;

/// <summary>
/// The pack that everybody has. CLIP and the denoiser are small networks that tools/starter trains on drawn parts and that come with the
/// program; the backbone is a ResNet-18 trained on ImageNet.
/// </summary>
public static class StarterPack
{
    /// <summary>What the pack says about itself.</summary>
    public const string Notice =
        "Starter pack: small CLIP and diffusion networks trained on drawn parts, and a ResNet-18 trained on ImageNet; good for trying and "
        + "for even surfaces, no replacement for the published weights. Build a pack from those to inspect parts.";

    // The only one of its evidences that has seen photographs. On a drawn line (docs/evaluation.md) a larger weight makes image scores
    // better and maps worse; here both are above the backbone's alone.
    private const double BackboneWeight = 10;

    // A small transformer learns slowly: its CLIP knows less than its denoiser, which has the larger share of map and score.
    private const double AlphaSegmentation = 0.1;
    private const double AlphaClassification = 0.25;

    private static readonly WeightOrigin Origin = new("CC0-1.0", null);

    /// <summary>The weight folders beside the program, <c>clip</c> and <c>sd</c> in the published layouts.</summary>
    public static string WeightsFolder => Path.Combine(AppContext.BaseDirectory, "starter");

    /// <summary>Builds the pack.</summary>
    /// <param name="target">A folder that does not exist or is empty.</param>
    /// <param name="progress">Told each step; null for silence.</param>
    /// <param name="record">Adds the golden outputs; null for a pack that only the CPU may run.</param>
    /// <param name="cancellation">Checked between steps.</param>
    /// <exception cref="PackException">The folder is taken, or the file of <see cref="ResNet18"/> is not beside the program.</exception>
    /// <exception cref="FolderException"><see cref="WeightsFolder"/> is incomplete or damaged.</exception>
    public static PackManifest Build(
        string target,
        IProgress<string>? progress = null,
        PackRecorder? record = null,
        CancellationToken cancellation = default
    )
    {
        using OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(WeightsFolder, "clip"));
        using DiffusionFolder diffusion = DiffusionFolder.Open(Path.Combine(WeightsFolder, "sd"));
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
                Weights: PackWeights.DrawnParts
            )
            {
                AlphaSegmentation = AlphaSegmentation,
                AlphaClassification = AlphaClassification,
                BackboneWeight = BackboneWeight,
                BackboneWeights = PackWeights.Published,
            },
            progress,
            cancellation
        );
    }
}
