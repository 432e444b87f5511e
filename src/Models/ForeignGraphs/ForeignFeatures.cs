using ClipFusion.Models.Graph;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace ClipFusion.Models.ForeignGraphs;

/// <summary>
/// A network of an ONNX file as a graph of a pack: uint8 [N, S, S, 3] in, unit features [N, cells, C] of some of its layers out. The
/// file's own operators stay as they are, in the operator set that they were written for; what is put around them is in forms that this
/// operator set has. Names of the file get a prefix, so that none can meet ours.
/// </summary>
internal sealed class ForeignFeatures
{
    private const string Prefix = "backbone/";
    private const int LeastIrVersion = 8;

    /// <summary>From here on reductions take their axes as an input.</summary>
    private const long AxesAsInput = 18;

    /// <summary>Smaller constants stay in the graph, where runtimes look for shapes and axes.</summary>
    private const int LeastExternal = 16;

    private static readonly string[] Products = ["Conv", "ConvTranspose", "Gemm", "MatMul"];

    private readonly ForeignGraph _file;
    private readonly ExternalWeightFile _store;
    private readonly GraphProto _graph;
    private readonly HashSet<string> _made = new(StringComparer.Ordinal);
    private readonly bool _isHalf;

    /// <summary>Starts a graph.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The graph's name.</param>
    /// <param name="store">Where large constants go.</param>
    /// <param name="isHalf">Whether products by a weight are float16; everything else stays float32.</param>
    public ForeignFeatures(ForeignGraph file, string name, ExternalWeightFile store, bool isHalf)
    {
        (_file, _store, _isHalf) = (file, store, isHalf);
        _graph = new GraphProto { Name = name };
    }

    /// <summary>Products that became float16.</summary>
    public int HalfProducts { get; private set; }

    /// <summary>Graph inputs.</summary>
    public List<Value> Inputs { get; } = [];

    /// <summary>Graph outputs.</summary>
    public List<Value> Outputs { get; } = [];

    /// <summary>Writes the picture's way in and the operators up to some values.</summary>
    /// <param name="pixels">Name of the input.</param>
    /// <param name="size">S.</param>
    /// <param name="input">What the network wants.</param>
    /// <param name="outputs">The values.</param>
    public void Begin(string pixels, int size, BackboneInput input, IReadOnlyCollection<string> outputs)
    {
        (IReadOnlyList<NodeProto> nodes, ValueInfoProto picture) = _file.Cut(outputs);
        // A file for one picture may have that one in its own shapes.
        Batch = picture.Type.TensorType.Shape.Dim[0].HasDimValue ? 1 : "N";
        Picture(pixels, size, input, Prefix + picture.Name);
        foreach (NodeProto node in nodes)
            Foreign(node);
    }

    /// <summary>The number of pictures: one, or a run-time length.</summary>
    public Dim Batch { get; private set; }

    /// <summary>Gives a value of the file out as it is.</summary>
    /// <param name="name">Name of the output.</param>
    /// <param name="value">A value of the file.</param>
    /// <param name="layer">Its shape; null where it is not known yet.</param>
    public void Raw(string name, string value, ForeignLayer? layer)
    {
        Node("Cast", [Prefix + value], name, Attribute("to", (long)DataType.Float));
        if (layer is null)
        {
            var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } };
            _graph.Output.Add(new ValueInfoProto { Name = name, Type = type });
            return;
        }

        long grid = layer.GridSize;
        Output(name, layer.IsMap ? [Batch, layer.Channels, grid, grid] : [Batch, grid * grid, layer.Channels]);
    }

    /// <summary>Gives a layer's features out, of unit length.</summary>
    /// <param name="name">Name of the output.</param>
    /// <param name="value">A value of the file: a map [N, C, g, g] or tokens [N, g g, C].</param>
    /// <param name="layer">Its shape.</param>
    /// <param name="localMean">Side of the square over which neighbours are averaged: 1 or 3.</param>
    public void Features(string name, string value, ForeignLayer layer, int localMean)
    {
        string x = Node("Cast", [Prefix + value], $"{name}/Cast", Attribute("to", (long)DataType.Float));
        bool isMap = layer.IsMap;
        if (!isMap && localMean > 1)
        {
            x = Node("Transpose", [x], $"{name}/channels", Attribute("perm", 0, 2, 1));
            x = Node("Reshape", [x, Constant(0, 0, layer.GridSize, layer.GridSize)], $"{name}/grid");
            isMap = true;
        }

        if (localMean > 1)
            x = Node(
                "AveragePool",
                [x],
                $"{name}/AveragePool",
                Attribute("kernel_shape", localMean, localMean),
                Attribute("strides", 1, 1),
                Attribute("pads", localMean / 2, localMean / 2, localMean / 2, localMean / 2),
                // At the border the mean is over the neighbours that there are.
                Attribute("count_include_pad", 0L)
            );
        if (isMap)
        {
            x = Node("Reshape", [x, Constant(0, 0, -1)], $"{name}/cells");
            x = Node("Transpose", [x], $"{name}/Transpose", Attribute("perm", 0, 2, 1));
        }

        string norm =
            _file.Opset < AxesAsInput
                ? Node("ReduceL2", [x], $"{name}/ReduceL2", Attribute("axes", [-1L]), Attribute("keepdims", 1L))
                : Node("ReduceL2", [x, Constant(-1)], $"{name}/ReduceL2", Attribute("keepdims", 1L));
        Node("Div", [x, norm], name);
        Output(name, [Batch, layer.GridSize * (long)layer.GridSize, layer.Channels]);
    }

    /// <summary>Writes the graph file.</summary>
    public void Save(string path, GraphOrigin? origin)
    {
        var model = new ModelProto { IrVersion = Math.Max(LeastIrVersion, _file.IrVersion), Graph = _graph };
        string[] domains = [.. _graph.Node.Select(n => n.Domain).Distinct()];
        foreach (OperatorSetIdProto opset in _file.Opsets)
            if (opset.Domain is "" or "ai.onnx" || domains.Contains(opset.Domain))
                model.OpsetImport.Add(opset.Clone());
        GraphBuilder.Save(model, path, origin);
    }

    private void Picture(string pixels, int size, BackboneInput input, string result)
    {
        Inputs.Add(new Value(pixels, ElementType.UInt8, [Batch, size, size, 3]));
        _graph.Input.Add(GraphBuilder.Info(Inputs[^1]));
        string x = Node("Cast", [pixels], "/Cast", Attribute("to", (long)DataType.Float));
        x = Node("Transpose", [x], "/Transpose", Attribute("perm", 0, 3, 1, 2));
        if (input.IsBgr)
            x = Node("Gather", [x, Constant(2, 1, 0)], "/Gather", Attribute("axis", 1L));
        // (u / 255 - mean) / std as one difference and one quotient.
        x = Node("Sub", [x, PerChannel("mean", input.Mean)], "/Sub");
        Node("Div", [x, PerChannel("std", input.Std)], result);
    }

    private void Foreign(NodeProto node)
    {
        NodeProto copy = node.Clone();
        copy.Name = Prefix + (node.Name.Length > 0 ? node.Name : node.Output[0]);
        copy.ClearDocString();
        bool half = _isHalf && IsProduct(node);
        for (int i = 0; i < copy.Input.Count; i++)
            if (node.Input[i].Length > 0)
                copy.Input[i] = half ? Half(node.Input[i]) : Whole(node.Input[i]);
        for (int i = 0; i < copy.Output.Count; i++)
            if (node.Output[i].Length > 0)
                copy.Output[i] = Prefix + node.Output[i];
        if (half)
        {
            HalfProducts++;
            copy.Output[0] += ".half";
            _made.Add(copy.Output[0]);
            _graph.Node.Add(copy);
            Node("Cast", [copy.Output[0]], Prefix + node.Output[0], Attribute("to", (long)DataType.Float));
            return;
        }

        _graph.Node.Add(copy);
    }

    /// <summary>Whether a node multiplies by a float32 constant, and so may be float16 alone among float32 neighbours.</summary>
    private bool IsProduct(NodeProto node) =>
        node.Domain is "" or "ai.onnx"
        && Products.Contains(node.OpType)
        && node.Input.Count >= 2
        && _file.Initializers.TryGetValue(node.Input[1], out TensorProto? weight)
        && weight.DataType == (int)DataType.Float;

    private string Whole(string value)
    {
        string name = Prefix + value;
        if (!_file.Initializers.TryGetValue(value, out TensorProto? tensor) || !_made.Add(name))
            return name;
        float[]? values = _file.Tensors.Floats(tensor);
        // What is infinite on purpose, such as an attention's mask, stays in the graph.
        if (values is null || values.Length < LeastExternal || !values.All(float.IsFinite))
        {
            TensorProto inside = _file.Tensors.Inside(tensor);
            inside.Name = name;
            _graph.Initializer.Add(inside);
            return name;
        }

        ElementType type = tensor.DataType == (int)DataType.Float16 ? ElementType.Float16 : ElementType.Float32;
        _graph.Initializer.Add(GraphBuilder.External(_store.Add(name, type, [.. tensor.Dims], () => values)));
        return name;
    }

    private string Half(string value)
    {
        string name = $"{Prefix}{value}.half";
        if (!_made.Add(name))
            return name;
        if (
            _file.Initializers.TryGetValue(value, out TensorProto? tensor)
            && _file.Tensors.Floats(tensor) is { Length: >= LeastExternal } values
        )
        {
            _graph.Initializer.Add(GraphBuilder.External(_store.Add(name, ElementType.Float16, [.. tensor.Dims], () => values)));
            return name;
        }

        return Node("Cast", [Whole(value)], name, Attribute("to", (long)DataType.Float16));
    }

    private void Output(string name, IReadOnlyList<Dim> shape)
    {
        Outputs.Add(new Value(name, ElementType.Float32, shape));
        _graph.Output.Add(GraphBuilder.Info(Outputs[^1]));
    }

    private string Node(string op, IReadOnlyList<string> inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        _graph.Node.Add(node);
        return output;
    }

    private string PerChannel(string name, IReadOnlyList<double> values)
    {
        var tensor = new TensorProto { Name = $"/{name}", DataType = (int)DataType.Float };
        tensor.Dims.AddRange([3, 1, 1]);
        tensor.FloatData.AddRange(values.Select(v => (float)(255 * v)));
        _graph.Initializer.Add(tensor);
        return tensor.Name;
    }

    private string Constant(params long[] values)
    {
        string name = $"/int64s_{string.Join('_', values)}";
        if (!_made.Add(name))
            return name;
        var tensor = new TensorProto { Name = name, DataType = (int)DataType.Int64 };
        tensor.Dims.Add(values.Length);
        tensor.Int64Data.AddRange(values);
        _graph.Initializer.Add(tensor);
        return name;
    }

    private static AttributeProto Attribute(string name, long value) => GraphBuilder.Attr(name, value);

    private static AttributeProto Attribute(string name, params long[] values) => GraphBuilder.Attr(name, values);
}

/// <summary>Shape of a layer's features in a foreign graph.</summary>
/// <param name="IsMap">Whether it is a map [N, C, g, g] instead of tokens [N, g g, C].</param>
/// <param name="Channels">C.</param>
/// <param name="GridSize">g.</param>
internal sealed record ForeignLayer(bool IsMap, int Channels, int GridSize);
