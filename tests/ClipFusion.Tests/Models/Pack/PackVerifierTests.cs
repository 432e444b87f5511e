using System.Text.Json.Nodes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>Every byte of a pack is checked before it runs, once.</summary>
public sealed class PackVerifierTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _pack;

    public PackVerifierTests(TinyPacks packs) => _pack = packs.Copy(_folder["pack"]);

    [Fact]
    public void Verify_OfAWholePack_FindsNothing() => Assert.Empty(Problems());

    [Theory]
    [InlineData("clip.weights")]
    [InlineData("unet.weights")]
    [InlineData("mapdiff.onnx")]
    [InlineData("mapdiff.tensorrt.onnx")]
    [InlineData("clip.vocab.json")]
    [InlineData("diffusion.merges.txt")]
    public void Verify_OfAFlippedByte_NamesTheFile(string file)
    {
        Flip(file);
        string problem = Assert.Single(Problems());
        Assert.StartsWith($"{file}: sha256 ", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vae_encoder.weights")]
    [InlineData("clip_text.onnx")]
    public void Verify_OfATruncatedFile_TellsBothLengths(string file)
    {
        using (FileStream f = File.OpenWrite(In(file)))
            f.SetLength(f.Length - 1);
        Assert.Contains($"{new FileInfo(In(file)).Length} bytes", Assert.Single(Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAPackOfLinks_ChecksTheirTargets()
    {
        string linked = Directory.CreateDirectory(_folder["linked"]).FullName;
        foreach (string file in Directory.EnumerateFiles(_pack))
            File.CreateSymbolicLink(Path.Combine(linked, Path.GetFileName(file)), file);
        PackVerifier.Open(linked, cancellation: TestContext.Current.CancellationToken);

        // A byte of a target changes, and with it the target's time; the links' own size and time stay.
        Flip("clip.weights");
        File.SetLastWriteTimeUtc(In("clip.weights"), DateTime.UtcNow.AddMinutes(1));
        var e = Assert.Throws<PackException>(() => PackVerifier.Open(linked, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("clip.weights: sha256", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_OfLinksThatLeadNowhere_NamesThem()
    {
        foreach (string file in (string[])["clip.weights", "unet.weights"])
            File.Delete(In(file));
        File.CreateSymbolicLink(In("clip.weights"), _folder["gone"]);
        File.CreateSymbolicLink(In("unet.weights"), In("unet.weights"));
        string[] problems = [.. Problems().Order()];
        Assert.Equal(2, problems.Length);
        Assert.Equal($"clip.weights: a link to {_folder["gone"]}, which is missing", problems[0]);
        Assert.StartsWith("unet.weights: ", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_OfAGitLfsPointer_CallsItOne()
    {
        File.WriteAllText(In("unet.weights"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
        Assert.Contains("Git LFS pointer", Assert.Single(Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_OfMissingAndRenamedFiles_NamesThemAll()
    {
        File.Delete(In("clip.weights"));
        File.Move(In("mapdiff.onnx"), In("Mapdiff.onnx"));
        Assert.Equal(["clip.weights: missing", "mapdiff.onnx: missing"], Problems().Order());
    }

    [Theory]
    [InlineData("../clip.weights")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/clip.weights")]
    [InlineData("..\\clip.weights")]
    [InlineData("..")]
    public void Verify_OfAPathOutsideTheFolder_RefusesIt(string path)
    {
        File.Copy(In("clip.weights"), _folder["clip.weights"]);
        EditManifest(m => m["files"]!.AsArray().First(f => f!["path"]!.GetValue<string>() == "clip.weights")!["path"] = path);
        Assert.NotEmpty(Problems());
        Assert.Throws<PackException>(() => PackVerifier.Open(_pack, cancellation: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("mapdiff.onnx")]
    [InlineData("unet.weights")]
    [InlineData("clip.vocab.json")]
    public void Verify_OfANeededFileThatNoEntryCovers_NamesIt(string file)
    {
        EditManifest(m => m["files"]!.AsArray().Remove(m["files"]!.AsArray().First(f => f!["path"]!.GetValue<string>() == file)));
        Assert.Contains(file, Assert.Single(Problems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("surprise", "1")]
    [InlineData("schema", "\"clipfusion.pack/99\"")]
    [InlineData("precision", "3")]
    [InlineData("precision", "\"float8\"")]
    [InlineData("graphs", "null")]
    [InlineData("files", "{}")]
    public void Verify_OfAManifestThatIsNotOurs_SaysWhere(string key, string json)
    {
        EditManifest(m => m[key] = JsonNode.Parse(json));
        Assert.Contains(PackManifest.FileName, Assert.Throws<PackException>(() => Problems()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    public void Verify_OfBrokenManifests_SaysWhere(string text)
    {
        File.WriteAllText(In(PackManifest.FileName), text);
        Assert.Contains(PackManifest.FileName, Assert.Throws<PackException>(() => Problems()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_OfAFolderWithoutManifest_SaysThatItIsNoPack() =>
        Assert.Contains(
            "not a model pack",
            Assert
                .Throws<PackException>(() => PackVerifier.Verify(_folder.Root, cancellation: TestContext.Current.CancellationToken))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Open_OfAPackThatWasChecked_ChecksNoBytesAgain()
    {
        Assert.NotEmpty(Opened());
        Assert.Empty(Opened());
    }

    [Fact]
    public void Open_AfterAFileWasTouched_ChecksEveryByteAgain()
    {
        Opened();
        File.SetLastWriteTimeUtc(In("unet.weights"), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Contains("checking clip.weights", Opened());
        Assert.Empty(Opened());
    }

    [Fact]
    public void Open_AfterTheManifestChanged_ChecksEveryByteAgain()
    {
        Opened();
        EditManifest(m => m["notice"] = "changed");
        Assert.NotEmpty(Opened());
    }

    [Fact]
    public void Open_AfterAByteWasFlipped_RefusesEveryTime()
    {
        Opened();
        Flip("unet.weights");
        File.SetLastWriteTimeUtc(In("unet.weights"), new DateTime(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        for (int i = 0; i < 2; i++)
            Assert.Contains("unet.weights", Assert.Throws<PackException>(() => Opened()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhereTheStampCannotBeWritten_ChecksFullyEachTimeAndSaysSo()
    {
        Directory.CreateDirectory(In(".verified.json"));
        for (int i = 0; i < 2; i++)
        {
            List<string> reports = Opened();
            Assert.Contains("checking clip.weights", reports);
            Assert.Contains(reports, r => r.Contains("can't be written", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(Directory.EnumerateFiles(_pack), f => Path.GetFileName(f).StartsWith(".verified", StringComparison.Ordinal));
    }

    [Fact]
    public void Open_OfAStampThatIsNonsense_ChecksEveryByte()
    {
        File.WriteAllText(In(".verified.json"), "{}");
        Assert.NotEmpty(Opened());
    }

    public void Dispose() => _folder.Dispose();

    private string In(string file) => Path.Combine(_pack, file);

    private IReadOnlyList<string> Problems() => PackVerifier.Verify(_pack, cancellation: TestContext.Current.CancellationToken).Problems;

    private List<string> Opened()
    {
        var reports = new Reports();
        PackVerifier.Open(_pack, reports, TestContext.Current.CancellationToken);
        return reports.All;
    }

    private void Flip(string file)
    {
        byte[] bytes = File.ReadAllBytes(In(file));
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(In(file), bytes);
    }

    private void EditManifest(Action<JsonObject> edit)
    {
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(In(PackManifest.FileName)))!.AsObject();
        edit(manifest);
        File.WriteAllText(In(PackManifest.FileName), manifest.ToJsonString());
    }
}
