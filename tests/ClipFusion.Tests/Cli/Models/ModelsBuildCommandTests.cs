using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Models.Pack;

namespace ClipFusion.Tests.Cli.Models;

[Trait("speed", "slow")]
public sealed class ModelsBuildCommandTests(BuiltPacks built) : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private string Target => _root["pack"];

    [Theory]
    [InlineData("float32")]
    [InlineData("float16")]
    public async Task Build_OfPublishedWeights_EndsWithNameFolderSizeAndTime(string precision)
    {
        CliRun build = await BuildAsync("--precision", precision, "--name", "widget-pack", "--notice", "for trials");
        Assert.Equal(ExitCode.Clean, build.Code);
        Assert.Matches($@"^widget-pack: \d+\.\d MiB in {Target}, built in \d+\.\d s\n$", build.Output);
        Assert.Contains("writing clip_image.onnx", build.Error, StringComparison.Ordinal);
        Assert.Contains("for trials", build.Error, StringComparison.Ordinal);
        Assert.Equal(precision, PackVerifier.ReadManifest(Target).Precision.ToString().ToLowerInvariant());
        Assert.Equal(ExitCode.Clean, (await CliRun.RunAsync("models", "verify", Target)).Code);
    }

    [Fact]
    public async Task Build_Json_TellsStepsAndEndsWithDone()
    {
        CliRun build = await BuildAsync("--json");
        Assert.Equal(ExitCode.Clean, build.Code);
        Assert.Empty(build.Error);
        Assert.All(build.Json.SkipLast(1), e => Assert.Equal("step", e.GetProperty("event").GetString()));
        JsonElement done = build.Json[^1];
        Assert.Equal(("done", Target), (done.GetProperty("event").GetString(), done.GetProperty("folder").GetString()));
        Assert.InRange(done.GetProperty("bytes").GetInt64(), 1 << 20, 100 << 20);
        Assert.True(done.GetProperty("seconds").GetDouble() > 0);
    }

    [Theory]
    [InlineData("--clip-blocks 2,x", "6,9")]
    [InlineData("--clip-blocks 2,9", "blocks 1 to 4")]
    [InlineData("--vv-start 0", "blocks 1 to 4")]
    [InlineData("--precision int8", "int8")]
    [InlineData("--name No_Name", "No_Name")]
    [InlineData("--starter", "--starter and --clip")]
    public async Task Build_OptionDoesNotFit_ExitsWith2AndLeavesNothing(string options, string mentions)
    {
        (await BuildAsync(options.Split(' '))).AssertBadArguments(mentions);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root.Root));
    }

    [Fact]
    public async Task Build_WithoutDiffusionWeights_SaysWhatIsExpected() =>
        (await CliRun.RunAsync("models", "build", "--clip", TinyPack.Clip, "--out", Target)).AssertBadArguments("--diffusion DIR");

    [Fact]
    public async Task Build_WeightFolderIncomplete_NamesEveryMissingFile()
    {
        (
            await CliRun.RunAsync("models", "build", "--clip", _root.Root, "--diffusion", built.SmallDiffusion, "--out", Target)
        ).AssertBadArguments("open_clip_config.json", "merges.txt");
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task Build_WeightFileCutOff_ExitsWith2AndLeavesNothing()
    {
        string clip = Directory.CreateDirectory(_root["clip"]).FullName;
        foreach (string file in Directory.EnumerateFiles(TinyPack.Clip))
            File.Copy(file, Path.Combine(clip, Path.GetFileName(file)));
        using (FileStream weights = File.OpenWrite(Path.Combine(clip, "open_clip_model.safetensors")))
            weights.SetLength(weights.Length - 1);
        (await CliRun.RunAsync("models", "build", "--clip", clip, "--diffusion", built.SmallDiffusion, "--out", Target)).AssertBadArguments(
            "open_clip_model.safetensors"
        );
        Assert.Equal([clip], Directory.EnumerateFileSystemEntries(_root.Root));
    }

    [Fact]
    public async Task Build_FolderTaken_ExitsWith2AndTouchesNothing()
    {
        Directory.CreateDirectory(Target);
        string mine = Path.Combine(Target, "mine");
        await File.WriteAllTextAsync(mine, "mine", TestContext.Current.CancellationToken);
        (await BuildAsync()).AssertBadArguments("not an empty folder");
        Assert.Equal([mine], Directory.EnumerateFileSystemEntries(Target));
    }

    [Theory]
    [InlineData("writing clip_image.onnx")]
    [InlineData("writing mapdiff.onnx")]
    [InlineData("checksums of what went in")]
    public async Task Build_StoppedMidway_LeavesNothing(string step)
    {
        using var stop = new CancellationTokenSource();
        var error = new StoppingWriter(step, stop);
        int code = await CommandLineApp.RunAsync(Arguments(), new Terminal(new StringWriter(), error, false), stop.Token);
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.EndsWith("clipfusion: error: stopped\n", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_root.Root));
    }

    public void Dispose() => _root.Dispose();

    private Task<CliRun> BuildAsync(params string[] more) => CliRun.RunAsync(Arguments(more));

    private string[] Arguments(params string[] more) =>
        ["models", "build", "--clip", TinyPack.Clip, "--diffusion", built.SmallDiffusion, "--out", Target, .. more];

    /// <summary>Asks to stop, as Ctrl-C does, when a line says something.</summary>
    private sealed class StoppingWriter(string trigger, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.Contains(trigger, StringComparison.Ordinal) == true)
                stop.Cancel();
        }
    }
}
