using System.Text.Json;
using System.Text.RegularExpressions;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Pack;

/// <summary>Published weights in, model pack out: graphs, one external-data file per network, vocabularies and the manifest.</summary>
public sealed partial class PackBuilder
{
    private readonly OpenClipFolder _clip;
    private readonly DiffusionFolder _diffusion;
    private readonly PackOptions _options;
    private readonly GraphFactory _factory;
    private readonly int[] _blocks;
    private readonly List<GraphEntry> _graphs = [];
    private readonly IProgress<string>? _progress;
    private string _folder = "";
    private IReadOnlyList<string> _mappedLayers = [];

    private PackBuilder(OpenClipFolder clip, DiffusionFolder diffusion, PackOptions options, IProgress<string>? progress)
    {
        (_clip, _diffusion, _options, _progress) = (clip, diffusion, options, progress);
        int layers = clip.Config.Vision.Layers;
        _blocks = [.. (options.ClipBlocks ?? [Math.Max(1, layers / 2), Math.Max(1, layers * 3 / 4)]).Distinct().Order()];
        if (_blocks.Length == 0 || _blocks[0] < 1 || _blocks[^1] > layers)
            throw new PackException($"CLIP blocks {string.Join(", ", _blocks)}: the tower has blocks 1 to {layers}");
        if (options.VvStart < 1 || options.VvStart > layers)
            throw new PackException($"vv-start {options.VvStart}: the tower has blocks 1 to {layers}");
        if (options.Name is not null && !NamePattern().IsMatch(options.Name))
            throw new PackException($"pack name '{options.Name}': expected {NamePattern()}");
        ElementType compute = options.Precision == Precision.Float16 ? ElementType.Float16 : ElementType.Float32;
        _factory = new GraphFactory(clip.Config, diffusion.Unet, diffusion.Vae, diffusion.TextEncoder, options.VvStart, _blocks, compute);
    }

    /// <summary>Builds a pack. Nothing is left behind in <paramref name="target"/> unless the whole pack is.</summary>
    /// <param name="clip">OpenCLIP weights.</param>
    /// <param name="diffusion">Stable Diffusion 2 weights.</param>
    /// <param name="target">A folder that does not exist or is empty.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told each step in a few words; null for silence.</param>
    /// <param name="cancellation">Checked before every tensor and every MiB of a checksum.</param>
    /// <exception cref="PackException">An option does not fit the weights, or the folder is taken.</exception>
    /// <exception cref="WeightException">A published tensor is missing or of another shape.</exception>
    public static PackManifest Build(
        OpenClipFolder clip,
        DiffusionFolder diffusion,
        string target,
        PackOptions options,
        IProgress<string>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(diffusion);
        ArgumentNullException.ThrowIfNull(options);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (File.Exists(full) || (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any()))
            throw new PackException($"'{full}' exists and is not an empty folder; a pack is never built over something else");
        string working = $"{full}.building-{Environment.ProcessId}";
        try
        {
            var builder = new PackBuilder(clip, diffusion, options, progress);
            Directory.CreateDirectory(working);
            PackManifest manifest = builder.Write(working, cancellation);
            if (Directory.Exists(full))
                Directory.Delete(full);
            Directory.Move(working, full);
            AtomicFile.FlushFolder(Path.GetDirectoryName(full)!);
            return manifest;
        }
        finally
        {
            if (Directory.Exists(working))
                Directory.Delete(working, recursive: true);
        }
    }

    private PackManifest Write(string folder, CancellationToken cancellation)
    {
        _folder = folder;
        WriteClip(cancellation);
        WriteDiffusionText(cancellation);
        WriteVae(cancellation);
        WriteUnet(cancellation);
        _progress?.Report("copying vocabularies");
        foreach ((string name, string source) in Vocabularies())
            AtomicFile.Write(
                Path.Combine(folder, name),
                Durability.PowerCut,
                RegularFile.ReadAllBytes(source, Tokenizer.Vocabulary.MaxFileBytes)
            );

        _progress?.Report("checksums of what went in");
        SourceEntry[] sources =
        [
            PackSources.Describe("clip", _clip.Path, _options.ClipOrigin, cancellation),
            PackSources.Describe("diffusion", _diffusion.Path, _options.DiffusionOrigin, cancellation),
        ];
        _options.Record?.Invoke(folder, Manifest(sources, []), _progress, cancellation);
        _progress?.Report("checksums of what came out");
        FileEntry[] files =
        [
            .. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(f => PackFiles.Hash(folder, f, cancellation)),
        ];
        PackManifest manifest = Manifest(sources, files);
        AtomicFile.Write(Path.Combine(folder, PackManifest.FileName), Durability.PowerCut, ManifestJson.Write(manifest));
        return manifest;
    }

    private void WriteClip(CancellationToken cancellation)
    {
        using var store = new ExternalWeightFile(Path.Combine(_folder, GraphNames.WeightFile(GraphNames.ClipImage)), cancellation);
        foreach (GraphTarget target in Enum.GetValues<GraphTarget>())
        {
            Graph(GraphNames.ClipImage, target, debug: false, g => _factory.ClipImage(g, _clip.Weights, store, debug: false), cancellation);
        }

        Graph(
            GraphNames.ClipImage,
            GraphTarget.OnnxRuntime,
            debug: true,
            g => _factory.ClipImage(g, _clip.Weights, store, debug: true),
            cancellation
        );
        Graph(GraphNames.ClipText, GraphTarget.TensorRt, debug: false, g => _factory.ClipText(g, _clip.Weights, store), cancellation);
        Graph(
            GraphNames.WinClipImage,
            GraphTarget.OnnxRuntime,
            debug: false,
            g => _factory.WinClipImage(g, _clip.Weights, store),
            cancellation
        );
        Graph(GraphNames.WinClipText, GraphTarget.TensorRt, debug: false, g => _factory.WinClipText(g, _clip.Weights, store), cancellation);
    }

    private void WriteDiffusionText(CancellationToken cancellation)
    {
        using var store = new ExternalWeightFile(Path.Combine(_folder, GraphNames.WeightFile(GraphNames.DiffusionText)), cancellation);
        Graph(
            GraphNames.DiffusionText,
            GraphTarget.TensorRt,
            debug: false,
            g => _factory.DiffusionText(g, _diffusion.TextEncoderWeights, store),
            cancellation
        );
    }

    private void WriteVae(CancellationToken cancellation)
    {
        using var store = new ExternalWeightFile(Path.Combine(_folder, GraphNames.WeightFile(GraphNames.VaeEncoder)), cancellation);
        foreach (GraphTarget target in Enum.GetValues<GraphTarget>())
            Graph(GraphNames.VaeEncoder, target, debug: false, g => _factory.VaeEncoder(g, _diffusion.VaeWeights, store), cancellation);
    }

    private void WriteUnet(CancellationToken cancellation)
    {
        using var store = new ExternalWeightFile(Path.Combine(_folder, GraphNames.WeightFile(GraphNames.MapDiff)), cancellation);
        foreach (GraphTarget target in Enum.GetValues<GraphTarget>())
        {
            Graph(
                GraphNames.MapDiff,
                target,
                debug: false,
                g =>
                    _mappedLayers = [
                        .. _factory.MapDiff(g, _diffusion.UnetWeights, store, features: true, debug: false).Maps.Select(m => m.Layer),
                    ],
                cancellation
            );
            Graph(
                GraphNames.MapDiffLanguage,
                target,
                debug: false,
                g => _factory.MapDiff(g, _diffusion.UnetWeights, store, features: false, debug: false),
                cancellation
            );
        }

        Graph(
            GraphNames.MapDiffParts,
            GraphTarget.OnnxRuntime,
            debug: false,
            g => _factory.MapDiffParts(g, _diffusion.UnetWeights, store, debug: false),
            cancellation
        );
        Graph(
            GraphNames.MapDiff,
            GraphTarget.OnnxRuntime,
            debug: true,
            g => _factory.MapDiff(g, _diffusion.UnetWeights, store, features: true, debug: true),
            cancellation
        );
    }

    private void Graph(string name, GraphTarget target, bool debug, Action<GraphBuilder> write, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        bool twoTargets = name is not (GraphNames.ClipText or GraphNames.WinClipText or GraphNames.DiffusionText);
        string file = name + (debug ? ".debug" : "") + (twoTargets && target == GraphTarget.TensorRt ? ".tensorrt" : "") + ".onnx";
        _progress?.Report($"writing {file}");
        var graph = new GraphBuilder(name, target);
        write(graph);
        graph.Save(Path.Combine(_folder, file), OriginOf(name));
        _graphs.Add(new GraphEntry(name, target, debug, file, [.. graph.Inputs.Select(Entry)], [.. graph.Outputs.Select(Entry)]));
    }

    /// <summary>What a graph was made from, as far as the folder says it.</summary>
    private GraphOrigin OriginOf(string name)
    {
        bool isClip = GraphNames.WeightFile(name) == GraphNames.WeightFile(GraphNames.ClipImage);
        (string source, WeightOrigin? origin) = isClip ? (_clip.Path, _options.ClipOrigin) : (_diffusion.Path, _options.DiffusionOrigin);
        source = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)));
        KeyValuePair<string, string>[] properties =
        [
            new("source", source),
            new("licence", origin?.Licence ?? "unknown"),
            new("url", origin?.Url ?? "unknown"),
            new("weights", JsonNamingPolicy.CamelCase.ConvertName(_options.Weights.ToString())),
        ];
        return new GraphOrigin($"{name} from {source}: {PackWeightsText.Of(_options.Weights)}", properties);
    }

    private IEnumerable<(string Name, string Source)> Vocabularies() =>
        [
            (GraphNames.ClipVocabulary, _clip.VocabularyFile),
            (GraphNames.ClipMerges, _clip.MergesFile),
            (GraphNames.DiffusionVocabulary, _diffusion.VocabularyFile),
            (GraphNames.DiffusionMerges, _diffusion.MergesFile),
        ];

    private PackManifest Manifest(SourceEntry[] sources, FileEntry[] files)
    {
        OpenClipConfig c = _clip.Config;
        UnetConfig u = _diffusion.Unet;
        var logScale = new float[1];
        _clip.Weights.Require("logit_scale").Read(0, logScale);
        int levels = u.BlockOutChannels.Length;
        DecoderBlock[] decoder =
        [
            .. Enumerable
                .Range(0, levels)
                .Select(b => new DecoderBlock(u.BlockOutChannels[levels - 1 - b], GridAfter(u.SampleSize, Math.Max(0, levels - 2 - b)))),
        ];
        string suffix = _options.Precision == Precision.Float16 ? "fp16" : "fp32";
        string name =
            _options.Name ?? NameInvalid().Replace($"{sources[0].Name}-{sources[1].Name}-{suffix}".ToLowerInvariant(), "-").Trim('-', '.');
        return new PackManifest(
            PackManifest.CurrentSchema,
            name.Length > 64 ? name[^64..].Trim('-', '.') : name,
            _options.Notice,
            _options.Precision,
            new ClipPart(
                c.Vision.ImageSize,
                c.Vision.ImageSize / c.Vision.PatchSize,
                c.Vision.Layers,
                c.Vision.Width,
                c.EmbedDim,
                _options.VvStart,
                _blocks,
                MathF.Exp(logScale[0]),
                c.Text.ContextLength
            ),
            new DiffusionPart(
                _factory.DiffusionImageSize,
                u.SampleSize,
                _diffusion.Vae.LatentChannels,
                u.CrossAttentionDim,
                _diffusion.TextEncoder.ContextLength,
                decoder,
                _mappedLayers,
                _factory.LastMappedBlock
            ),
            _graphs,
            sources,
            new MethodDefaults(
                0.07,
                201,
                [
                    [201, 3],
                    [401, 2],
                    [801, 1],
                ],
                0.25,
                0.75
            ),
            files
        )
        {
            Weights = _options.Weights,
        };
    }

    /// <summary>Side of the grid after that many stride-2 convolutions with padding 1.</summary>
    private static int GridAfter(int size, int halvings)
    {
        for (int i = 0; i < halvings; i++)
            size = (size + 1) / 2;
        return size;
    }

    private static TensorEntry Entry(Value v) => new(v.Name, v.Type, [.. v.Shape.Select(d => d.ToString())]);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{0,63}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex("[^a-z0-9.]+")]
    private static partial Regex NameInvalid();
}
