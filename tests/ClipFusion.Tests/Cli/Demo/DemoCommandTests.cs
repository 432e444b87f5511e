using System.Text.Json;
using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli.Demo;

[Trait("speed", "slow")]
public sealed class DemoCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Prepare_OfAMaterial_WritesALineThatMakesItAndARecipeThatIsCalledAfterIt()
    {
        CliRun cli = await CliRun.RunAsync("demo", "--prepare", "--data", _folder["box"], "--material", "cast-metal");
        Assert.True(cli.Code == ExitCode.Clean, cli.Error);
        JsonElement config = JsonElement.Parse(
            string.Join('\n', File.ReadLines(_folder["box", "clipfusion.json"]).Where(l => !l.StartsWith("//", StringComparison.Ordinal)))
        );
        Assert.Equal("cast-metal", config.GetProperty("stations")[0].GetProperty("camera").GetProperty("material").GetString());
        JsonElement recipe = JsonElement.Parse(File.ReadAllBytes(_folder["box", "recipes", "demo.json"]));
        Assert.Equal("cast metal", recipe.GetProperty("object").GetString());
        Assert.Equal(8, recipe.GetProperty("references").GetArrayLength());
    }

    [Fact]
    public async Task Demo_OfAMaterialThatTheLineCannotMake_NamesThoseThatItCan()
    {
        (await CliRun.RunAsync("demo", "--data", _folder["box"], "--material", "marble")).AssertBadArguments("marble", "cast-metal");
        Assert.False(Directory.Exists(_folder["box"]));
    }

    public void Dispose() => _folder.Dispose();
}
