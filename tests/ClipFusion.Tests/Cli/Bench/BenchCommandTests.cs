using System.Globalization;
using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli.Bench;

[Trait("speed", "slow")]
public sealed class BenchCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Latency_ShotsAndRounds_TimesEveryMethodForEach()
    {
        CliRun run = await CliRun.RunAsync("bench", "latency", "--pack", tiny.Folder, "--k", "0,2", "--rounds", "2", "--threads", "1");
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        string[][] rows =
        [
            .. run
                .Output.Split('\n')
                .Where(l => l.StartsWith("| ", StringComparison.Ordinal))
                .Select(l => l.Split('|', StringSplitOptions.TrimEntries)[1..^1]),
        ];
        Assert.Equal(["shots", "clipfusion", "patchclip", "mapdiff", "winclip"], rows[0]);
        Assert.Equal(["0", "2"], rows[2..].Select(r => r[0]));
        foreach (string cell in rows[2..].SelectMany(r => r[1..]))
        {
            double[] figures = [.. cell.TrimEnd(')').Split(" (").Select(f => double.Parse(f, CultureInfo.InvariantCulture))];
            Assert.True(figures[0] >= figures[1] && figures[1] > 0, cell);
        }

        Assert.Contains("clip_image: cpu", run.Error, StringComparison.Ordinal);
        Assert.Contains("Weights: weights of unknown", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Latency_AllBaselines_TimesThoseThatCanJudgeWithSoManyReferences()
    {
        CliRun run = await CliRun.RunAsync(
            "bench",
            "latency",
            "--pack",
            tiny.Folder,
            "--k",
            "0,1",
            "--rounds",
            "1",
            "--threads",
            "1",
            "--baselines",
            "all"
        );
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        string[][] rows =
        [
            .. run
                .Output.Split('\n')
                .Where(l => l.StartsWith("| ", StringComparison.Ordinal))
                .Select(l => l.Split('|', StringSplitOptions.TrimEntries)[4..^1]),
        ];
        string[] zeroShot = ["winclip", "clip-ac", "maskclip", "trans-mm", "trans-mm-all"],
            fewShot = ["winclip", "patchcore", "padim-clip", "promptad", "promptad-clean", "iipad"];
        Assert.Equal(zeroShot.Union(fewShot).Order(), rows[0][1..].Order());
        Assert.Equal(zeroShot.Order(), Measured(rows[2]));
        Assert.Equal(fewShot.Order(), Measured(rows[3]));

        IEnumerable<string> Measured(string[] cells) =>
            rows[0][1..].Zip(cells[1..]).Where(c => c.Second != "-").Select(c => c.First).Order();
    }

    [Theory]
    [InlineData("--baselines", "spade")]
    [InlineData("--rounds", "0")]
    [InlineData("--k", "101")]
    [InlineData("--threads", "-1")]
    [InlineData("--pack", "nowhere")]
    public async Task Latency_BadOption_IsNamed(string option, string value)
    {
        string[] pack = option == "--pack" ? [] : ["--pack", tiny.Folder];
        (await CliRun.RunAsync(["bench", "latency", .. pack, option, value])).AssertBadArguments(value);
    }
}
