using ClipFusion.EdgeDaemon.CommandLine;

namespace ClipFusion.Tests.EdgeDaemon;

public sealed class CommandLineAppTests
{
    [Theory]
    [InlineData("--help", "models")]
    [InlineData("models --help", "pull")]
    [InlineData("models pull --help", "--accept-hash")]
    public async Task Help_Asked_IsPrintedAndClean(string line, string mentions)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.Equal(ExitCode.Clean, code);
        Assert.Contains(mentions, output, StringComparison.Ordinal);
        Assert.Empty(error);
    }

    [Theory]
    [InlineData("", "command")]
    [InlineData("nonsense", "nonsense")]
    [InlineData("models pull", "--to")]
    [InlineData("models pull --to /tmp/never --jsn", "--jsn")]
    [InlineData("models pull nonsense --to /tmp/never", "stable-diffusion-2-inpainting")]
    [InlineData("models pull --to /tmp/never --base-url https://host/", "SOURCE=URL")]
    [InlineData("models pull --to /tmp/never --base-url other=https://host/", "openclip")]
    [InlineData("models pull --to /tmp/never --base-url openclip=http://host/", "https")]
    [InlineData("models pull --to /tmp/never --base-url openclip=https://a/ --base-url openclip=https://b/", "more than once")]
    [InlineData("models pull --to /tmp/never --stall-timeout 0", "3600")]
    [InlineData("models pull --to /tmp/never --catalogue /nowhere.json", "/nowhere.json")]
    public async Task Arguments_Wrong_ExitWith2AndOneReadableLine(string line, string mentions)
    {
        var (code, output, error) = await RunAsync(line);
        Assert.Equal(ExitCode.BadArguments, code);
        Assert.Empty(output);
        Assert.Contains(mentions, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n'), l => l.StartsWith("clipfusion: error: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists("/tmp/never"));
    }

    [Fact]
    public async Task BaseUrl_WrongAndWithPassword_DoesNotShowIt()
    {
        var (_, _, error) = await RunAsync("models pull --to /tmp/never --base-url openclip=ftp://user:secret@host/");
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbose_OnError_ShowsTheStackTrace()
    {
        var (code, _, error) = await RunAsync("models pull --verbose --to /tmp/never --catalogue /nowhere.json");
        Assert.Equal(ExitCode.BadArguments, code);
        Assert.Contains("   at ClipFusion.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Catalogue_WithErrors_ReportsEachOnItsOwnLine()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{"schema":3,"sets":{},"more":1}""", TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync($"models pull --to /tmp/never --catalogue {file}");
        File.Delete(file);
        Assert.Equal(ExitCode.BadArguments, code);
        Assert.Equal(2, error.Split('\n').Count(l => l.StartsWith("clipfusion: error: ", StringComparison.Ordinal)));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandLineApp.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), new Terminal(output, error, false), TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
