using ClipFusion.Models.ForeignGraphs;
using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Pack;

/// <summary>How a network of an ONNX file is made a backbone.</summary>
/// <param name="Size">Side of the square input in pixels; null takes the file's own.</param>
/// <param name="Outputs">Values of the file whose features are compared; null takes the file's outputs.</param>
/// <param name="Input">How the network wants its picture; null is ImageNet's way.</param>
/// <param name="LocalMean">Side of the square over which neighbours are averaged: 1 or 3.</param>
public sealed record OnnxOptions(int? Size = null, IReadOnlyList<string>? Outputs = null, BackboneInput? Input = null, int LocalMean = 1);

/// <summary>Layers of a network in an ONNX file, which is cut behind the last one that is used.</summary>
public sealed class OnnxBackbone : PackBackbone
{
    private const int MaxSize = 8192;

    private readonly ForeignGraph _file;
    private readonly BackboneInput _input;
    private readonly int _localMean;
    private readonly string[] _outputs;
    private readonly IReadOnlyList<ForeignLayer>? _known;

    private OnnxBackbone(ForeignGraph file, OnnxOptions options, string kind, IReadOnlyList<ForeignLayer>? known)
    {
        (_file, _input, _localMean, Kind, _known) = (file, options.Input ?? BackboneInput.ImageNet, options.LocalMean, kind, known);
        _outputs = [.. (options.Outputs ?? file.Outputs).Distinct(StringComparer.Ordinal)];
        if (_outputs.Length == 0)
            throw new PackException($"{file.Path}: no outputs, expected the names of values (--backbone-outputs)");
        if (_localMean is not (1 or 3))
            throw new PackException($"local mean {_localMean}: 1 or 3 is expected");
        if (_input.Mean.Count != 3 || _input.Std.Count != 3 || !_input.Mean.All(double.IsFinite) || !_input.Std.All(s => s > 0 && s < 1e6))
            throw new PackException("mean and deviation: three finite numbers each are expected, the deviations above 0");
        ImageSize = options.Size ?? OwnSize();
        if (ImageSize is < 1 or > MaxSize)
            throw new PackException($"backbone size {ImageSize}: 1 to {MaxSize} pixels are expected");
    }

    /// <inheritdoc/>
    public override string Kind { get; }

    /// <inheritdoc/>
    public override int ImageSize { get; }

    /// <inheritdoc/>
    public override string SourceName => Path.GetFileNameWithoutExtension(_file.Path);

    internal override WeightOrigin? Origin => Kind == ResNet18.Name ? ResNet18.Terms : null;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="options">Size, outputs and input.</param>
    /// <exception cref="PackException">The file is not one that can be used, or the options don't fit it.</exception>
    public static OnnxBackbone Open(string path, OnnxOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        return Open(() => ForeignGraph.Open(path), options, "onnx", null);
    }

    internal static OnnxBackbone Open(Func<ForeignGraph> open, OnnxOptions options, string kind, IReadOnlyList<ForeignLayer>? known)
    {
        try
        {
            return new OnnxBackbone(open(), options, kind, known);
        }
        catch (ForeignGraphException e)
        {
            throw new PackException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        // The file was read as a whole.
    }

    internal override IReadOnlyList<BackboneLayer> Write(
        PackGraphs graphs,
        ExternalWeightFile store,
        ElementType compute,
        GraphOrigin origin,
        GraphMeasure? measure
    )
    {
        try
        {
            bool isHalf = compute == ElementType.Float16;
            IReadOnlyList<ForeignLayer> layers = _known ?? Measured(graphs, store, isHalf, measure);
            graphs.Write(GraphNames.BackboneImage, GraphForm.Common, path => Save(path, store, isHalf, origin, layers, debug: false));
            graphs.Write(GraphNames.BackboneImage, GraphForm.Debug, path => Save(path, store, isHalf, origin, layers, debug: true));
            return [.. _outputs.Zip(layers, (o, l) => new BackboneLayer(o, l.Channels, l.GridSize))];
        }
        catch (ForeignGraphException e)
        {
            throw new PackException(e.Message, e);
        }
    }

    internal override IReadOnlyList<FileEntry> Files(CancellationToken cancellation)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(_file.Path))!;
        return [.. _file.Tensors.Files.Prepend(Path.GetFullPath(_file.Path)).Select(f => PackFiles.Hash(folder, f, cancellation))];
    }

    private int OwnSize()
    {
        var side = _file.Cut(_outputs).Picture.Type.TensorType.Shape.Dim[2];
        return side.HasDimValue && side.DimValue is > 0 and <= MaxSize
            ? (int)side.DimValue
            : throw new PackException($"{_file.Path}: the picture's size is not in the file, expected an option for it (--backbone-size)");
    }

    private (IReadOnlyList<Value> Inputs, IReadOnlyList<Value> Outputs) Save(
        string path,
        ExternalWeightFile store,
        bool isHalf,
        GraphOrigin origin,
        IReadOnlyList<ForeignLayer> layers,
        bool debug
    )
    {
        ForeignFeatures graph = Begin(store, isHalf);
        for (int i = 0; i < _outputs.Length; i++)
        {
            string name = GraphNames.BackboneFeatures(i);
            if (debug)
                graph.Raw(GraphNames.Raw(name), _outputs[i], layers[i]);
            graph.Features(name, _outputs[i], layers[i], _localMean);
        }

        graph.Save(path, origin);
        return (graph.Inputs, graph.Outputs);
    }

    private ForeignFeatures Begin(ExternalWeightFile store, bool isHalf)
    {
        var graph = new ForeignFeatures(_file, GraphNames.BackboneImage, store, isHalf);
        graph.Begin(GraphNames.Pixels, ImageSize, _input, _outputs);
        return isHalf && graph.HalfProducts == 0
            ? throw new PackException(
                $"{_file.Path}: no convolution or product by a float32 weight is in it, expected one for a float16 pack; build this pack "
                    + "with float32"
            )
            : graph;
    }

    /// <summary>Only running a foreign network shows what it gives at this size.</summary>
    private ForeignLayer[] Measured(PackGraphs graphs, ExternalWeightFile store, bool isHalf, GraphMeasure? measure)
    {
        if (measure is null)
            throw new PackException($"{_file.Path}: shapes of its layers are not known, expected a builder that can run it");
        string path = Path.Combine(graphs.Folder, $"{GraphNames.BackboneImage}.shapes.onnx");
        ForeignFeatures graph = Begin(store, isHalf);
        string[] names = [.. _outputs.Select((_, i) => GraphNames.Raw(GraphNames.BackboneFeatures(i)))];
        for (int i = 0; i < names.Length; i++)
            graph.Raw(names[i], _outputs[i], null);
        graph.Save(path, null);
        store.Flush();
        try
        {
            return [.. measure(path, ImageSize, names, graphs.Cancellation).Select((shape, i) => Layer(_outputs[i], shape))];
        }
        catch (PackException e)
        {
            throw new PackException($"{_file.Path}: at {ImageSize} x {ImageSize} pixels: {e.Message}", e);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ForeignLayer Layer(string output, long[] shape)
    {
        bool isMap = shape is [1, _, _, _] && shape[2] == shape[3],
            isTokens = shape is [1, _, _] && Math.Sqrt(shape[1]) is var side && side == Math.Floor(side);
        long channels = shape.Length < 3 ? 0 : shape[isMap ? 1 : 2],
            grid = isMap ? shape[2]
            : isTokens ? (long)Math.Sqrt(shape[1])
            : 0;
        if (grid is < 1 or > ManifestChecks.MaxGrid || channels is < 1 or > ManifestChecks.MaxChannels)
            throw new PackException(
                $"output '{output}' has shape [{string.Join(", ", shape)}], expected a map [1, C, g, g] or tokens [1, n, C] with a "
                    + $"square n, g at most {ManifestChecks.MaxGrid}"
            );
        return new ForeignLayer(isMap, (int)channels, (int)grid);
    }
}
