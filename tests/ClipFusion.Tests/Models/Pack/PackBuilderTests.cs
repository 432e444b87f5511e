using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;
using ClipFusion.Tests.Models.Architectures;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>A pack is built whole or not at all, and always the same.</summary>
public sealed class PackBuilderTests(TinyPacks packs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<PackOptions, string> BadOptions =>
        new()
        {
            { new PackOptions(ClipBlocks: [0, 2]), "blocks 1 to 3" },
            { new PackOptions(ClipBlocks: [2, 4]), "blocks 1 to 3" },
            { new PackOptions(ClipBlocks: []), "blocks 1 to 3" },
            { new PackOptions(VvStart: 0), "blocks 1 to 3" },
            { new PackOptions(VvStart: 4), "blocks 1 to 3" },
            { new PackOptions(Name: ""), "pack name" },
            { new PackOptions(Name: "Upper"), "pack name" },
            { new PackOptions(Name: "../up"), "pack name" },
            { new PackOptions(Name: "line\n"), "pack name" },
            { new PackOptions(Name: new string('a', 65)), "pack name" },
        };

    [Theory]
    [MemberData(nameof(BadOptions), DisableDiscoveryEnumeration = true)]
    public void Build_WithOptionsThatDoNotFit_SaysSoAndLeavesNothing(PackOptions options, string expected)
    {
        var e = Assert.Throws<PackException>(() =>
            TinyPacks.Build(packs.Weights, _folder["pack"], options, null, TestContext.Current.CancellationToken)
        );
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void Build_IntoAFolderWithAFile_RefusesAndLeavesTheFile()
    {
        Directory.CreateDirectory(_folder["pack"]);
        File.WriteAllText(_folder["pack", "mine.txt"], "mine");
        Assert.Throws<PackException>(() => TinyPacks.Build(packs.Weights, _folder["pack"], Precision.Float32));
        Assert.Equal("mine", File.ReadAllText(_folder["pack", "mine.txt"]));
        Assert.Single(
            Directory.EnumerateFileSystemEntries(_folder.Root, "*", SearchOption.AllDirectories),
            f => f.EndsWith(".txt", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Build_OverAFile_Refuses()
    {
        File.WriteAllText(_folder["pack"], "mine");
        Assert.Throws<PackException>(() => TinyPacks.Build(packs.Weights, _folder["pack"], Precision.Float32));
        Assert.Equal("mine", File.ReadAllText(_folder["pack"]));
    }

    [Fact]
    public void Build_IntoAnEmptyFolder_GivesAPackThatVerifies()
    {
        Directory.CreateDirectory(_folder["pack"]);
        TinyPacks.Build(packs.Weights, _folder["pack"], Precision.Float32);
        Assert.Empty(PackVerifier.Verify(_folder["pack"], cancellation: TestContext.Current.CancellationToken).Problems);
        Assert.Equal([_folder["pack"]], Directory.EnumerateFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData("clip_image.onnx")]
    [InlineData("vae_encoder.onnx")]
    [InlineData("mapdiff.debug.onnx")]
    [InlineData("checksums of what came out")]
    public void Build_CancelledAtAStep_LeavesNothing(string step)
    {
        using var cancellation = new CancellationTokenSource();
        var reports = new Reports(r =>
        {
            if (r.EndsWith(step, StringComparison.Ordinal))
                cancellation.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() =>
            TinyPacks.Build(packs.Weights, _folder["pack"], TinyPacks.Options(Precision.Float32), reports, cancellation.Token)
        );
        Assert.Contains(reports.All, r => r.EndsWith(step, StringComparison.Ordinal));
        AssertNothingLeft();
    }

    [Fact]
    public void Build_WithoutATensorThatTheConfigurationAsksFor_NamesItAndLeavesNothing()
    {
        TinyFolders.Write(_folder["in"]);
        string config = _folder["in", "sd", "unet", "config.json"];
        File.WriteAllText(
            config,
            File.ReadAllText(config).Replace("\"layers_per_block\":1", "\"layers_per_block\":2", StringComparison.Ordinal)
        );
        var e = Assert.Throws<WeightException>(() => TinyPacks.Build(_folder["in"], _folder["out", "pack"], Precision.Float32));
        Assert.Contains("down_blocks.0.resnets.1.norm1.weight", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]) && Directory.EnumerateFileSystemEntries(_folder["out"]).Any());
    }

    [Fact]
    public void Build_InFloat16OfAWeightBeyondIt_NamesItAndLeavesNothing()
    {
        TinyFolders.Write(
            _folder["in"],
            (name, values) =>
            {
                if (name == "mid_block.resnets.1.conv1.weight")
                    values[5] = 1e5f;
            }
        );
        var e = Assert.Throws<GraphException>(() => TinyPacks.Build(_folder["in"], _folder["out", "pack"], Precision.Float16));
        Assert.Contains("mid_block.resnets.1.conv1.weight", e.Message, StringComparison.Ordinal);
        Assert.Contains("float32", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]) && Directory.EnumerateFileSystemEntries(_folder["out"]).Any());
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Float16)]
    public void Build_OfTheSameWeightsTwice_GivesTheSameBytes(Precision precision) =>
        AssertSameFiles(
            packs.Folder(precision),
            TinyPacks.Build(packs.Weights, _folder["again"], precision),
            Directory.EnumerateFiles(_folder["again"]).Select(Path.GetFileName).ToArray()!
        );

    [Fact]
    public void Build_OfTheOlderVaeSpelling_GivesTheSameWeightBytes()
    {
        TinyFolders.Write(_folder["in"], legacyVae: true);
        AssertSameFiles(
            packs.Folder(Precision.Float32),
            TinyPacks.Build(_folder["in"], _folder["legacy"], Precision.Float32),
            "vae_encoder.weights",
            "unet.weights",
            "clip.weights",
            "diffusion_text.weights"
        );
    }

    public void Dispose() => _folder.Dispose();

    private void AssertNothingLeft() => Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Root));

    private static void AssertSameFiles(string expected, string found, params string[] names) =>
        Assert.All(
            names,
            n =>
                Assert.True(
                    File.ReadAllBytes(Path.Combine(expected, n)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(found, n))),
                    $"{n} differs"
                )
        );
}
