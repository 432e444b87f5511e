using System.Globalization;
using System.Text.Json.Serialization;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Pack;

/// <summary>Element type of a pack's products and activations.</summary>
public enum Precision
{
    /// <summary>Everything in float32.</summary>
    Float32,

    /// <summary>float16, with the VAE encoder, normalisation statistics, softmax and cosine reductions in float32.</summary>
    Float16,
}

/// <summary><c>pack.json</c>: what a model pack is made of and how it was made.</summary>
/// <param name="Schema"><see cref="CurrentSchema"/>.</param>
/// <param name="Name">Shown in lists; <c>[a-z0-9][a-z0-9.-]{0,63}</c>.</param>
/// <param name="Notice">What whoever runs the pack must know in plain words, or null.</param>
/// <param name="Precision">Element type of products and activations.</param>
/// <param name="Clip">The CLIP part; null in a pack of a backbone alone.</param>
/// <param name="Diffusion">The Stable Diffusion part; null in a pack of a backbone alone.</param>
/// <param name="Graphs">Every graph with its inputs and outputs.</param>
/// <param name="Sources">The published weights that went in.</param>
/// <param name="MethodDefaults">The method's settings that the pack was made for.</param>
/// <param name="Files">Every other file of the pack.</param>
public sealed record PackManifest(
    string Schema,
    string Name,
    string? Notice,
    Precision Precision,
    ClipPart? Clip,
    DiffusionPart? Diffusion,
    IReadOnlyList<GraphEntry> Graphs,
    IReadOnlyList<SourceEntry> Sources,
    MethodDefaults MethodDefaults,
    IReadOnlyList<FileEntry> Files
)
{
    /// <summary>The manifest's own format.</summary>
    public const string CurrentSchema = "clipfusion.pack/1";

    /// <summary>Name of the manifest in a pack's folder.</summary>
    public const string FileName = "pack.json";

    /// <summary>Most bytes of a manifest.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>The backbone; null in packs without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BackbonePart? Backbone { get; init; }

    /// <summary>How the weights came to be, of several networks the least; null in packs that were built before this was
    /// recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PackWeights? Weights { get; init; }

    /// <summary>The same, of an older pack as far as its notice says it.</summary>
    [JsonIgnore]
    public PackWeights KnownWeights =>
        Weights
        ?? (Notice?.Contains("random weights", StringComparison.OrdinalIgnoreCase) == true ? PackWeights.Random : PackWeights.Unknown);

    /// <summary>How the backbone's weights came to be, as far as the pack says it.</summary>
    [JsonIgnore]
    public PackWeights BackboneWeights => Sources.FirstOrDefault(s => s.Part == SourceEntry.Backbone)?.Weights ?? KnownWeights;

    /// <summary>Whether the pack carries golden outputs; without them only the CPU may run it.</summary>
    [JsonIgnore]
    public bool HasGoldens => Files.Any(f => f.Path == GraphNames.Goldens);

    /// <summary>Channels of CLIP's token embeddings; null without CLIP, and in packs that were built before a graph took vectors in their
    /// place.</summary>
    [JsonIgnore]
    public int? ClipTextWidth =>
        Graphs.FirstOrDefault(g => g.Name == GraphNames.ClipLearnedText)?.Inputs.First(i => i.Name == GraphNames.LearnedVectors).Shape
            is [.., var width]
            ? int.Parse(width, CultureInfo.InvariantCulture)
            : null;

    /// <summary>The CLIP part, for what can't do without.</summary>
    /// <exception cref="PackException">The pack has none.</exception>
    public ClipPart RequireClip() => Clip ?? throw Lacks("CLIP");

    /// <summary>The Stable Diffusion part, for what can't do without.</summary>
    /// <exception cref="PackException">The pack has none.</exception>
    public DiffusionPart RequireDiffusion() => Diffusion ?? throw Lacks("diffusion model");

    /// <summary>The backbone, for what can't do without.</summary>
    /// <exception cref="PackException">The pack has none.</exception>
    public BackbonePart RequireBackbone() => Backbone ?? throw Lacks("backbone");

    private PackException Lacks(string what) =>
        new($"pack '{Name}' has no {what}; a pack that was built with one is expected (clipfusion models build)");
}

/// <summary>Sizes and build options of the CLIP part.</summary>
/// <param name="ImageSize">Side of the square input in pixels.</param>
/// <param name="GridSize">Patches along a side.</param>
/// <param name="Layers">Blocks of the image tower.</param>
/// <param name="Width">Channels of the features.</param>
/// <param name="EmbedDim">Channels of the embeddings.</param>
/// <param name="VvStart">First block with value-value attention, from 1.</param>
/// <param name="Blocks">Blocks whose features come out, from 1, ascending.</param>
/// <param name="LogitScale">exp of the published <c>logit_scale</c>.</param>
/// <param name="ContextLength">Tokens of a prompt.</param>
public sealed record ClipPart(
    int ImageSize,
    int GridSize,
    int Layers,
    int Width,
    int EmbedDim,
    int VvStart,
    IReadOnlyList<int> Blocks,
    float LogitScale,
    int ContextLength
);

/// <summary>Sizes of the Stable Diffusion part.</summary>
/// <param name="ImageSize">Side of the square input in pixels.</param>
/// <param name="LatentSize">Side of the latent.</param>
/// <param name="LatentChannels">Channels of the latent.</param>
/// <param name="ContextWidth">Channels of a text context.</param>
/// <param name="ContextLength">Tokens of a prompt.</param>
/// <param name="Decoder">The decoder blocks' outputs, from 0.</param>
/// <param name="MappedLayers">Names of the cross-attentions whose maps are averaged.</param>
/// <param name="LastMappedBlock">Decoder block of the last of them, from 0: a row that owes only maps leaves there.</param>
public sealed record DiffusionPart(
    int ImageSize,
    int LatentSize,
    int LatentChannels,
    int ContextWidth,
    int ContextLength,
    IReadOnlyList<DecoderBlock> Decoder,
    IReadOnlyList<string> MappedLayers,
    int LastMappedBlock
);

/// <summary>Output of a decoder block, after its upsampler.</summary>
/// <param name="Channels">Length of a feature vector.</param>
/// <param name="GridSize">Vectors along a side.</param>
public sealed record DecoderBlock(int Channels, int GridSize);

/// <summary>Sizes and build options of the backbone, a frozen vision network whose patch features are compared with the
/// references'.</summary>
/// <param name="Kind">What it was made from: <c>dinov2</c>, <c>resnet18</c> or <c>onnx</c>.</param>
/// <param name="ImageSize">Side of the square input in pixels; frames are squeezed to it with the bicubic filter.</param>
/// <param name="Layers">The layers whose features come out, in the order of the graph's outputs (<see
/// cref="GraphNames.BackboneFeatures"/>).</param>
/// <param name="Weight">Its weight in map and score where a recipe does not say otherwise, 0 or more.</param>
public sealed record BackbonePart(string Kind, int ImageSize, IReadOnlyList<BackboneLayer> Layers, double Weight);

/// <summary>A layer of the backbone.</summary>
/// <param name="Name">Number of the block (from 1) or name of the output that it was made from; names its maps in dumps.</param>
/// <param name="Channels">Length of a feature vector.</param>
/// <param name="GridSize">Vectors along a side.</param>
public sealed record BackboneLayer(string Name, int Channels, int GridSize);

/// <summary>One graph of a pack.</summary>
/// <param name="Name">What it computes, such as <c>mapdiff</c>.</param>
/// <param name="Target">The runtime that it is written for.</param>
/// <param name="Debug">Whether it is the variant with raw taps.</param>
/// <param name="File">File name in the pack.</param>
/// <param name="Inputs">Inputs in order.</param>
/// <param name="Outputs">Outputs in order.</param>
public sealed record GraphEntry(
    string Name,
    GraphTarget Target,
    bool Debug,
    string File,
    IReadOnlyList<TensorEntry> Inputs,
    IReadOnlyList<TensorEntry> Outputs
);

/// <summary>An input or output.</summary>
/// <param name="Name">Its name in the graph.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Fixed lengths as numbers, run-time lengths by name.</param>
public sealed record TensorEntry(string Name, ElementType Type, IReadOnlyList<string> Shape);

/// <summary>Published weights that went into a pack.</summary>
/// <param name="Part">What they are: <c>clip</c>, <c>diffusion</c> or <c>backbone</c>.</param>
/// <param name="Name">Name of the set or of its folder.</param>
/// <param name="Licence">SPDX id or name; null where the folder does not say.</param>
/// <param name="Url">Where they came from; null where the folder does not say.</param>
/// <param name="Files">The configuration, vocabulary and weight files of the folder.</param>
public sealed record SourceEntry(string Part, string Name, string? Licence, string? Url, IReadOnlyList<FileEntry> Files)
{
    /// <summary>What a backbone's source is called.</summary>
    public const string Backbone = "backbone";

    /// <summary>How they came to be; null in packs that were built before this was recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PackWeights? Weights { get; init; }
}

/// <summary>A file by content.</summary>
/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
public sealed record FileEntry(string Path, long Size, string Sha256);

/// <summary>The method's settings as this pack was built for.</summary>
/// <param name="Temperature">Divisor of equation 1's cosines.</param>
/// <param name="LanguageTimestep">Timestep of the cross-attention maps.</param>
/// <param name="TimestepBlocks">Pairs (timestep, decoder block) of equation 8.</param>
/// <param name="AlphaSegmentation">Alpha of equation 4 where a recipe names none.</param>
/// <param name="AlphaClassification">Alpha of equation 9 where a recipe names none.</param>
public sealed record MethodDefaults(
    double Temperature,
    int LanguageTimestep,
    IReadOnlyList<IReadOnlyList<int>> TimestepBlocks,
    double AlphaSegmentation,
    double AlphaClassification
);
