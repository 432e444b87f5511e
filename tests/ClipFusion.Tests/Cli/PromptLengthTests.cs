namespace ClipFusion.Tests.Cli;

/// <summary>A prompt that would be cut makes a branch constant: it is an error wherever prompts are encoded.</summary>
public sealed class PromptLengthTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private static readonly string Recipe = Fixtures.Path("field-1", "long-prompt.recipe.json");

    [Fact]
    public async Task Inspect_PromptBeyondTheContext_NamesPromptAndTokens()
    {
        CliRun run = await CliRun.RunAsync("inspect", TinyPack.Query2, "--pack", tiny.Folder, "--recipe", Recipe);
        run.AssertBadArguments("$.normalPrompts[0]: found");
        Assert.Matches(@"found \d{3} tokens \(""a b c d e", run.Error);
        Assert.Contains("expected at most 77", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigCheck_AnyRecipeWithSuchAPrompt_IsAnError()
    {
        string folder = tiny.Scratch();
        Directory.CreateDirectory(Path.Combine(folder, "data", "recipes"));
        string recipe = File.ReadAllText(Recipe)
            .Replace(
                "{\"object\"",
                "{\"number\":5,\"name\":\"long\",\"thresholds\":{\"patchclip\":{\"zeroShot\":0.5}},\"object\"",
                StringComparison.Ordinal
            );
        await File.WriteAllTextAsync(Path.Combine(folder, "data", "recipes", "long.json"), recipe, TestContext.Current.CancellationToken);
        string config = Path.Combine(folder, "clipfusion.json");
        await File.WriteAllTextAsync(
            config,
            $$$"""
            {"device":"box","dataFolder":"{{{Path.Combine(folder, "data")}}}","modelPack":"{{{tiny.Folder}}}","mqtt":{"host":"localhost"},
             "stations":[{"name":"one","camera":{"kind":"folder","folder":"{{{folder}}}"}}]}
            """,
            TestContext.Current.CancellationToken
        );

        CliRun run = await CliRun.RunAsync("config", "check", config);

        run.AssertBadArguments("recipe long: $.normalPrompts[0]: found");
    }
}
