using ClipFusion.EdgeDaemon.CommandLine;

namespace ClipFusion.Tests.EdgeDaemon;

public sealed class BenchCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Latency_TwoNumbersOfShots_HasARowOfBothMethodsEach()
    {
        Cli run = await Cli.RunAsync("bench", "latency", "--pack", tiny.Folder, "--k", "0,1", "--rounds", "2", "--threads", "1");
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^\| 0 \| [0-9.]+ \([0-9.]+\) \| [0-9.]+ \([0-9.]+\) \|$", lines[2]);
        Assert.StartsWith("| 1 |", lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--k", "101")]
    [InlineData("--rounds", "0")]
    [InlineData("--pack", "nowhere")]
    public async Task Latency_BadOption_IsNamed(string option, string value)
    {
        string[] pack = option == "--pack" ? [] : ["--pack", tiny.Folder];
        (await Cli.RunAsync(["bench", "latency", .. pack, option, value])).AssertBadArguments(value);
    }
}
