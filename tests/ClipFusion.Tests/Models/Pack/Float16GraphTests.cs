using ClipFusion.Models.Pack;
using Onnx;
using ElementType = ClipFusion.Models.Graph.ElementType;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>
/// Where float16 packs compute in float32, read off the graphs themselves: ONNX Runtime's CPU provider widens float16 products on its own,
/// so that running a graph there can't show an overflow.
/// </summary>
public sealed class Float16GraphTests(TinyPacks packs)
{
    private static readonly string[] Reductions =
    [
        "Softmax",
        "LayerNormalization",
        "InstanceNormalization",
        "ReduceMean",
        "ReduceSumSquare",
        "ReduceL2",
        "Sqrt",
        "Sin",
        "Cos",
    ];

    [Fact]
    public void Reductions_OfEveryGraph_AreFloat32() =>
        Assert.All(
            Graphs(),
            g => Assert.All(g.Nodes.Where(n => Reductions.Contains(n.OpType)), n => Assert.Equal(ElementType.Float32, g.TypeOf(n.Input[0])))
        );

    [Fact]
    public void LogitsOfEverySoftmax_AreProductsInFloat32()
    {
        int softmaxes = 0;
        foreach (TypedGraph g in Graphs())
        {
            foreach (NodeProto softmax in g.Nodes.Where(n => n.OpType == "Softmax"))
            {
                softmaxes++;
                NodeProto product = g.SourceThrough(softmax.Input[0], "Add", "Mul", "Div", "Cast");
                Assert.Equal("MatMul", product.OpType);
                Assert.All(product.Input, i => Assert.Equal(ElementType.Float32, g.TypeOf(i)));
            }
        }

        Assert.True(softmaxes > 20);
    }

    [Theory]
    [InlineData("vae_encoder*")]
    [InlineData("clip_text*")]
    [InlineData("diffusion_text*")]
    public void VaeAndTextTowers_OfAFloat16Pack_AreFloat32Throughout(string pattern) =>
        Assert.All(
            Graphs(pattern),
            g => Assert.DoesNotContain(g.Nodes.SelectMany(n => n.Input), i => i.Length > 0 && g.TypeOf(i) == ElementType.Float16)
        );

    [Theory]
    [InlineData("clip_image*")]
    [InlineData("mapdiff*")]
    public void Products_OfAFloat16Pack_AreMostlyFloat16(string pattern)
    {
        foreach (TypedGraph g in Graphs(pattern))
        {
            NodeProto[] weighed = [.. g.Nodes.Where(n => n.OpType is "Conv" or "MatMul" && g.IsWeight(n.Input[1]))];
            int half = weighed.Count(n => g.TypeOf(n.Input[1]) == ElementType.Float16);
            Assert.True(half > weighed.Length * 3 / 4, $"{pattern}: {half} of {weighed.Length} products by a weight are in float16");
        }
    }

    [Fact]
    public void Outputs_OfEveryGraph_AreFloat32() =>
        Assert.All(Graphs(), g => Assert.All(g.Outputs, o => Assert.Equal(ElementType.Float32, g.TypeOf(o))));

    private IEnumerable<TypedGraph> Graphs(string pattern = "*")
    {
        string[] files = Directory.GetFiles(packs.Folder(Precision.Float16), $"{pattern}.onnx");
        Assert.NotEmpty(files);
        return files.Select(f => new TypedGraph(PackGraph.Parse(f).Graph));
    }

    /// <summary>A graph with the element type of every value, worked out node by node.</summary>
    private sealed class TypedGraph
    {
        private readonly Dictionary<string, ElementType> _types = new(StringComparer.Ordinal);
        private readonly Dictionary<string, NodeProto> _sources = new(StringComparer.Ordinal);
        private readonly HashSet<string> _weights;

        public TypedGraph(GraphProto graph)
        {
            Nodes = graph.Node;
            Outputs = [.. graph.Output.Select(o => o.Name)];
            _weights = [.. graph.Initializer.Where(i => i.ExternalData.Count > 0).Select(i => i.Name)];
            foreach (TensorProto i in graph.Initializer)
                _types[i.Name] = (ElementType)i.DataType;
            foreach (ValueInfoProto i in graph.Input)
                _types[i.Name] = (ElementType)i.Type.TensorType.ElemType;
            foreach (NodeProto node in graph.Node)
            {
                _types[node.Output[0]] = node.OpType switch
                {
                    "Cast" => (ElementType)node.Attribute.Single(a => a.Name == "to").I,
                    "Shape" or "ArgMax" => ElementType.Int64,
                    _ => _types[node.Input[0]],
                };
                _sources[node.Output[0]] = node;
            }
        }

        public IReadOnlyList<NodeProto> Nodes { get; }

        public string[] Outputs { get; }

        public ElementType TypeOf(string value) => _types[value];

        public bool IsWeight(string value) => _weights.Contains(value);

        /// <summary>The node that a value comes from, seen through nodes of these kinds.</summary>
        public NodeProto SourceThrough(string value, params string[] kinds)
        {
            NodeProto node = _sources[value];
            return kinds.Contains(node.OpType) ? SourceThrough(node.Input[0], kinds) : node;
        }
    }
}
