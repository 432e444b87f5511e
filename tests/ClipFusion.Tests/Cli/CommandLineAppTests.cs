using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli;

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

    [Theory]
    [InlineData("rnu", "'run'")]
    [InlineData("modles list", "'models'")]
    [InlineData("models biuld", "'build'")]
    [InlineData("run --confg x", "'--config'")]
    [InlineData("inspect a.png --pack p --recpie r.json", "'--recipe'")]
    [InlineData("evaluate x --pack p --out o --baseline winclip", "'--baselines'")]
    public async Task Word_NearlyRight_IsAnsweredWithTheOneThatWasMeant(string line, string meant)
    {
        var (code, _, error) = await RunAsync(line);
        Assert.Equal(ExitCode.BadArguments, code);
        Assert.Contains($"did you mean {meant}?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Argument_WithAnAt_IsWhatItSays()
    {
        var (code, _, error) = await RunAsync("inspect @parts.png --pack /nowhere --recipe @recipe.json");
        Assert.Equal(ExitCode.BadArguments, code);
        Assert.Contains("--recipe @recipe.json: there is no such file", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("demo")]
    [InlineData("inspect")]
    [InlineData("evaluate")]
    [InlineData("models build")]
    [InlineData("models pull")]
    [InlineData("models list")]
    [InlineData("models verify")]
    [InlineData("config check")]
    [InlineData("recipe check")]
    [InlineData("threshold")]
    [InlineData("tokenize")]
    [InlineData("bench latency")]
    [InlineData("completion")]
    [InlineData("")]
    public async Task Help_OfAVerb_HasExitCodesAndExamplesThatAreUnderstood(string verb)
    {
        var (_, output, _) = await RunAsync($"{verb} --help");
        Assert.Contains("130  interrupted", output, StringComparison.Ordinal);
        string[] examples =
        [
            .. output[output.IndexOf("Examples:", StringComparison.Ordinal)..]
                .Split('\n')
                .Select(l => l.Trim())
                .Where(l => l.StartsWith("clipfusion ", StringComparison.Ordinal)),
        ];
        Assert.NotEmpty(examples);
        foreach (string example in examples)
        {
            // With the help asked for, words are understood and nothing runs.
            var (code, _, error) = await RunAsync(
                example["clipfusion ".Length..].Replace("\"a photo of a metal nut\"", "text", StringComparison.Ordinal) + " --help"
            );
            Assert.True(code == ExitCode.Clean && error.Length == 0, $"{example}: {error}");
        }
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    public async Task Completion_Script_IsMadeFromTheVerbs(string shell)
    {
        var (code, output, _) = await RunAsync($"completion {shell}");
        Assert.Equal(ExitCode.Clean, code);
        foreach (string word in (string[])["inspect", "--recipe", "models", "pull", "--accept-hash", "patchclip"])
            Assert.Contains(word, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("clipfusion mod", "models")]
    [InlineData("clipfusion models pu", "pull")]
    [InlineData("clipfusion inspect --rec", "--recipe")]
    [InlineData("clipfusion inspect --profile pat", "patchclip")]
    public async Task Completion_InBash_OffersWhatFits(string typed, string expected)
    {
        var (_, script, _) = await RunAsync("completion bash");
        string[] words = typed.Split(' ');
        string offered = (
            await Programs.RunAsync(
                "bash",
                ["-c", $"{script}\nCOMP_WORDS=({typed}); COMP_CWORD={words.Length - 1}; _clipfusion; echo \"${{COMPREPLY[@]}}\""],
                TestContext.Current.CancellationToken
            )
        ).Output;
        Assert.Contains(expected, offered.Split(' ', '\n'));
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
        using var folder = new TemporaryFolder();
        string file = folder["models.json"];
        await File.WriteAllTextAsync(file, """{"schema":3,"sets":{},"more":1}""", TestContext.Current.CancellationToken);
        var (code, _, error) = await RunAsync($"models pull --to /tmp/never --catalogue {file}");
        Assert.Equal(ExitCode.BadArguments, code);
        Assert.Equal(2, error.Split('\n').Count(l => l.StartsWith("clipfusion: error: ", StringComparison.Ordinal)));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await CommandLineApp.RunAsync(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            new Terminal(output, error, false),
            TestContext.Current.CancellationToken
        );
        return (code, output.ToString(), error.ToString());
    }
}
