using ClipFusion.Models.ForeignGraphs;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Parity;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>Anybody's ONNX file as a backbone: cut, wrapped, and refused where it is not what it says.</summary>
public sealed class OnnxBackboneTests : IDisposable
{
    private static readonly BackboneInput Settings = new([0.4, 0.5, 0.6], [0.2, 0.25, 0.3], IsBgr: true);

    private static readonly Dictionary<string, (Action<ModelProto> Edit, string Expected)> Hostile = new(StringComparer.Ordinal)
    {
        ["a control flow"] = (m => m.Graph.Node[1].Attribute.Add(Subgraph()), "has a subgraph"),
        ["a custom operator"] = (m => m.Graph.Node[1].Domain = "evil.corp", "operator 'Relu' of 'evil.corp'"),
        ["an old operator set"] = (m => m.OpsetImport[0].Version = 6, "operator set 6"),
        ["no operator set"] = (m => m.OpsetImport.Clear(), "operator set none"),
        ["no graph"] = (m => m.Graph = null, "no graph is in it"),
        ["a huge constant"] = (m => m.Graph.Initializer[0].Dims[0] = 1L << 40, "at most 2000000000 bytes"),
        ["a negative length"] = (m => m.Graph.Initializer[0].Dims[0] = -6, "lengths of 0 or more"),
        ["a constant cut off"] = (m => m.Graph.Initializer[0].RawData = ByteString.CopyFrom(new byte[8]), "has 8 bytes, expected 648"),
        ["a constant twice"] = (m => m.Graph.Initializer.Add(m.Graph.Initializer[0].Clone()), "'w1' is there twice"),
        ["a constant that is not there"] = (m => m.Graph.Initializer.RemoveAt(0), "depend on picture, w1"),
        ["a value made twice"] = (m => m.Graph.Node.Add(m.Graph.Node[1].Clone()), "'a' is made twice"),
        ["a circle"] = (m => m.Graph.Node[0].Input[0] = "b", "before it is made"),
        ["data elsewhere"] = (m => External(m, "../secret"), "the name of a file in the same folder"),
        ["data at an absolute path"] = (m => External(m, "/etc/passwd"), "the name of a file in the same folder"),
        ["data that is not there"] = (m => External(m, "weights.bin"), "weights.bin"),
        ["an operator's data elsewhere"] = (m => m.Graph.Node[1].Attribute.Add(Elsewhere()), "whose data is in another file"),
        ["a grey picture"] = (m => m.Graph.Input[0] = TinyOnnx.Info("picture", 1, 1, 32, 32), "[1, 1, 32, 32]"),
        ["a picture that is not square"] = (m => m.Graph.Input[0] = TinyOnnx.Info("picture", 1, 3, 32, 48), "expected [1, 3, S, S]"),
        ["many pictures"] = (m => m.Graph.Input[0] = TinyOnnx.Info("picture", 4, 3, 32, 32), "[4, 3, 32, 32]"),
        ["no picture"] = (m => m.Graph.Input[0] = TinyOnnx.Info("picture", 1, 3), "no float32 tensor of four axes"),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> HostileFiles => [.. Hostile.Keys];

    [Theory]
    [InlineData(7, 1)]
    [InlineData(8, 3)]
    [InlineData(13, 3)]
    [InlineData(17, 1)]
    [InlineData(18, 3)]
    [InlineData(21, 3)]
    [InlineData(23, 1)]
    public void Features_OfEveryOperatorSet_AreTheFilesOwnAveragedAndOfUnitLength(long opset, int localMean)
    {
        const int Size = 40;
        ModelProto model = TinyOnnx.Model(opset);
        PackManifest manifest = Build(model, new OnnxOptions(Size, ["a", "tokens", "b"], Settings, localMean));
        BackbonePart part = manifest.RequireBackbone();
        Assert.Equal(("onnx", Size), (part.Kind, part.ImageSize));
        Assert.Equal(
            [new("a", TinyOnnx.Channels, 20), new("tokens", TinyOnnx.MoreChannels, 10), new BackboneLayer("b", TinyOnnx.MoreChannels, 10)],
            part.Layers
        );
        using GraphInputs inputs = new GraphInputs(2).Pixels(1, Size);
        using var graph = new PackGraph(_folder["pack", "backbone_image.onnx"]);
        var found = graph.Run(inputs.Values);
        Dictionary<string, (long[] Shape, float[] Values)> own = RunFile(model, inputs.Values[GraphNames.Pixels], Size);
        AssertFeatures(Expected(own["a"], 20, localMean), found[GraphNames.BackboneFeatures(0)], 1e-5);
        AssertFeatures(Expected(own["b"], 10, localMean), found[GraphNames.BackboneFeatures(1)], 1e-5);
        AssertFeatures(Expected(own["b"], 10, localMean), found[GraphNames.BackboneFeatures(2)], 1e-5);

        using var debug = new PackGraph(_folder["pack", "backbone_image.debug.onnx"]);
        var raw = debug.Run(inputs.Values);
        Assert.Equal([1, TinyOnnx.Channels, 20, 20], raw[GraphNames.Raw(GraphNames.BackboneFeatures(0))].Shape);
        Assert.Equal(found[GraphNames.BackboneFeatures(2)].Values, raw[GraphNames.BackboneFeatures(2)].Values);
    }

    [Fact]
    public void Graph_OfAFile_IsCutBehindTheLastLayerAndKeepsItsOperatorSet()
    {
        Build(TinyOnnx.Model(11), new OnnxOptions(Outputs: ["a"]));
        ModelProto model = PackGraph.Parse(_folder["pack", "backbone_image.onnx"]);
        Assert.Equal(11, model.OpsetImport.Single().Version);
        Assert.Equal("clipfusion", model.ProducerName);
        Assert.Equal(1, model.Graph.Node.Count(n => n.OpType == "Conv"));
        Assert.DoesNotContain(model.Graph.Initializer, i => i.Name.EndsWith("w2", StringComparison.Ordinal));
        TensorProto weight = model.Graph.Initializer.Single(i => i.Name.EndsWith("w1", StringComparison.Ordinal));
        Assert.Equal(TensorProto.Types.DataLocation.External, weight.DataLocation);
        Assert.Equal(32, PackVerifier.ReadManifest(_folder["pack"]).RequireBackbone().ImageSize);
        Assert.Equal(["backbone.weights", "backbone_image.debug.onnx", "backbone_image.onnx", "pack.json"], Files("pack"));
        Assert.Empty(PackVerifier.Verify(_folder["pack"], cancellation: TestContext.Current.CancellationToken).Problems);
    }

    [Theory]
    [InlineData(true, "N")]
    [InlineData(false, "1")]
    public void Batch_OfTheGraph_IsOpenWhereTheFilesIs(bool isOpen, string expected)
    {
        PackManifest manifest = Build(TinyOnnx.Model(isOpenBatch: isOpen), new OnnxOptions(Outputs: ["a", "tokens"]));
        Assert.All(manifest.Graphs, g => Assert.Equal([expected, "32", "32", "3"], g.Inputs.Single().Shape));
        if (!isOpen)
            return;
        using GraphInputs inputs = new GraphInputs(2).Pixels(3, 32);
        using var graph = new PackGraph(_folder["pack", "backbone_image.onnx"]);
        Assert.All(graph.Run(inputs.Values).Values, o => Assert.Equal(3, o.Shape[0]));
    }

    [Fact]
    public void ExternalData_BesideTheFile_IsTakenAndNamedAsASource()
    {
        ModelProto model = TinyOnnx.Model();
        Build(model, new OnnxOptions(Outputs: ["b"]));
        byte[] inside = File.ReadAllBytes(_folder["pack", "backbone.weights"]);
        File.WriteAllBytes(_folder["weights.bin"], [.. new byte[16], .. model.Graph.Initializer[0].RawData.Span]);
        External(model, "weights.bin");
        PackManifest manifest = Build(model, new OnnxOptions(Outputs: ["b"]), pack: "again");
        Assert.Equal(inside, File.ReadAllBytes(_folder["again", "backbone.weights"]));
        Assert.Equal(["net.onnx", "weights.bin"], manifest.Sources.Single().Files.Select(f => f.Path));
    }

    [Fact]
    public void ExternalData_BehindALink_IsRefused()
    {
        ModelProto model = TinyOnnx.Model();
        Directory.CreateDirectory(_folder["elsewhere"]);
        File.WriteAllBytes(_folder["elsewhere", "data"], new byte[1000]);
        File.CreateSymbolicLink(_folder["weights.bin"], _folder["elsewhere", "data"]);
        External(model, "weights.bin");
        Assert.Contains("weights.bin", Refused(model, new OnnxOptions(Outputs: ["b"])), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(HostileFiles))]
    public void Build_OfAHostileFile_SaysWhatIsWrongAndLeavesNothing(string what)
    {
        (Action<ModelProto> edit, string expected) = Hostile[what];
        ModelProto model = TinyOnnx.Model();
        edit(model);
        string message = Refused(model, new OnnxOptions(32, ["b"]));
        Assert.True(message.Contains(expected, StringComparison.Ordinal), $"{what}: {message}");
        Assert.Contains("net.onnx", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfAFileCutOffAnywhere_IsAnError()
    {
        byte[] whole = TinyOnnx.Model().ToByteArray();
        for (int length = 0; length < whole.Length; length += 37)
        {
            File.WriteAllBytes(_folder["net.onnx"], whole[..length]);
            Assert.Throws<PackException>(() => BuildFile(new OnnxOptions(32, ["b"]), "pack", Precision.Float32));
            Assert.False(Directory.Exists(_folder["pack"]));
        }
    }

    [Theory]
    [InlineData("nothing", "no value is named 'nothing'")]
    [InlineData("end", "expected a map [1, C, g, g]", true)]
    public void Build_OfAnOutputThatIsNoMap_SaysWhatIsExpected(string output, string expected, bool flatten = false)
    {
        ModelProto model = TinyOnnx.Model();
        if (flatten)
            model.Graph.Node[^1].OpType = "Flatten";
        Assert.Contains(expected, Refused(model, new OnnxOptions(Outputs: [output])), StringComparison.Ordinal);
    }

    [Fact]
    public void Build_OfAnOperatorThatTheRuntimeLacks_SaysSo()
    {
        ModelProto model = TinyOnnx.Model();
        model.Graph.Node[1].OpType = "Reluu";
        string message = Refused(model, new OnnxOptions(Outputs: ["b"]));
        Assert.Contains("ONNX Runtime can't run it", message, StringComparison.Ordinal);
        Assert.Contains("Reluu", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Size_ThatTheFileLeavesOpen_HasToBeGiven()
    {
        ModelProto model = TinyOnnx.Model(size: null);
        Assert.Contains("--backbone-size", Refused(model, new OnnxOptions(Outputs: ["b"])), StringComparison.Ordinal);
        Assert.Equal(16, Build(model, new OnnxOptions(64, ["b"])).RequireBackbone().Layers[0].GridSize);
    }

    [Fact]
    public void Float16_OfAFile_HasHalfWeightsAndNearlyTheSameFeatures()
    {
        ModelProto model = TinyOnnx.Model();
        var options = new OnnxOptions(Outputs: ["a", "b"], LocalMean: 3);
        Build(model, options);
        Build(model, options, Precision.Float16, "half");
        ModelProto half = PackGraph.Parse(_folder["half", "backbone_image.onnx"]);
        Assert.Equal(
            [(int)ElementType.Float16, (int)ElementType.Float16],
            half.Graph.Initializer.Where(i => i.Dims.Count == 4).Select(i => i.DataType)
        );
        using GraphInputs inputs = new GraphInputs(2).Pixels(1, 32);
        using var whole = new PackGraph(_folder["pack", "backbone_image.onnx"]);
        using var halved = new PackGraph(_folder["half", "backbone_image.onnx"]);
        var (a, b) = (whole.Run(inputs.Values), halved.Run(inputs.Values));
        Assert.All(a, o => AssertFeatures(o.Value.Values, b[o.Key], 5e-3));
        Assert.NotEqual(a[GraphNames.BackboneFeatures(1)].Values, b[GraphNames.BackboneFeatures(1)].Values);
    }

    [Fact]
    public void Float16_WhereNoProductHasAWeight_IsRefused()
    {
        ModelProto model = TinyOnnx.Model();
        model.Graph.Node.Clear();
        model.Graph.Node.Add(TinyOnnx.Node("Relu", ["picture"], "a"));
        Assert.Contains(
            "build this pack with float32",
            Refused(model, new OnnxOptions(Outputs: ["a"]), Precision.Float16),
            StringComparison.Ordinal
        );
        Assert.Equal(3, Build(model, new OnnxOptions(Outputs: ["a"])).RequireBackbone().Layers[0].Channels);
    }

    [Fact]
    public void Float16_OfAWeightBeyondIt_IsRefused()
    {
        ModelProto model = TinyOnnx.Model();
        TensorProto weight = model.Graph.Initializer[0];
        weight.FloatData.AddRange(Enumerable.Repeat(1e5f, 162));
        weight.ClearRawData();
        File.WriteAllBytes(_folder["net.onnx"], model.ToByteArray());
        var e = Assert.Throws<GraphException>(() => BuildFile(new OnnxOptions(Outputs: ["b"]), "pack", Precision.Float16));
        Assert.Contains("build this pack with float32", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private PackManifest Build(ModelProto model, OnnxOptions options, Precision precision = Precision.Float32, string pack = "pack")
    {
        model.Write(_folder["net.onnx"]);
        return BuildFile(options, pack, precision);
    }

    private PackManifest BuildFile(OnnxOptions options, string pack, Precision precision)
    {
        using OnnxBackbone backbone = OnnxBackbone.Open(_folder["net.onnx"], options);
        return PackBuilder.Build(
            new PackParts(null, null, backbone),
            _folder[pack],
            new PackOptions(precision) { Measure = GraphShapes.Measure },
            cancellation: TestContext.Current.CancellationToken
        );
    }

    private string Refused(ModelProto model, OnnxOptions options, Precision precision = Precision.Float32)
    {
        string message = Assert.Throws<PackException>(() => Build(model, options, precision, "refused")).Message;
        Assert.False(Directory.Exists(_folder["refused"]));
        return message;
    }

    private string[] Files(string pack) =>
        [.. Directory.EnumerateFiles(_folder[pack]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    /// <summary>The file's own values for a picture that is prepared here.</summary>
    private static Dictionary<string, (long[] Shape, float[] Values)> RunFile(ModelProto model, OrtValue pixels, int size)
    {
        ReadOnlySpan<byte> rgb = pixels.GetTensorDataAsSpan<byte>();
        var picture = new float[3 * size * size];
        for (int c = 0; c < 3; c++)
        for (int i = 0; i < size * size; i++)
            picture[c * size * size + i] = (float)((rgb[3 * i + 2 - c] / 255.0 - Settings.Mean[c]) / Settings.Std[c]);
        ModelProto copy = model.Clone();
        copy.Graph.Input[0] = TinyOnnx.Info("picture", 1, 3, size, size);
        copy.Graph.Output.Clear();
        copy.Graph.Output.Add(TinyOnnx.Info("a", 1, TinyOnnx.Channels, null, null));
        copy.Graph.Output.Add(TinyOnnx.Info("b", 1, TinyOnnx.MoreChannels, null, null));
        using var session = new InferenceSession(copy.ToByteArray());
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(picture, [1, 3, size, size]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, new Dictionary<string, OrtValue> { ["picture"] = input }, ["a", "b"]);
        return new()
        {
            ["a"] = (outputs[0].GetTensorTypeAndShape().Shape, outputs[0].GetTensorDataAsSpan<float>().ToArray()),
            ["b"] = (outputs[1].GetTensorTypeAndShape().Shape, outputs[1].GetTensorDataAsSpan<float>().ToArray()),
        };
    }

    /// <summary>Unit features of a map, each value the mean over its neighbours inside the map.</summary>
    private static float[] Expected((long[] Shape, float[] Values) map, int grid, int localMean)
    {
        Assert.Equal([grid, grid], map.Shape[2..]);
        int channels = (int)map.Shape[1],
            reach = localMean / 2;
        var features = new float[grid * grid * channels];
        for (int y = 0; y < grid; y++)
        for (int x = 0; x < grid; x++)
        {
            var vector = new double[channels];
            for (int c = 0; c < channels; c++)
            {
                double sum = 0;
                int count = 0;
                for (int v = Math.Max(0, y - reach); v <= Math.Min(grid - 1, y + reach); v++)
                for (int u = Math.Max(0, x - reach); u <= Math.Min(grid - 1, x + reach); u++, count++)
                    sum += map.Values[(c * grid + v) * grid + u];
                vector[c] = sum / count;
            }

            double norm = Math.Sqrt(vector.Sum(v => v * v));
            for (int c = 0; c < channels; c++)
                features[(y * grid + x) * channels + c] = (float)(vector[c] / norm);
        }

        return features;
    }

    private static void AssertFeatures(float[] expected, (long[] Shape, float[] Values) found, double limit)
    {
        Assert.Equal(expected.Length, found.Values.Length);
        double worst = expected.Zip(found.Values, (a, b) => Math.Abs((double)a - b)).Max();
        Assert.True(worst <= limit, $"{worst:e1} off, allowed {limit:e0}");
    }

    private static void External(ModelProto model, string location)
    {
        TensorProto tensor = model.Graph.Initializer[0];
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ClearRawData();
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = "16" });
    }

    private static AttributeProto Elsewhere()
    {
        var tensor = new TensorProto { DataType = 1, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "../secret" });
        return new()
        {
            Name = "value",
            Type = AttributeProto.Types.AttributeType.Tensor,
            T = tensor,
        };
    }

    private static AttributeProto Subgraph() =>
        new()
        {
            Name = "then_branch",
            Type = AttributeProto.Types.AttributeType.Graph,
            G = new GraphProto { Name = "then" },
        };
}
