using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>ONNX files of other people: two convolutions, their maps <c>a</c> and <c>b</c>, the tokens of <c>b</c> and a last output
/// that nobody wants.</summary>
internal static class TinyOnnx
{
    public const int Channels = 6,
        MoreChannels = 10;

    /// <summary>The network.</summary>
    /// <param name="opset">Version of the operators.</param>
    /// <param name="size">Side of the picture; null leaves it open.</param>
    /// <param name="isOpenBatch">Whether the number of pictures is open.</param>
    public static ModelProto Model(long opset = 13, int? size = 32, bool isOpenBatch = false)
    {
        var random = new Random(7);
        var graph = new GraphProto { Name = "tiny" };
        graph.Input.Add(Info("picture", isOpenBatch ? null : 1, 3, size, size));
        graph.Node.Add(
            Node("Conv", ["picture", "w1", "b1"], "c1", Ints("kernel_shape", 3, 3), Ints("strides", 2, 2), Ints("pads", 1, 1, 1, 1))
        );
        graph.Node.Add(Node("Relu", ["c1"], "a"));
        graph.Node.Add(Node("Conv", ["a", "w2", "b2"], "b", Ints("kernel_shape", 3, 3), Ints("strides", 2, 2), Ints("pads", 1, 1, 1, 1)));
        graph.Node.Add(Node("Reshape", ["b", "cells"], "rows"));
        graph.Node.Add(Node("Transpose", ["rows"], "tokens", Ints("perm", 0, 2, 1)));
        graph.Node.Add(Node("Softmax", ["b"], "end"));
        graph.Initializer.Add(Floats("w1", random, Channels, 3, 3, 3));
        graph.Initializer.Add(Floats("b1", random, Channels));
        graph.Initializer.Add(Floats("w2", random, MoreChannels, Channels, 3, 3));
        graph.Initializer.Add(Floats("b2", random, MoreChannels));
        var cells = new TensorProto { Name = "cells", DataType = (int)DataType.Int64 };
        cells.Dims.Add(3);
        cells.Int64Data.AddRange([0, 0, -1]);
        graph.Initializer.Add(cells);
        graph.Output.Add(Info("end", isOpenBatch ? null : 1, MoreChannels, null, null));
        var model = new ModelProto { IrVersion = 8, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        return model;
    }

    /// <summary>Writes a file.</summary>
    public static string Write(this ModelProto model, string path)
    {
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    public static NodeProto Node(string op, string[] inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op, Name = $"node_{output}" };
        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        return node;
    }

    public static AttributeProto Ints(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static ValueInfoProto Info(string name, params long?[] shape)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float, Shape = new TensorShapeProto() };
        tensor.Shape.Dim.AddRange(
            shape.Select(
                (d, i) =>
                    d is { } length
                        ? new TensorShapeProto.Types.Dimension { DimValue = length }
                        : new TensorShapeProto.Types.Dimension { DimParam = $"d{i}" }
            )
        );
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = tensor },
        };
    }

    private static TensorProto Floats(string name, Random random, params long[] shape)
    {
        long count = shape.Aggregate(1L, (a, b) => a * b);
        float[] values = [.. Enumerable.Range(0, (int)count).Select(_ => (float)((random.NextDouble() - 0.5) * 2))];
        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Float,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
        };
        tensor.Dims.AddRange(shape);
        return tensor;
    }
}
