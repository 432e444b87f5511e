using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Pack;

/// <summary>The networks of a pack: CLIP and a diffusion model, a backbone, or all three.</summary>
/// <param name="Clip">OpenCLIP weights; null in a pack of a backbone alone.</param>
/// <param name="Diffusion">Stable Diffusion weights; null in a pack of a backbone alone.</param>
/// <param name="Backbone">The backbone; null in a pack without one.</param>
public sealed record PackParts(OpenClipFolder? Clip, DiffusionFolder? Diffusion, PackBackbone? Backbone);

/// <summary>How a pack is built.</summary>
/// <param name="Precision">Element type of products and activations.</param>
/// <param name="VvStart">First block with value-value attention, 1 to the tower's last.</param>
/// <param name="ClipBlocks">Blocks whose features come out, from 1; null takes the half and three quarters of the tower (6 and 9 of
/// 12).</param>
/// <param name="Name">The pack's name; null makes one from the sources and the precision.</param>
/// <param name="Notice">Plain words for whoever runs the pack, or null.</param>
/// <param name="ClipOrigin">Licence and address of the CLIP weights; null where nobody knows.</param>
/// <param name="DiffusionOrigin">Licence and address of the Stable Diffusion weights; null where nobody knows.</param>
/// <param name="Record">Adds what only running the new graphs can give, which are the golden outputs; null for a pack that only the CPU may
/// run.</param>
/// <param name="Weights">How the weights came to be; of the backbone's see <see cref="BackboneWeights"/>.</param>
public sealed record PackOptions(
    Precision Precision = Precision.Float32,
    int VvStart = 1,
    IReadOnlyList<int>? ClipBlocks = null,
    string? Name = null,
    string? Notice = null,
    WeightOrigin? ClipOrigin = null,
    WeightOrigin? DiffusionOrigin = null,
    PackRecorder? Record = null,
    PackWeights Weights = PackWeights.Unknown
)
{
    /// <summary>Licence and address of the backbone's weights; null where nobody knows, or where the backbone does.</summary>
    public WeightOrigin? BackboneOrigin { get; init; }

    /// <summary>How the backbone's weights came to be; null for the same as the others.</summary>
    public PackWeights? BackboneWeights { get; init; }

    /// <summary>The backbone's weight in map and score where a recipe does not say otherwise, 0 or more; null for 0.</summary>
    public double? BackboneWeight { get; init; }

    /// <summary>CLIP's weight in the map where a recipe names none, 0..1: the paper's unless told otherwise.</summary>
    public double AlphaSegmentation { get; init; } = 0.25;

    /// <summary>CLIP's weight in the score where a recipe names none, 0..1: the paper's unless told otherwise.</summary>
    public double AlphaClassification { get; init; } = 0.75;

    /// <summary>Runs a graph of the new pack to see the shapes of what it gives; null where only networks of known shapes are
    /// built.</summary>
    public GraphMeasure? Measure { get; init; }

    internal static ElementType ComputeType(Precision precision) =>
        precision == Precision.Float16 ? ElementType.Float16 : ElementType.Float32;
}

/// <summary>Runs a new pack's graphs and adds files to its folder. This library writes graphs and does not run them, so somebody else
/// does.</summary>
/// <param name="folder">The folder in which the pack is being built.</param>
/// <param name="manifest">The manifest so far.</param>
/// <param name="progress">To be told each step; null for silence.</param>
/// <param name="cancellation">Ends it.</param>
public delegate void PackRecorder(string folder, PackManifest manifest, IProgress<string>? progress, CancellationToken cancellation);

/// <summary>Runs a graph that takes one picture, and tells the shapes of its outputs.</summary>
/// <param name="file">The graph; its input is <see cref="GraphNames.Pixels"/>.</param>
/// <param name="size">Side of the picture in pixels.</param>
/// <param name="outputs">Names of the outputs.</param>
/// <param name="cancellation">Ends it.</param>
/// <returns>Per output its lengths, outermost first.</returns>
/// <exception cref="PackException">It does not run.</exception>
public delegate IReadOnlyList<long[]> GraphMeasure(string file, int size, IReadOnlyList<string> outputs, CancellationToken cancellation);

/// <summary>Where weights came from and under which terms.</summary>
/// <param name="Licence">SPDX id or name.</param>
/// <param name="Url">Address of the licence or of the weights; null where there is none.</param>
public sealed record WeightOrigin(string Licence, string? Url);
