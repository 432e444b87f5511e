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
    private readonly PackParts _parts;
    private readonly PackOptions _options;
    private readonly IProgress<string>? _progress;
    private readonly PackGraphs _graphs;
    private readonly MethodGraphs? _method;
    private readonly CancellationToken _cancellation;
    private BackbonePart? _backbone;

    private PackBuilder(PackParts parts, string folder, PackOptions options, IProgress<string>? progress, CancellationToken cancellation)
    {
        (_parts, _options, _progress, _cancellation) = (parts, options, progress, cancellation);
        _graphs = new PackGraphs(folder, progress, cancellation);
        if (parts is { Clip: { } clip, Diffusion: { } diffusion })
            _method = new MethodGraphs(clip, diffusion, options, _graphs, OriginOf);
        else if (parts.Clip is not null || parts.Diffusion is not null || parts.Backbone is null)
            throw new PackException("a pack has CLIP and a diffusion model, a backbone, or all three");
        if (options.Name is not null && !NamePattern().IsMatch(options.Name))
            throw new PackException($"pack name '{options.Name}': expected {NamePattern()}");
        if (options.BackboneWeight is { } weight && !(double.IsFinite(weight) && weight >= 0))
            throw new PackException($"backbone weight {weight}: a finite number of 0 or more is expected");
        foreach (double alpha in (double[])[options.AlphaSegmentation, options.AlphaClassification])
        {
            if (alpha is not (>= 0 and <= 1))
                throw new PackException($"CLIP's weight {alpha}: a number from 0 to 1 is expected");
        }
    }

    /// <summary>Builds a pack of CLIP and a diffusion model, as <see cref="Build(PackParts, string, PackOptions, IProgress{string}?,
    /// CancellationToken)"/> does.</summary>
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
        return Build(new PackParts(clip, diffusion, null), target, options, progress, cancellation);
    }

    /// <summary>Builds a pack. Nothing is left behind in <paramref name="target"/> unless the whole pack is.</summary>
    /// <param name="parts">The networks that it has; they stay the caller's.</param>
    /// <param name="target">A folder that does not exist or is empty.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told each step in a few words; null for silence.</param>
    /// <param name="cancellation">Checked before every tensor and every MiB of a checksum.</param>
    /// <exception cref="PackException">An option does not fit the weights, or the folder is taken.</exception>
    /// <exception cref="WeightException">A published tensor is missing or of another shape.</exception>
    public static PackManifest Build(
        PackParts parts,
        string target,
        PackOptions options,
        IProgress<string>? progress = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(options);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (File.Exists(full) || (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any()))
            throw new PackException($"'{full}' exists and is not an empty folder; a pack is never built over something else");
        string working = $"{full}.building-{Environment.ProcessId}";
        try
        {
            var builder = new PackBuilder(parts, working, options, progress, cancellation);
            Directory.CreateDirectory(working);
            PackManifest manifest = builder.Write(working);
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

    private PackManifest Write(string folder)
    {
        _method?.WriteAll();
        if (_parts.Backbone is { } backbone)
            _backbone = WriteBackbone(folder, backbone);
        if (_method is not null)
            _progress?.Report("copying vocabularies");
        foreach ((string name, string source) in _method?.Vocabularies ?? [])
            AtomicFile.Write(
                Path.Combine(folder, name),
                Durability.PowerCut,
                RegularFile.ReadAllBytes(source, Tokenizer.Vocabulary.MaxFileBytes)
            );

        _progress?.Report("checksums of what went in");
        SourceEntry[] sources = [.. Sources()];
        _options.Record?.Invoke(folder, Manifest(sources, []), _progress, _cancellation);
        _progress?.Report("checksums of what came out");
        FileEntry[] files =
        [
            .. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(f => PackFiles.Hash(folder, f, _cancellation)),
        ];
        PackManifest manifest = Manifest(sources, files);
        AtomicFile.Write(Path.Combine(folder, PackManifest.FileName), Durability.PowerCut, ManifestJson.Write(manifest));
        return manifest;
    }

    private BackbonePart WriteBackbone(string folder, PackBackbone backbone)
    {
        string weights = Path.Combine(folder, GraphNames.WeightFile(GraphNames.BackboneImage));
        using var store = new ExternalWeightFile(weights, _cancellation);
        ElementType compute = PackOptions.ComputeType(_options.Precision);
        IReadOnlyList<BackboneLayer> layers = backbone.Write(_graphs, store, compute, OriginOf(GraphNames.BackboneImage), _options.Measure);
        // Beside CLIP and diffusion a pack judges as the paper does unless somebody says otherwise; alone the weight means nothing.
        return new BackbonePart(backbone.Kind, backbone.ImageSize, layers, _options.BackboneWeight ?? 0);
    }

    private PackWeights BackboneWeights => _options.BackboneWeights ?? _options.Weights;

    private IEnumerable<SourceEntry> Sources()
    {
        if (_parts.Clip is { } clip)
            yield return PackSources.Describe("clip", clip.Path, _options.ClipOrigin, _options.Weights, _cancellation);
        if (_parts.Diffusion is { } diffusion)
            yield return PackSources.Describe("diffusion", diffusion.Path, _options.DiffusionOrigin, _options.Weights, _cancellation);
        if (_parts.Backbone is { } backbone)
        {
            WeightOrigin? origin = _options.BackboneOrigin ?? backbone.Origin;
            yield return new(SourceEntry.Backbone, backbone.SourceName, origin?.Licence, origin?.Url, backbone.Files(_cancellation))
            {
                Weights = BackboneWeights,
            };
        }
    }

    /// <summary>What a graph was made from, as far as the folder says it.</summary>
    private GraphOrigin OriginOf(string name)
    {
        (string source, WeightOrigin? origin, PackWeights weights) = GraphNames.WeightFile(name) switch
        {
            "backbone.weights" => (_parts.Backbone!.SourceName, _options.BackboneOrigin ?? _parts.Backbone.Origin, BackboneWeights),
            "clip.weights" => (PackSources.NameOf(_parts.Clip!.Path), _options.ClipOrigin, _options.Weights),
            _ => (PackSources.NameOf(_parts.Diffusion!.Path), _options.DiffusionOrigin, _options.Weights),
        };
        KeyValuePair<string, string>[] properties =
        [
            new("source", source),
            new("licence", origin?.Licence ?? "unknown"),
            new("url", origin?.Url ?? "unknown"),
            new("weights", JsonNamingPolicy.CamelCase.ConvertName(weights.ToString())),
        ];
        return new GraphOrigin($"{name} from {source}: {PackWeightsText.Of(weights)}", properties);
    }

    private PackManifest Manifest(SourceEntry[] sources, FileEntry[] files)
    {
        string suffix = _options.Precision == Precision.Float16 ? "fp16" : "fp32",
            made = $"{string.Join('-', sources.Select(s => s.Name))}-{suffix}".ToLowerInvariant();
        string name = _options.Name ?? NameInvalid().Replace(made, "-").Trim('-', '.');
        (ClipPart Clip, DiffusionPart Diffusion)? method = _method?.Describe();
        return new PackManifest(
            PackManifest.CurrentSchema,
            name.Length > 64 ? name[^64..].Trim('-', '.') : name,
            _options.Notice,
            _options.Precision,
            method?.Clip,
            method?.Diffusion,
            _graphs.Entries,
            sources,
            new MethodDefaults(
                0.07,
                201,
                [
                    [201, 3],
                    [401, 2],
                    [801, 1],
                ],
                _options.AlphaSegmentation,
                _options.AlphaClassification
            ),
            files
        )
        {
            Backbone = _backbone,
            Weights = sources.Min(s => s.Weights),
        };
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{0,63}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex("[^a-z0-9.]+")]
    private static partial Regex NameInvalid();
}
