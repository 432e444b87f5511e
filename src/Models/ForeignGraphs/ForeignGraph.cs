using ClipFusion.Foundation.Files;
using Google.Protobuf;
using Onnx;

namespace ClipFusion.Models.ForeignGraphs;

/// <summary>An ONNX file of somebody else's, checked and never trusted: one picture in, tensors of any of its layers out.</summary>
internal sealed class ForeignGraph
{
    /// <summary>The first operator set in which all arithmetic broadcasts as it does today.</summary>
    public const long LeastOpset = 7;

    private const int MaxFileBytes = 2_000_000_000;
    private static readonly string[] StandardDomains = ["", "ai.onnx"];
    private static readonly string[] KnownDomains = [.. StandardDomains, "com.microsoft"];

    private readonly ModelProto _model;

    private ForeignGraph(string path, ModelProto model)
    {
        (Path, _model, Tensors) = (path, model, new ForeignTensors(path));
        Initializers = new Dictionary<string, TensorProto>(StringComparer.Ordinal);
        foreach (TensorProto tensor in model.Graph.Initializer)
            if (!Initializers.TryAdd(tensor.Name, tensor))
                throw Fault($"the constant '{Shown(tensor.Name)}' is there twice", "each name once");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Version of the standard operators.</summary>
    public long Opset { get; private init; }

    /// <summary>Operator sets with domain and version.</summary>
    public IEnumerable<OperatorSetIdProto> Opsets => _model.OpsetImport;

    /// <summary>Version of the format.</summary>
    public long IrVersion => _model.IrVersion;

    /// <summary>Constants by name.</summary>
    public Dictionary<string, TensorProto> Initializers { get; }

    /// <summary>Reads constants.</summary>
    public ForeignTensors Tensors { get; }

    /// <summary>Names of the graph's own outputs.</summary>
    public IReadOnlyList<string> Outputs => [.. _model.Graph.Output.Select(o => o.Name)];

    /// <summary>Reads a file.</summary>
    /// <exception cref="ForeignGraphException">Unreadable, damaged, or with operators of before <see cref="LeastOpset"/>.</exception>
    public static ForeignGraph Open(string path)
    {
        try
        {
            byte[] bytes = RegularFile.ReadAllBytes(path, MaxFileBytes);
            if (LfsPointer.Is(bytes, bytes.Length))
                throw new ForeignGraphException($"{path}: {LfsPointer.Message}");
            return Parse(path, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string message = e.Message.StartsWith(path, StringComparison.Ordinal) ? e.Message : $"{path}: {e.Message}";
            throw new ForeignGraphException(message, e);
        }
    }

    /// <summary>Reads a file's bytes.</summary>
    public static ForeignGraph Parse(string path, byte[] bytes)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new ForeignGraphException($"{path}: no ONNX file, or a damaged one: {e.Message}", e);
        }

        if (model.Graph is null || model.Graph.Node.Count == 0)
            throw new ForeignGraphException($"{path}: no graph is in it, expected an ONNX file with at least one operator");
        long[] standard = [.. model.OpsetImport.Where(o => StandardDomains.Contains(o.Domain)).Select(o => o.Version)];
        if (standard is not [>= LeastOpset and var opset])
            throw new ForeignGraphException(
                $"{path}: operator set {(standard.Length == 0 ? "none" : string.Join(", ", standard))}, expected one, of {LeastOpset} "
                    + "or later"
            );
        return new ForeignGraph(path, model) { Opset = opset };
    }

    /// <summary>The operators that some values need, in an order in which they can run, and the one input that they lead back to.</summary>
    /// <param name="outputs">Names of values.</param>
    /// <exception cref="ForeignGraphException">A value does not exist, an operator is not one that is run here, or there is not exactly one
    /// picture as the input.</exception>
    public (IReadOnlyList<NodeProto> Nodes, ValueInfoProto Picture) Cut(IReadOnlyCollection<string> outputs)
    {
        var makers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < _model.Graph.Node.Count; i++)
            foreach (string value in _model.Graph.Node[i].Output.Where(o => o.Length > 0))
                if (!makers.TryAdd(value, i))
                    throw Fault($"the value '{Shown(value)}' is made twice", "each value once");
        foreach (string output in outputs.Where(o => !makers.ContainsKey(o)))
            throw Fault($"no value is named '{Shown(output)}'", $"the name of an operator's output, such as {Examples(makers.Keys)}");

        var wanted = new SortedSet<int>();
        var free = new SortedSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(outputs);
        while (open.TryPop(out string? value))
        {
            if (!makers.TryGetValue(value, out int maker))
            {
                if (value.Length > 0 && !Initializers.ContainsKey(value))
                    free.Add(value);
                continue;
            }

            if (!wanted.Add(maker))
                continue;
            RequireKnown(_model.Graph.Node[maker]);
            foreach (string input in _model.Graph.Node[maker].Input)
                open.Push(input);
        }

        NodeProto[] nodes = [.. wanted.Select(i => _model.Graph.Node[i])];
        RequireOrder(nodes, makers);
        return (nodes, Picture(free));
    }

    private ValueInfoProto Picture(SortedSet<string> free)
    {
        ValueInfoProto[] inputs = [.. _model.Graph.Input.Where(i => free.Contains(i.Name))];
        if (free.Count != 1 || inputs.Length != 1)
            throw Fault(
                free.Count == 0
                    ? "the outputs depend on no input"
                    : $"the outputs depend on {string.Join(", ", free.Take(8).Select(Shown))}",
                "exactly one input, the picture"
            );
        TypeProto.Types.Tensor? type = inputs[0].Type?.TensorType;
        if (type is null || type.ElemType != (int)TensorProto.Types.DataType.Float || type.Shape is null || type.Shape.Dim.Count != 4)
            throw Fault($"input '{Shown(inputs[0].Name)}' is no float32 tensor of four axes", "float32 [1, 3, S, S]");
        TensorShapeProto.Types.Dimension[] shape = [.. type.Shape.Dim];
        bool fits =
            (!shape[0].HasDimValue || shape[0].DimValue == 1)
            && (!shape[1].HasDimValue || shape[1].DimValue == 3)
            && (!shape[2].HasDimValue || !shape[3].HasDimValue || shape[2].DimValue == shape[3].DimValue);
        return fits
            ? inputs[0]
            : throw Fault(
                $"input '{Shown(inputs[0].Name)}' has shape "
                    + $"[{string.Join(", ", shape.Select(d => d.HasDimValue ? $"{d.DimValue}" : "?"))}]",
                "[1, 3, S, S]"
            );
    }

    private void RequireKnown(NodeProto node)
    {
        if (!KnownDomains.Contains(node.Domain))
            throw Fault(
                $"operator '{Shown(node.OpType)}' of '{Shown(node.Domain)}' at '{Shown(node.Name)}'",
                "operators of ONNX or of ONNX Runtime; there are no custom ones here"
            );
        if (node.Attribute.Any(a => a.G is not null || a.Graphs.Count > 0))
            throw Fault(
                $"operator '{Shown(node.OpType)}' at '{Shown(node.Name)}' has a subgraph",
                "operators without control flow; export the network with fixed control flow"
            );
        if (node.Attribute.Any(a => a.Tensors.Append(a.T).Any(t => t is not null && IsElsewhere(t))))
            throw Fault(
                $"operator '{Shown(node.OpType)}' at '{Shown(node.Name)}' has a constant whose data is in another file",
                "such data of the graph's own constants alone"
            );
        if (_model.Graph.SparseInitializer.Any(s => node.Input.Contains(s.Values?.Name ?? "")))
            throw Fault($"operator '{Shown(node.OpType)}' at '{Shown(node.Name)}' has a sparse constant", "dense ones");
    }

    /// <summary>Operators stand in an order in which they can run; a file in which they don't may also have a circle.</summary>
    private void RequireOrder(NodeProto[] nodes, Dictionary<string, int> makers)
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        foreach (NodeProto node in nodes)
        {
            if (node.Input.FirstOrDefault(i => makers.ContainsKey(i) && !made.Contains(i)) is { } early)
                throw Fault($"operator '{Shown(node.OpType)}' uses '{Shown(early)}' before it is made", "operators in order");
            made.UnionWith(node.Output);
        }
    }

    private static bool IsElsewhere(TensorProto tensor) =>
        tensor.DataLocation == TensorProto.Types.DataLocation.External || tensor.ExternalData.Count > 0;

    private ForeignGraphException Fault(string found, string expected) => new($"{Path}: {found}, expected {expected}");

    private static string Examples(IEnumerable<string> names) => string.Join(", ", names.TakeLast(3).Select(n => $"'{Shown(n)}'"));

    private static string Shown(string text) => text.Length <= 120 ? text : text[..120] + "...";
}
