using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Cli.Simulate;

public sealed class SimulateCommandTests : IDisposable
{
    private static readonly string[] Small = ["--size", "96x64", "--parts", "12"];
    private readonly TemporaryFolder _folder = new();

    private string Out => _folder["drawn", "sets"];

    [Fact]
    public async Task Simulate_OneMaterial_IsACategoryThatEvaluateReads()
    {
        CliRun cli = await DrawAsync("--material", "circuit-board", "--defect-rate", "0.5");

        Category board = Assert.Single(DatasetReader.Read(Out).Categories);
        Assert.Equal(("circuit_board", "circuit board", 12), (board.Name, board.ObjectWord, board.References.Count));
        Assert.Equal(12, board.Test.Count);
        int bad = board.Defective;
        Assert.All(board.Test, t => Assert.True(t.HasPixelTruth));
        Assert.InRange(bad, 1, 11);
        Assert.Contains(
            $"12 good parts to learn from; {12 - bad} good and {bad} bad ones to test with",
            cli.Output,
            StringComparison.Ordinal
        );
        foreach (string picture in Directory.EnumerateFiles(Path.Combine(Out, "circuit_board"), "*.png", SearchOption.AllDirectories))
            Assert.Equal((96, 64), (ImageCodec.Decode(picture).Width, ImageCodec.Decode(picture).Height));
        // Every mask marks something, and nothing marks everything.
        foreach (
            string mask in Directory.EnumerateFiles(
                Path.Combine(Out, "circuit_board", "ground_truth"),
                "*.png",
                SearchOption.AllDirectories
            )
        )
            Assert.InRange(ImageCodec.Decode(mask).Pixels.Count(p => p == 255), 3, 96 * 64 * 3 / 2);
    }

    [Fact]
    public async Task Simulate_TruthFile_SaysOfEveryPictureWhatItShows()
    {
        await DrawAsync("--material", "leather", "--defect-rate", "0.5");
        string folder = Path.Combine(Out, "leather");
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(folder, "truth.csv"), TestContext.Current.CancellationToken);
        Assert.Equal("file,part,defect,caption", lines[0]);
        string[][] rows = [.. lines.Skip(1).Select(l => l.Split(','))];
        Assert.Equal(
            Directory
                .EnumerateFiles(folder, "*.png", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f))
                .Where(f => !f.StartsWith("ground_truth", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
            rows.Select(r => r[0]).Order(StringComparer.Ordinal)
        );
        Assert.All(rows, r => Assert.Equal(r[0].Split('/')[1], r[2]));
        Assert.All(
            rows.Where(r => r[0].StartsWith("train/", StringComparison.Ordinal)),
            r => Assert.True(long.Parse(r[1]) >= 1_000_000_000)
        );
        Assert.Equal(
            Enumerable.Range(1, 12),
            rows.Where(r => r[0].StartsWith("test/", StringComparison.Ordinal)).Select(r => int.Parse(r[1]))
        );
        Assert.All(rows, r => Assert.Equal(r[2] == "good", r[3] == "good"));
    }

    [Fact]
    public async Task Simulate_SameSeed_GivesTheSameBytesAndAnotherSeedOthers()
    {
        await DrawAsync("--material", "terrazzo");
        byte[] first = Bytes(Out);
        string again = _folder["again"];
        await CliRun.RunAsync(["simulate", "--out", again, "--material", "terrazzo", .. Small]);
        Assert.Equal(first, Bytes(again));
        string other = _folder["other"];
        await CliRun.RunAsync(["simulate", "--out", other, "--material", "terrazzo", .. Small, "--seed", "2"]);
        Assert.NotEqual(first, Bytes(other));
    }

    [Fact]
    public async Task Simulate_Json_TellsEachFolder()
    {
        CliRun cli = await DrawAsync("--material", "leather", "--material", "terrazzo", "--json");
        Assert.Equal(
            [Path.Combine(Out, "leather"), Path.Combine(Out, "terrazzo")],
            cli.Json.Select(j => j.GetProperty("folder").GetString())
        );
        JsonElement counts = cli.Json[0];
        Assert.Equal(12, counts.GetProperty("train").GetInt32());
        Assert.Equal(12, counts.GetProperty("testGood").GetInt32() + counts.GetProperty("testDefective").GetInt32());
    }

    [Theory]
    [InlineData("--material", "marble", "blister-pack")]
    [InlineData("--size", "640", "640x480")]
    [InlineData("--size", "63x480", "64 to 8192")]
    [InlineData("--size", "-640x480", "64 to 8192")]
    [InlineData("--parts", "0", "1 to 100000")]
    [InlineData("--defect-rate", "1", "less than 1")]
    [InlineData("--defect-rate", "NaN", "less than 1")]
    [InlineData("--defect-rate", "0.99999", "0.99 at most")]
    public async Task Simulate_BadOption_IsNamedAndWritesNothing(string option, string value, string mention)
    {
        (await CliRun.RunAsync("simulate", "--out", Out, option, value)).AssertBadArguments(mention);
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Simulate_FolderTaken_ExitsWith2AndDrawsNoneOfTheMaterials()
    {
        string mine = Path.Combine(_folder.Make("drawn", "sets", "terrazzo"), "mine");
        await File.WriteAllTextAsync(mine, "mine", TestContext.Current.CancellationToken);
        (await CliRun.RunAsync(["simulate", "--out", Out, .. Small])).AssertBadArguments("terrazzo is there already");
        Assert.Equal([mine], Directory.EnumerateFiles(Out, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Simulate_FolderThatCantBeMade_IsNamed()
    {
        string file = _folder["file"];
        await File.WriteAllTextAsync(file, "mine", TestContext.Current.CancellationToken);
        CliRun cli = await CliRun.RunAsync(["simulate", "--out", Path.Combine(file, "sets"), "--material", "leather", .. Small]);
        Assert.Equal(ExitCode.Failed, cli.Code);
        Assert.Contains($"--out: the folder {Path.Combine(file, "sets")} can't be made", cli.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulate_Stopped_LeavesNothingOfTheMaterial()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        int code = await CommandLineApp.RunAsync(
            ["simulate", "--out", Out, "--material", "leather"],
            new Terminal(new StringWriter(), new StringWriter(), false),
            stop.Token
        );
        Assert.Equal(ExitCode.Interrupted, code);
        Assert.True(!Directory.Exists(Out) || !Directory.EnumerateFileSystemEntries(Out).Any());
    }

    public void Dispose() => _folder.Dispose();

    private async Task<CliRun> DrawAsync(params string[] more)
    {
        CliRun cli = await CliRun.RunAsync(["simulate", "--out", Out, .. Small, .. more]);
        Assert.True(cli.Code == ExitCode.Clean, cli.Error);
        return cli;
    }

    private static byte[] Bytes(string root) =>
        [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).SelectMany(File.ReadAllBytes)];
}
