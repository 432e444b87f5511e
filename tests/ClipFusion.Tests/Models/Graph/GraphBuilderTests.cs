using ClipFusion.Models.Graph;
using Onnx;

namespace ClipFusion.Tests.Models.Graph;

/// <summary>A mistake in a network must show where it is written, with both operands named.</summary>
public sealed class GraphBuilderTests
{
    private const ElementType F32 = ElementType.Float32;
    private readonly GraphBuilder _g = new("test", GraphTarget.OnnxRuntime);

    public static TheoryData<string, Action<GraphBuilder>> Mistakes =>
        new()
        {
            { "MatMul of lengths 4 and 5", g => g.MatMul(In(g, F32, "N", 3, 4), In(g, F32, 5, 6)) },
            { "MatMul of two types", g => g.MatMul(In(g, F32, 3, 4), In(g, ElementType.Float16, 4, 6)) },
            { "MatMul of a vector", g => g.MatMul(In(g, F32, 4), In(g, F32, 4, 6)) },
            { "Add of 3 and 4", g => g.Add(In(g, F32, "N", 3), In(g, F32, "N", 4)) },
            { "Add of two run-time lengths", g => g.Add(In(g, F32, "N", 3), In(g, F32, "M", 3)) },
            { "Add of two types", g => g.Add(In(g, F32, 3), In(g, ElementType.Int64, 3)) },
            { "Conv of 3 channels by 4", g => g.Conv(In(g, F32, "N", 3, 8, 8), In(g, F32, 5, 4, 3, 3), null, 1, (1, 1, 1, 1)) },
            { "Conv of a matrix", g => g.Conv(In(g, F32, 8, 8), In(g, F32, 5, 4, 3, 3), null, 1, (1, 1, 1, 1)) },
            { "GroupNorm of 6 channels in 4 groups", g => g.GroupNorm(In(g, F32, "N", 6, 2, 2), In(g, F32, 6), In(g, F32, 6), 4, 1e-5) },
            { "GroupNorm with another scale", g => g.GroupNorm(In(g, F32, "N", 8, 2, 2), In(g, F32, 6), In(g, F32, 6), 4, 1e-5) },
            { "LayerNorm with another scale", g => g.LayerNorm(In(g, F32, "N", 8), In(g, F32, 6), In(g, F32, 6), 1e-5) },
            { "Reshape to more elements", g => g.Reshape(In(g, F32, "N", 6), "N", 2, 4) },
            { "Reshape that drops the batch", g => g.Reshape(In(g, F32, "N", 6), 2, 3) },
            { "Reshape of two run-time lengths", g => g.Reshape(In(g, F32, "N", "M", 6), "N", "M", 2, 3) },
            { "Transpose with too few axes", g => g.Transpose(In(g, F32, "N", 6, 2), 1, 0) },
            { "Concat of other ranks", g => g.Concat(1, In(g, F32, "N", 6), In(g, F32, "N", 6, 1)) },
            { "Concat of other batches", g => g.Concat(1, In(g, F32, "N", 6), In(g, F32, "M", 6)) },
            { "Concat of two types", g => g.Concat(1, In(g, F32, "N", 6), In(g, ElementType.Float16, "N", 6)) },
            { "Slice past the end", g => g.Slice(In(g, F32, "N", 6), 1, 4, 7) },
            { "Slice along the batch", g => g.Slice(In(g, F32, "N", 6), 0, 0, 1) },
            { "Empty slice", g => g.Slice(In(g, F32, "N", 6), 1, 3, 3) },
            { "Rows by floats", g => g.Rows(In(g, F32, "N", 6), In(g, F32, 3)) },
            { "RepeatRow of many rows", g => g.RepeatRow(In(g, F32, 2, 6), In(g, F32, "N", 6)) },
            { "Attention of 6 channels in 4 heads", g => g.AttentionProbabilities(In(g, F32, "N", 5, 6), In(g, F32, "N", 5, 6), 4) },
            {
                "Two values of one name",
                g =>
                {
                    In(g, F32, 1, "same");
                    g.Input("x0", F32, 1);
                }
            },
        };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void Operator_WithOperandsThatDoNotFit_Throws(string mistake, Action<GraphBuilder> write)
    {
        var e = Assert.Throws<GraphException>(() => write(_g));
        Assert.True(e.Message.Length > 15, $"{mistake}: '{e.Message}' says too little");
    }

    [Fact]
    public void Constant_WrittenTwice_IsStoredOnce()
    {
        Value x = _g.Input("x", F32, "N", 3);
        _g.Output("y", _g.Scale(_g.Scale(_g.Shift(_g.Scale(x, 2), 1), 2), -2));
        Assert.Equal(
            [1f, 2f, -2f],
            Saved()
                .Graph.Initializer.Select(i => BitConverter.ToSingle(i.RawData.Span))
                .OrderBy(v =>
                    v switch
                    {
                        1 => 0,
                        2 => 1,
                        _ => 2,
                    }
                )
        );
    }

    [Fact]
    public void Constant_OfEqualBytesInOtherShapeOrType_IsAnotherOne()
    {
        Value a = _g.Constant(F32, [0, 0], 2),
            b = _g.Constant(F32, [0, 0], 1, 2),
            c = _g.Constant(ElementType.Int64, [0], 1),
            d = _g.Constant(ElementType.Float16, [0, 0], 2);
        Assert.Equal(4, new[] { a.Name, b.Name, c.Name, d.Name }.Distinct().Count());
    }

    [Fact]
    public void Save_OfAnyGraph_NamesEveryNodeAndDeclaresItsDomains()
    {
        Value x = _g.Input("x", F32, "N", 5, 6);
        _g.Output("y", _g.Attention(x, x, x, 2));
        ModelProto model = Saved();
        Assert.Equal(17, Assert.Single(model.OpsetImport, o => o.Domain.Length == 0).Version);
        Assert.Contains(model.OpsetImport, o => o.Domain == "com.microsoft");
        Assert.Equal(model.Graph.Node.Count, model.Graph.Node.Select(n => n.Name).Distinct().Count());
    }

    private ModelProto Saved()
    {
        using var folder = new TemporaryFolder();
        _g.Save(folder["g.onnx"]);
        return ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder["g.onnx"]));
    }

    private static Value In(GraphBuilder g, ElementType type, params Dim[] shape) => g.Input($"x{g.Inputs.Count}", type, shape);
}
