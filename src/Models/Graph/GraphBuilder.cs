using System.Buffers.Binary;
using System.Reflection;
using Google.Protobuf;
using Onnx;

namespace ClipFusion.Models.Graph;

/// <summary>
/// Writes one ONNX graph. Every operator checks its operands and works out the shape of its result, so that a mistake in a network
/// shows where it is written and not in a runtime's log. The operators themselves are in the other parts of this class.
/// </summary>
/// <remarks>
/// Opset 17 and IR version 8: what every TensorRT from 8.5 (JetPack 5) and Debian's checker take. Weights are external data.
/// At most one run-time length per tensor is supported by <see cref="Reshape"/>, which is all that a batch needs.
/// </remarks>
public sealed partial class GraphBuilder
{
    private const int OpsetVersion = 17;
    private const int IrVersion = 8;
    private const string ContribDomain = "com.microsoft";

    /// <summary>Without what a build adds behind a plus, so that two builds of a version write the same.</summary>
    private static readonly string ProducerVersion =
        typeof(GraphBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private readonly GraphProto _graph;
    private readonly Dictionary<string, Value> _initializers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _used = new(StringComparer.Ordinal);
    private readonly List<Value> _inputs = [];
    private readonly List<Value> _outputs = [];
    private string _scope = "";
    private bool _usesContrib;

    /// <summary>Starts an empty graph.</summary>
    /// <param name="name">The graph's name, shown by runtimes and viewers.</param>
    /// <param name="target">The runtime that it is written for.</param>
    public GraphBuilder(string name, GraphTarget target)
    {
        _graph = new GraphProto { Name = name };
        Target = target;
    }

    /// <summary>The runtime that it is written for.</summary>
    public GraphTarget Target { get; }

    /// <summary>The graph's inputs in order.</summary>
    public IReadOnlyList<Value> Inputs => _inputs;

    /// <summary>The graph's outputs in order.</summary>
    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary>
    /// Nodes that are written until the result is disposed belong to a module: their names start with its path, which is how viewers and
    /// profilers group them. Scopes nest; the innermost counts. Names change nothing of what is computed.
    /// </summary>
    /// <param name="path">The module's path in the published weights, such as <c>down_blocks.0.attentions.0</c>; empty for the
    /// root.</param>
    public GraphScope Scope(string path)
    {
        var scope = new GraphScope(this, _scope);
        _scope = path;
        return scope;
    }

    /// <summary>Ends a scope.</summary>
    internal void Leave(string before) => _scope = before;

    /// <summary>Declares a graph input.</summary>
    public Value Input(string name, ElementType type, params Dim[] shape)
    {
        var value = new Value(Claim(name), type, shape);
        _graph.Input.Add(Info(value));
        _inputs.Add(value);
        return value;
    }

    /// <summary>Gives <paramref name="value"/> out under <paramref name="name"/>.</summary>
    public void Output(string name, Value value)
    {
        var output = new Value(Claim(name), value.Type, value.Shape);
        Node("Identity", [value], output);
        _graph.Output.Add(Info(output));
        _outputs.Add(output);
    }

    /// <summary>A weight that lies in an external-data file.</summary>
    public Value Weight(ExternalTensor tensor) => Initializer(tensor.Key, () => External(tensor));

    /// <summary>The entry of a graph for a weight that lies in an external-data file.</summary>
    internal static TensorProto External(ExternalTensor tensor)
    {
        var proto = new TensorProto
        {
            Name = tensor.Key,
            DataType = (int)tensor.Type,
            DataLocation = TensorProto.Types.DataLocation.External,
        };
        proto.Dims.AddRange(tensor.Shape);
        proto.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = tensor.FileName });
        proto.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = tensor.Offset.ToString() });
        proto.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = tensor.Length.ToString() });
        return proto;
    }

    /// <summary>A small constant inside the graph file. Equal constants are stored once.</summary>
    public Value Constant(ElementType type, ReadOnlySpan<double> values, params long[] shape)
    {
        byte[] raw = type switch
        {
            ElementType.Float32 => Encode(values, 4, static (b, v) => BinaryPrimitives.WriteSingleLittleEndian(b, (float)v)),
            ElementType.Float16 => Encode(values, 2, static (b, v) => BinaryPrimitives.WriteHalfLittleEndian(b, (Half)v)),
            ElementType.Int64 => Encode(values, 8, static (b, v) => BinaryPrimitives.WriteInt64LittleEndian(b, (long)v)),
            _ => throw new GraphException($"constants of {type} are not written"),
        };
        string name =
            $"const_{type}_{string.Join('x', shape)}_{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(raw).AsSpan(0, 8))}";
        return Initializer(
            name,
            () =>
            {
                var proto = new TensorProto
                {
                    Name = name,
                    DataType = (int)type,
                    RawData = ByteString.CopyFrom(raw),
                };
                proto.Dims.AddRange(shape);
                return proto;
            }
        );
    }

    /// <summary>A scalar constant.</summary>
    public Value Scalar(ElementType type, double value) => Constant(type, [value]);

    /// <summary>A one-dimensional int64 constant: a shape, axes or indices.</summary>
    public Value Int64s(params ReadOnlySpan<long> values)
    {
        var wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return Constant(ElementType.Int64, wide, values.Length);
    }

    /// <summary>Writes the graph file.</summary>
    /// <param name="path">A file beside the external-data files that the graph refers to.</param>
    /// <param name="origin">What it was made from, for who opens it in a viewer; null where nobody says.</param>
    public void Save(string path, GraphOrigin? origin = null)
    {
        var model = new ModelProto { IrVersion = IrVersion, Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        if (_usesContrib)
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = ContribDomain, Version = 1 });
        Save(model, path, origin);
    }

    /// <summary>Writes a graph file and says in it who wrote it, and from what.</summary>
    internal static void Save(ModelProto model, string path, GraphOrigin? origin)
    {
        (model.ProducerName, model.ProducerVersion, model.Domain) = ("clipfusion", ProducerVersion, "clipfusion");
        if (origin is not null)
        {
            model.DocString = origin.Description;
            model.MetadataProps.AddRange(origin.Properties.Select(p => new StringStringEntryProto { Key = p.Key, Value = p.Value }));
        }

        using FileStream file = File.Create(path);
        model.WriteTo(file);
        file.Flush(flushToDisk: true);
    }

    private Value Initializer(string name, Func<TensorProto> create)
    {
        if (_initializers.TryGetValue(name, out Value? known))
            return known;
        TensorProto proto = create();
        _graph.Initializer.Add(proto);
        var value = new Value(Claim(name), (ElementType)proto.DataType, [.. proto.Dims.Select(d => (Dim)d)]);
        _initializers.Add(name, value);
        return value;
    }

    private Value Emit(
        string op,
        IReadOnlyList<Value> inputs,
        ElementType type,
        IReadOnlyList<Dim> shape,
        params AttributeProto[] attributes
    ) => Node(op, inputs, new Value(Claim(NodeName(op)), type, shape), attributes);

    /// <summary>The module and the operator, numbered where the module has several: <c>mid_block.resnets.0.conv1/Conv</c>.</summary>
    private string NodeName(string op)
    {
        string name = _scope.Length == 0 ? $"/{op}" : $"{_scope}/{op}";
        int number = _used[name] = _used.GetValueOrDefault(name) + 1;
        return number == 1 ? name : $"{name}_{number}";
    }

    private Value Node(string op, IReadOnlyList<Value> inputs, Value output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = output.Name };
        node.Input.AddRange(inputs.Select(i => i.Name));
        node.Output.Add(output.Name);
        node.Attribute.AddRange(attributes);
        _graph.Node.Add(node);
        return output;
    }

    private string Claim(string name) =>
        _names.Add(name) ? name : throw new GraphException($"graph '{_graph.Name}' already has a value named '{name}'");

    private delegate void Encoder(Span<byte> destination, double value);

    private static byte[] Encode(ReadOnlySpan<double> values, int size, Encoder encode)
    {
        var raw = new byte[values.Length * size];
        for (int i = 0; i < values.Length; i++)
            encode(raw.AsSpan(i * size), values[i]);
        return raw;
    }

    internal static ValueInfoProto Info(Value value)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(
            value.Shape.Select(d =>
                d.IsFixed
                    ? new TensorShapeProto.Types.Dimension { DimValue = d.Length }
                    : new TensorShapeProto.Types.Dimension { DimParam = d.Symbol }
            )
        );
        var type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor { ElemType = (int)value.Type, Shape = shape },
        };
        return new ValueInfoProto { Name = value.Name, Type = type };
    }

    internal static AttributeProto Attr(string name, long value) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.Int,
            I = value,
        };

    private static AttributeProto Attr(string name, float value) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.Float,
            F = value,
        };

    private static AttributeProto Attr(string name, string value) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.String,
            S = ByteString.CopyFromUtf8(value),
        };

    internal static AttributeProto Attr(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }
}
