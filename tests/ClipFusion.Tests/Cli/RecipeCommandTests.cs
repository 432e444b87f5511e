using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli;

public sealed class RecipeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"objct": "nut"}""", "$.object: found nothing")]
    [InlineData("""{"object": "nut", "branches": ["clipVision"]}""", "it has no references")]
    [InlineData("""{"object": "nut", "references": ["good.png"]}""", "there is no file good.png")]
    [InlineData("""{"object": "nut", "ignore": "mask.png"}""", "there is no file mask.png")]
    [InlineData("""{"object": "nut", "ignore": [[0, 0, 9, 9]]}""", "nothing says how large the frames are")]
    public async Task Check_RecipeThatCannotWork_IsCodeTwo(string recipe, string mentions) =>
        (await CheckAsync(recipe)).AssertBadArguments(mentions);

    [Fact]
    public async Task Check_RecipeOfInspect_SaysWhatADeviceWantsBesides()
    {
        CliRun cli = await CheckAsync("""{"object": "nut", "thresholds": {"clipfusion": {"zeroShot": 0.5}}}""");
        Assert.Equal(ExitCode.Clean, cli.Code);
        Assert.Contains("a device takes it only with \"number\"", cli.Error, StringComparison.Ordinal);

        cli = await CheckAsync("""{"number": 7, "object": "nut", "thresholds": {"clipfusion": {"zeroShot": 0.5}}}""");
        Assert.Equal((ExitCode.Clean, ""), (cli.Code, cli.Error));
    }

    private Task<CliRun> CheckAsync(string recipe)
    {
        string file = _folder["nut.json"];
        File.WriteAllText(file, recipe);
        return CliRun.RunAsync("recipe", "check", file);
    }
}
