using System.Text.Json;
using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli;

public sealed class TokenizeCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private const string Prompt = "a close-up cropped png photo of a widget with missing part for anomaly segmentation";

    [Fact]
    public async Task Tokenize_Json_ShowsBothTokenisersAndWhereTheStateStands()
    {
        CliRun run = await CliRun.RunAsync("tokenize", Prompt, "--pack", tiny.Folder, "--state", "missing part", "--json");
        Assert.Equal(ExitCode.Clean, run.Code);
        Assert.Equal(["clip", "diffusion"], run.Json.Select(t => t.GetProperty("tokenizer").GetString()!));
        JsonElement diffusion = run.Json[1];
        // golden.json of tiny-a: state_token_positions.
        Assert.Equal([12, 13], diffusion.GetProperty("states").GetProperty("missing part").EnumerateArray().Select(p => p.GetInt32()));
        Assert.Equal(
            ["missing</w>", "part</w>"],
            diffusion.GetProperty("names").EnumerateArray().Skip(12).Take(2).Select(n => n.GetString()!)
        );
        Assert.Equal(
            (791, 792),
            (diffusion.GetProperty("ids")[0].GetInt32(), diffusion.GetProperty("ids").EnumerateArray().Last().GetInt32())
        );
    }

    [Fact]
    public async Task Tokenize_Text_MarksTheStateAndSaysWhatIsCutOff()
    {
        CliRun run = await CliRun.RunAsync(
            "tokenize",
            Prompt,
            string.Concat(Enumerable.Repeat("widget ", 100)),
            "--pack",
            tiny.Folder,
            "--state",
            "widget"
        );
        Assert.Equal(ExitCode.BadArguments, run.Code);
        Assert.Contains("has 102 tokens, start and end included; at most 77 are read", run.Error, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ +10 +789  widget</w>   <- widget$", run.Output);
        Assert.Contains("77 of 77 tokens, cut off", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokenize_StateNotInTheText_ExitsWith2()
    {
        CliRun run = await CliRun.RunAsync("tokenize", "a photo", "--pack", tiny.Folder, "--state", "crack");
        run.AssertBadArguments("The state 'crack'");
    }
}
