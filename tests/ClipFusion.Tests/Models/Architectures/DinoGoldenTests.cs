using ClipFusion.Models.Architectures;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Architectures;

/// <summary>DINOv2 against tensors of the original code: positions, taps, maps and scores at the golden size and others.</summary>
public sealed class DinoGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("dino-a")]
    [InlineData("dino-c")]
    public void Positions_AtEveryGoldenSize_AreTheOriginals(string name)
    {
        var golden = new DinoCase(name);
        using SafetensorsFile tensors = golden.Golden;
        using DinoFolder folder = DinoFolder.Open(Fixtures.Path(name, "dino"));
        DinoConfig c = folder.Config;
        Assert.Equal((golden.TrainedGrid, golden.Patch, golden.Registers), (c.TrainedGrid, c.PatchSize, c.Registers));
        Assert.Equal(golden.Positions, c.Positions);
        float[] stored = new float[(1 + c.TrainedGrid * c.TrainedGrid) * c.Width];
        folder.Weights.Require("embeddings.position_embeddings", 1, 1 + c.TrainedGrid * c.TrainedGrid, c.Width).Read(0, stored);
        string[] positions = [.. tensors.Tensors.Keys.Where(n => n.StartsWith("dino.position.", StringComparison.Ordinal))];
        Assert.Contains($"dino.position.{golden.Size}", positions);
        foreach (string position in positions)
        {
            int size = int.Parse(position.Split('.')[^1]);
            float[] expected = tensors.ReadFloats(position);
            float[] found = PositionGrid.Resample(stored, c.TrainedGrid, size / c.PatchSize, c.Width, c.Positions);
            Assert.Equal(expected.Length, found.Length);
            AssertTap(position, expected, found, 1e-5);
        }
    }

    [Theory]
    [InlineData("dino-a", Precision.Float32)]
    [InlineData("dino-c", Precision.Float32)]
    [InlineData("dino-a", Precision.Float16)]
    [InlineData("dino-c", Precision.Float16)]
    public void Taps_OfTheDebugGraph_MatchEveryGoldenTensor(string name, Precision precision)
    {
        var golden = new DinoCase(name);
        golden.Build(_folder["pack"], golden.Size, precision);
        using SafetensorsFile tensors = golden.Golden;
        using var graph = new PackGraph(_folder["pack", "backbone_image.debug.onnx"]);
        double limit = precision == Precision.Float32 ? 1e-4 : 2e-2;
        int compared = 0;
        foreach ((string query, string path) in golden.Queries)
        {
            Assert.Equal(tensors.Bytes($"{query}.dino.resized_u8"), DinoCase.Squeezed(path, golden.Size));
            Dictionary<string, (long[] Shape, float[] Values)> found = DinoCase.Run(graph, path, golden.Size);
            foreach (TensorInfo tensor in tensors.Tensors.Values.Where(t => t.Name.StartsWith($"{query}.dino.", StringComparison.Ordinal)))
            {
                if (tensor.Type == TensorType.UInt8)
                    continue;
                string tap = tensor.Name[(query.Length + ".dino.".Length)..];
                (long[] shape, float[] values) = found[$"backbone_{tap}"];
                Assert.Equal(tensor.Shape, shape);
                AssertTap(tensor.Name, tensors.ReadFloats(tensor.Name), values, limit);
                compared++;
            }
        }

        Assert.True(compared > 2 * golden.Blocks.Length * golden.Queries.Length);
    }

    [Theory]
    [InlineData("dino-a", Precision.Float32)]
    [InlineData("dino-c", Precision.Float32)]
    [InlineData("dino-a", Precision.Float16)]
    [InlineData("dino-c", Precision.Float16)]
    public void MapsAndScores_AtTheGoldenSize_MatchTheOriginals(string name, Precision precision)
    {
        var golden = new DinoCase(name);
        using SafetensorsFile tensors = golden.Golden;
        AssertMaps(golden, golden.Size, precision, tensors, "");
    }

    [Theory]
    [InlineData("dino-a")]
    [InlineData("dino-c")]
    public void MapsAndScores_AtOtherSizes_MatchTheOriginals(string name)
    {
        var golden = new DinoCase(name);
        using SafetensorsFile tensors = golden.GoldenSizes;
        Assert.NotEmpty(golden.OtherSizes);
        foreach (int size in golden.OtherSizes)
            AssertMaps(golden, size, Precision.Float32, tensors, $"s{size}.");
    }

    [Theory]
    [InlineData("dino-a")]
    [InlineData("dino-c")]
    public void Pack_OfTheOriginalNames_HasTheSameBytesAsHuggingFaces(string name)
    {
        var golden = new DinoCase(name);
        golden.Build(_folder["hf"], golden.Size);
        golden.Build(_folder["original"], golden.Size, folder: Fixtures.Path(name, "original"), heads: golden.Heads);
        Assert.Equal(File.ReadAllBytes(_folder["hf", "backbone.weights"]), File.ReadAllBytes(_folder["original", "backbone.weights"]));
    }

    [Theory]
    [InlineData("dino-a", "")]
    [InlineData("dino-a", ".tensorrt")]
    [InlineData("dino-c", "")]
    [InlineData("dino-c", ".tensorrt")]
    public void Graph_OfEitherForm_GivesTheDebugGraphsFeaturesOfUnitLength(string name, string form)
    {
        var golden = new DinoCase(name);
        PackManifest manifest = golden.Build(_folder["pack"], golden.Size);
        using var running = new PackGraph(_folder["pack", $"backbone_image{form}.onnx"]);
        using var debug = new PackGraph(_folder["pack", "backbone_image.debug.onnx"]);
        string picture = golden.Queries[0].Path;
        var found = DinoCase.Run(running, picture, golden.Size);
        var expected = DinoCase.Run(debug, picture, golden.Size);
        BackbonePart part = manifest.RequireBackbone();
        Assert.Equal(("dinov2", golden.Size), (part.Kind, part.ImageSize));
        Assert.Equal(golden.Blocks.Select(b => $"{b}"), part.Layers.Select(l => l.Name));
        Assert.Equal(part.Layers.Count, found.Count);
        for (int i = 0; i < part.Layers.Count; i++)
        {
            (long[] shape, float[] values) = found[GraphNames.BackboneFeatures(i)];
            BackboneLayer layer = part.Layers[i];
            Assert.Equal([1, layer.GridSize * layer.GridSize, layer.Channels], shape);
            Assert.All(values.Chunk(layer.Channels), v => Assert.InRange(v.Sum(x => (double)x * x), 1 - 1e-5, 1 + 1e-5));
            AssertTap(GraphNames.BackboneFeatures(i), expected[GraphNames.BackboneFeatures(i)].Values, values, 2e-5);
        }
    }

    public void Dispose() => _folder.Dispose();

    private void AssertMaps(DinoCase golden, int size, Precision precision, SafetensorsFile tensors, string prefix)
    {
        PackManifest manifest = golden.Build(_folder[$"pack-{size}"], size, precision);
        using var graph = new PackGraph(_folder[$"pack-{size}", "backbone_image.onnx"]);
        int width = manifest.RequireBackbone().Layers[0].Channels;
        double limit = precision == Precision.Float32 ? 2e-5 : 5e-3;
        float[][] Features(string picture)
        {
            var o = DinoCase.Run(graph, picture, size);
            return [.. golden.Blocks.Select((_, i) => o[GraphNames.BackboneFeatures(i)].Values)];
        }

        float[][][] references = [.. golden.References.Select(Features)];
        foreach ((string query, string path) in golden.Queries)
        {
            float[][] maps = DinoCase.Maps(Features(path), references, width);
            for (int i = 0; i < maps.Length; i++)
                AssertMap($"{prefix}{query}.map.dino_vision.{golden.Blocks[i]}", maps[i]);
            AssertMap($"{prefix}{query}.score", DinoCase.Scores(maps));
            if (prefix.Length == 0)
                AssertMap($"{query}.map.dino_vision", DinoCase.Mean(maps, 240));
        }

        void AssertMap(string name, float[] found)
        {
            float[] expected = tensors.ReadFloats(name);
            Assert.Equal(expected.Length, found.Length);
            double worst = expected.Zip(found, (a, b) => Math.Abs((double)a - b)).Max();
            Assert.True(worst <= limit, $"{name}: {worst:e1} off, allowed {limit:e0}");
        }
    }

    private static void AssertTap(string name, float[] expected, float[] found, double limit)
    {
        double difference = Math.Sqrt(expected.Zip(found, (a, b) => ((double)a - b) * ((double)a - b)).Sum()),
            norm = Math.Sqrt(expected.Sum(v => (double)v * v));
        Assert.True(difference <= limit * norm, $"{name}: {difference / norm:e1} off, allowed {limit:e0}");
    }
}
