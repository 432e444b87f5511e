using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Architectures;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>The graphs for ONNX Runtime's own kernels and those for TensorRT are the same networks.</summary>
[Trait("speed", "slow")]
public sealed class GraphTargetTests(TinyPacks packs)
{
    [Theory]
    [InlineData(Precision.Float32, GraphNames.ClipImage)]
    [InlineData(Precision.Float32, GraphNames.VaeEncoder)]
    [InlineData(Precision.Float32, GraphNames.MapDiff)]
    [InlineData(Precision.Float32, GraphNames.MapDiffLanguage)]
    [InlineData(Precision.Float16, GraphNames.ClipImage)]
    [InlineData(Precision.Float16, GraphNames.VaeEncoder)]
    [InlineData(Precision.Float16, GraphNames.MapDiff)]
    [InlineData(Precision.Float16, GraphNames.MapDiffLanguage)]
    public void BothForms_OfAGraph_GiveTheSame(Precision precision, string name)
    {
        Dictionary<string, (long[] Shape, float[] Values)> own = Run(name, "", precision),
            tensorRt = Run(name, ".tensorrt", precision);
        double limit = precision == Precision.Float32 || name == GraphNames.VaeEncoder ? 2e-5 : 5e-3;
        Assert.Equal(own.Keys.Order(), tensorRt.Keys.Order());
        foreach ((string output, (long[] shape, float[] values)) in own)
        {
            Assert.Equal(shape, tensorRt[output].Shape);
            double difference = Math.Sqrt(values.Zip(tensorRt[output].Values, (a, b) => ((double)a - b) * ((double)a - b)).Sum()),
                norm = Math.Sqrt(values.Sum(v => (double)v * v));
            Assert.True(difference <= limit * norm, $"{output}: ||a - b|| = {difference:e1}, ||a|| = {norm:e1}");
        }
    }

    [Theory]
    [InlineData(Precision.Float32, GraphNames.ClipImage)]
    [InlineData(Precision.Float16, GraphNames.ClipImage)]
    [InlineData(Precision.Float32, GraphNames.ClipText)]
    [InlineData(Precision.Float16, GraphNames.ClipText)]
    [InlineData(Precision.Float32, GraphNames.MapDiff)]
    [InlineData(Precision.Float16, GraphNames.MapDiff)]
    public void Vectors_OfAGraph_HaveLengthOne(Precision precision, string name)
    {
        Dictionary<string, (long[] Shape, float[] Values)> outputs = Run(name, "", precision);
        string[] vectors =
        [
            .. outputs.Keys.Where(o =>
                o is GraphNames.Class or GraphNames.Embeddings
                || o.StartsWith("patches_", StringComparison.Ordinal)
                || o.StartsWith("features_", StringComparison.Ordinal)
            ),
        ];
        Assert.NotEmpty(vectors);
        foreach (string output in vectors)
        {
            (long[] shape, float[] values) = outputs[output];
            double worst = values.Chunk((int)shape[^1]).Max(v => Math.Abs(v.Sum(x => (double)x * x) - 1));
            Assert.True(worst < 1e-5, $"{output}: a squared length is {worst:e1} off 1");
        }
    }

    private Dictionary<string, (long[] Shape, float[] Values)> Run(string name, string form, Precision precision)
    {
        using var graph = new PackGraph(Path.Combine(packs.Folder(precision), $"{name}{form}.onnx"));
        using GraphInputs inputs = Inputs(name);
        return graph.Run(inputs.Values);
    }

    private static GraphInputs Inputs(string name) =>
        name switch
        {
            GraphNames.ClipImage => new GraphInputs(3).Pixels(2, 48),
            GraphNames.ClipText => new GraphInputs(3).Tokens(3),
            GraphNames.VaeEncoder => new GraphInputs(3).Pixels(2, 64),
            GraphNames.MapDiffLanguage => UnetBatch.Inputs(5, [new(0, 201, [], true), new(1, 401, [], true)], languageOnly: true),
            _ => UnetBatch.Inputs(5, UnetBatch.Order([new(0, 201, [0, 2], true), new(1, 201, [], true), new(1, 801, [1], false)])),
        };
}
