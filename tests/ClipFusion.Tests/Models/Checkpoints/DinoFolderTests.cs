using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;
using ClipFusion.Tests.Models.Architectures;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Checkpoints;

/// <summary>DINOv2 folders of every layout and shape are read, and what is wrong with one is said.</summary>
public sealed class DinoFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, object?, string> BadConfigs =>
        new()
        {
            { "model_type", null, "model_type: found nothing, supported: dinov2 or dinov2_with_registers" },
            { "model_type", "dinov3_vit", "found \"dinov3_vit\", supported: dinov2 or dinov2_with_registers" },
            { "num_attention_heads", 5, "a divisor of hidden_size (32)" },
            { "hidden_act", "gelu_new", "hidden_act" },
            { "qkv_bias", false, "qkv_bias" },
            { "num_channels", 4, "num_channels" },
            { "layer_norm_eps", 0, "layer_norm_eps" },
            { "hidden_size", "wide", "hidden_size" },
        };

    [Theory]
    [InlineData(1, 0, false, 8)]
    [InlineData(24, 0, false, 8)]
    [InlineData(2, 1, false, 16)]
    [InlineData(2, 4, true, 14)]
    [InlineData(3, 0, true, 7)]
    public void Pack_OfAnyShape_RunsInBothForms(int depth, int registers, bool gated, int patch)
    {
        var dino = new TinyDino(Width: 48, Depth: depth, Heads: 3, Patch: patch, Registers: registers, Gated: gated);
        dino.Write(_folder["in"]);
        int size = 5 * patch;
        PackManifest manifest = Build("pack", new DinoOptions(size));
        Assert.Equal(5, manifest.RequireBackbone().Layers[0].GridSize);
        using GraphInputs inputs = new GraphInputs(1).Pixels(2, size);
        using var own = new PackGraph(_folder["pack", "backbone_image.onnx"]);
        using var tensorRt = new PackGraph(_folder["pack", "backbone_image.tensorrt.onnx"]);
        var (a, b) = (own.Run(inputs.Values), tensorRt.Run(inputs.Values));
        Assert.All(
            a,
            o =>
            {
                Assert.Equal([2, 25, 48], o.Value.Shape);
                Assert.True(o.Value.Values.Zip(b[o.Key].Values, (x, y) => Math.Abs(x - y)).Max() < 2e-5);
            }
        );
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(3, "1,2,3")]
    [InlineData(12, "3,6,9,11")]
    [InlineData(24, "6,12,18,22")]
    [InlineData(40, "10,20,30,37")]
    public void Blocks_WhenNotNamed_AreAtFourDepths(int depth, string expected)
    {
        new TinyDino(Width: 8, Heads: 2, Depth: depth).Write(_folder["in"]);
        Assert.Equal(expected, string.Join(',', Build("pack", new DinoOptions(24)).RequireBackbone().Layers.Select(l => l.Name)));
    }

    [Theory]
    [InlineData(14, 448)]
    [InlineData(16, 448)]
    [InlineData(8, 448)]
    [InlineData(30, 450)]
    public void Size_WhenNotGiven_IsTheMultipleNearestTo448(int patch, int expected)
    {
        new TinyDino(Patch: patch).Write(_folder["in"]);
        using var backbone = DinoBackbone.Create(DinoFolder.Open(_folder["in"]), new DinoOptions());
        Assert.Equal(expected, backbone.ImageSize);
    }

    [Theory]
    [InlineData("dinov2.", 0)]
    [InlineData("dinov2_with_registers.", 2)]
    public void Folder_OfAClassificationCheckpoint_GivesTheSameBytes(string prefix, int registers)
    {
        var dino = new TinyDino(Registers: registers);
        dino.Write(_folder["in"]);
        Build("plain", new DinoOptions(40));
        dino.Write(_folder["in"], prefix);
        Build("prefixed", new DinoOptions(40));
        Assert.Equal(File.ReadAllBytes(_folder["plain", "backbone.weights"]), File.ReadAllBytes(_folder["prefixed", "backbone.weights"]));
    }

    [Theory]
    [InlineData("dino-a")]
    [InlineData("dino-c")]
    public void Folder_OfChunkedOriginalNames_GivesTheSameBytes(string name)
    {
        var golden = new DinoCase(name);
        golden.Build(_folder["plain"], golden.Size);
        Rewrite(Fixtures.Path(name, "original", "model.safetensors"), _folder["in", "dinov2_training.safetensors"], Chunked);
        golden.Build(_folder["chunked"], golden.Size, folder: _folder["in"], heads: golden.Heads);
        Assert.Equal(File.ReadAllBytes(_folder["plain", "backbone.weights"]), File.ReadAllBytes(_folder["chunked", "backbone.weights"]));

        static string Chunked(string tensor) =>
            tensor.StartsWith("blocks.", StringComparison.Ordinal) && int.Parse(tensor.Split('.')[1]) is var block
                ? $"blocks.{block / 2}.{tensor["blocks.".Length..]}"
                : tensor;
    }

    [Theory]
    [InlineData("dino-a")]
    [InlineData("dino-c")]
    public void Folder_OfOriginalNamesWithAConfiguration_TakesItsHeads(string name)
    {
        var golden = new DinoCase(name);
        golden.Build(_folder["plain"], golden.Size);
        Directory.CreateDirectory(_folder["in"]);
        File.Copy(Fixtures.Path(name, "original", "model.safetensors"), _folder["in", "model.safetensors"]);
        File.Copy(Fixtures.Path(name, "dino", "config.json"), _folder["in", "config.json"]);
        golden.Build(_folder["both"], golden.Size, folder: _folder["in"]);
        Assert.Equal(File.ReadAllBytes(_folder["plain", "backbone.weights"]), File.ReadAllBytes(_folder["both", "backbone.weights"]));
    }

    [Fact]
    public void Folder_OfShards_GivesTheSameBytes()
    {
        new TinyDino().Write(_folder["in"]);
        Build("plain", new DinoOptions(40));
        string whole = _folder["in", "model.safetensors"];
        var map = new Dictionary<string, string>();
        using (SafetensorsFile file = SafetensorsFile.Open(whole))
            foreach ((string name, int i) in file.Tensors.Keys.Order(StringComparer.Ordinal).Select((n, i) => (n, i)))
                map[name] = $"model-{(i % 2) + 1:00000}-of-00002.safetensors";
        foreach (string shard in map.Values.Distinct())
            Rewrite(whole, _folder["in", shard], n => map[n] == shard ? n : null);
        File.Delete(whole);
        File.WriteAllText(
            _folder["in", "model.safetensors.index.json"],
            System.Text.Json.JsonSerializer.Serialize(new { weight_map = map })
        );
        Build("sharded", new DinoOptions(40));
        Assert.Equal(File.ReadAllBytes(_folder["plain", "backbone.weights"]), File.ReadAllBytes(_folder["sharded", "backbone.weights"]));
    }

    [Theory]
    [MemberData(nameof(BadConfigs), DisableDiscoveryEnumeration = true)]
    public void Open_OfAConfigurationThatWouldComputeSomethingElse_NamesTheKey(string key, object? value, string expected)
    {
        new TinyDino().Write(
            _folder["in"],
            edit: c =>
            {
                c.Remove(key);
                if (value is not null)
                    c[key] = value;
            }
        );
        var e = Assert.Throws<FolderException>(() => DinoFolder.Open(_folder["in"]));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("embeddings.cls_token")]
    [InlineData("embeddings.position_embeddings")]
    [InlineData("encoder.layer.0.mlp.fc1.weight")]
    [InlineData("encoder.layer.1.attention.attention.key.bias")]
    [InlineData("encoder.layer.1.layer_scale2.lambda1")]
    [InlineData("layernorm.bias")]
    public void Build_WithoutATensor_NamesIt(string tensor)
    {
        new TinyDino().Write(_folder["in"], leaveOut: tensor);
        var e = Assert.Throws<WeightException>(() => Build("pack", new DinoOptions(40)));
        Assert.Contains(tensor, e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["pack"]));
    }

    [Theory]
    [InlineData("hidden_size", 64, "projection.weight")]
    [InlineData("num_hidden_layers", 3, "encoder.layer.2.norm1.weight")]
    [InlineData("patch_size", 4, "projection.weight")]
    [InlineData("use_swiglu_ffn", true, "weights_in")]
    public void Build_WhereTensorsAreNotTheConfigurations_NamesTheTensor(string key, object value, string tensor)
    {
        new TinyDino().Write(_folder["in"], edit: c => c[key] = value);
        var e = Assert.Throws<WeightException>(() => Build("pack", new DinoOptions(40)));
        Assert.Contains(tensor, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dinov2_vitb14_pretrain.pth")]
    [InlineData("pytorch_model.bin")]
    public void Open_OfAPickleAlone_SaysThatSafetensorsAreExpected(string pickle)
    {
        Directory.CreateDirectory(_folder["in"]);
        File.WriteAllText(_folder["in", pickle], "x");
        var e = Assert.Throws<FolderException>(() => DinoFolder.Open(_folder["in"]));
        Assert.Contains(pickle, e.Message, StringComparison.Ordinal);
        Assert.Contains("safetensors only, never as a pickle", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfHuggingFaceNamesWithoutAConfiguration_NamesTheFile()
    {
        new TinyDino().Write(_folder["in"]);
        File.Delete(_folder["in", "config.json"]);
        var e = Assert.Throws<FolderException>(() => DinoFolder.Open(_folder["in"]));
        Assert.Contains("config.json", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "the number of heads is expected (--backbone-heads N)")]
    [InlineData(7, "a divisor of the 48 channels")]
    public void Open_OfOriginalNamesWhoseHeadsAreNotKnown_AsksForThem(int? heads, string expected)
    {
        var e = Assert.Throws<FolderException>(() => DinoFolder.Open(Fixtures.Path("dino-a", "original"), heads));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(41, null, "a multiple of the patch, 8 pixels")]
    [InlineData(0, null, "a multiple of the patch, 8 pixels")]
    [InlineData(16384, null, "at most 1024")]
    [InlineData(40, new[] { 3 }, "blocks 1 to 2")]
    [InlineData(40, new int[0], "blocks 1 to 2")]
    public void Create_WithOptionsThatDoNotFit_SaysWhatIsExpected(int size, int[]? blocks, string expected)
    {
        new TinyDino().Write(_folder["in"]);
        var e = Assert.Throws<PackException>(() => Build("pack", new DinoOptions(size, blocks)));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PositionOffset_WhenGiven_ReplacesThePublishedOne()
    {
        new TinyDino().Write(_folder["in"]);
        Build("published", new DinoOptions(40));
        Build("same", new DinoOptions(40, PositionOffset: 0.1));
        Build("other", new DinoOptions(40, PositionOffset: 0));
        byte[] published = File.ReadAllBytes(_folder["published", "backbone.weights"]);
        Assert.Equal(published, File.ReadAllBytes(_folder["same", "backbone.weights"]));
        Assert.NotEqual(published, File.ReadAllBytes(_folder["other", "backbone.weights"]));
        Assert.Throws<PackException>(() => Build("bad", new DinoOptions(40, PositionOffset: double.NaN)));
    }

    public void Dispose() => _folder.Dispose();

    private PackManifest Build(string pack, DinoOptions options)
    {
        using var backbone = DinoBackbone.Create(DinoFolder.Open(_folder["in"]), options);
        return PackBuilder.Build(
            new PackParts(null, null, backbone),
            _folder[pack],
            new PackOptions(),
            cancellation: TestContext.Current.CancellationToken
        );
    }

    /// <summary>Copies a weight file under other names; null leaves a tensor out.</summary>
    private static void Rewrite(string source, string target, Func<string, string?> rename)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using SafetensorsFile file = SafetensorsFile.Open(source);
        SafetensorsWriter.Write(
            target,
            [
                .. file
                    .Tensors.Values.Where(t => rename(t.Name) is not null)
                    .Select(t => new SafetensorsEntry(rename(t.Name)!, t.Type, t.Shape, s => s.Write(file.Bytes(t.Name)))),
            ]
        );
    }
}
