using ClipFusion.Cli;

namespace ClipFusion.Tests.Cli.Inspect;

/// <summary>What is found to be wrong before a network is loaded: exit code 2, one readable line, nothing written.</summary>
public sealed class InspectInputTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Theory]
    [InlineData("--pack /nowhere", "--pack /nowhere")]
    [InlineData("--recipe /nowhere.json", "--recipe /nowhere.json")]
    [InlineData("/nowhere.png", "IMAGE /nowhere.png")]
    [InlineData("--jsn", "--jsn")]
    [InlineData("--reference /nowhere.png", "--reference /nowhere.png")]
    [InlineData("--reference /proc/self/cmdline", "/proc/self/cmdline")]
    [InlineData("--profile quick", "quick")]
    [InlineData("--scale 0,1", "--out DIR")]
    [InlineData("--out {scratch} --scale 1,0", "the lower one first")]
    [InlineData("--out /proc/clipfusion", "--out /proc/clipfusion")]
    [InlineData("--out {file}/heatmaps", "--out ")]
    [InlineData("--dump /nowhere/dump.safetensors", "/nowhere")]
    [InlineData("--dump {scratch}", "is a folder")]
    [InlineData("--dump-layers", "--dump FILE")]
    [InlineData("--map-threshold NaN", "finite")]
    [InlineData("--threads -1", "0 to 1024")]
    public async Task Inputs_Wrong_ExitWith2AndSayWhat(string more, string mentions)
    {
        string[] arguments = more.Replace("{scratch}", tiny.Scratch(), StringComparison.Ordinal)
            .Replace("{file}", tiny.Recipe, StringComparison.Ordinal)
            .Split(' ');
        string[] pack = arguments.Contains("--pack") ? [] : ["--pack", tiny.Folder],
            recipe = arguments.Contains("--recipe") ? [] : ["--recipe", tiny.Recipe];
        CliRun run = await CliRun.RunAsync(["inspect", TinyPack.Query2, .. pack, .. recipe, .. arguments]);
        run.AssertBadArguments(mentions);
        Assert.Single(run.Errors);
    }

    [Fact]
    public async Task Pack_Damaged_IsRefusedWithTheFile()
    {
        string pack = tiny.Copy();
        TinyPack.Flip(Path.Combine(pack, "vae_encoder.weights"));
        (await CliRun.RunAsync("inspect", TinyPack.Query2, "--pack", pack, "--recipe", tiny.Recipe)).AssertBadArguments(
            "is damaged",
            "vae_encoder.weights: sha256"
        );
    }

    [Fact]
    public async Task Pack_IsAnEmptyFolder_IsRefused() =>
        (await CliRun.RunAsync("inspect", TinyPack.Query2, "--pack", tiny.Scratch(), "--recipe", tiny.Recipe)).AssertBadArguments(
            "no pack.json"
        );

    [Fact]
    public async Task Recipe_WithUnknownKeys_ReportsAllErrorsAtOnce()
    {
        CliRun run = await WithRecipeAsync("\"stats\":[\"crack\"],\"alphaSegmentation\":2", TinyPack.Query2);
        run.AssertBadArguments("2 errors", "$.stats", "$.alphaSegmentation");
        Assert.Equal(3, run.Errors.Count);
    }

    [Theory]
    [InlineData("\"branches\":[\"clipVision\"]", "--reference IMAGE")]
    [InlineData("\"timestepBlocks\":[[201,7]]", "decoder block 7")]
    [InlineData("\"region\":[200,0,200,300]", "region")]
    [InlineData("\"ignore\":[[200,0,200,300]]", "300x300")]
    [InlineData("\"ignore\":\"mask.png\"", "mask.png")]
    public async Task Recipe_DoesNotFit_ExitsWith2(string keys, string mentions) =>
        (await WithRecipeAsync(keys, TinyPack.Query2)).AssertBadArguments(mentions);

    [Fact]
    public async Task Profile_ThatLeavesNoBranch_ExitsWith2() =>
        (await WithRecipeAsync("\"branches\":[\"clipLanguage\"]", TinyPack.Query2, "--profile", "mapdiff")).AssertBadArguments(
            "$.branches"
        );

    [Fact]
    public async Task Ignore_PicturesOfTwoSizes_ExitWith2AndNameBoth() =>
        (await WithRecipeAsync("\"ignore\":[[0,0,10,10]]", TinyPack.Query2, TinyPack.Query4)).AssertBadArguments(
            "query4.png: 700x500",
            "query2.png has 300x300"
        );

    [Theory]
    [InlineData("--out")]
    [InlineData("--dump")]
    public async Task Images_OfOneNameInOneFolder_AreRefusedWhereResultsAreNamedByThem(string option)
    {
        string folder = tiny.Scratch(),
            first = Path.Combine(folder, "part.png"),
            second = Path.Combine(folder, "part.PNG"),
            target = Path.Combine(tiny.Scratch(), "results");
        File.Copy(TinyPack.Query2, first);
        File.Copy(TinyPack.Query3, second);
        string[] arguments = ["inspect", first, second, "--pack", tiny.Folder, "--recipe", tiny.Recipe, "--profile", "patchclip"];
        (await CliRun.RunAsync([.. arguments, option, target])).AssertBadArguments(first, "'part'");
        Assert.False(Path.Exists(target));
        Assert.Equal(ExitCode.Clean, (await CliRun.RunAsync(arguments)).Code);
    }

    [Fact]
    public async Task Images_NoneReadable_FailsWithoutAPack()
    {
        string text = Path.Combine(tiny.Scratch(), "text.png"),
            pack = tiny.Scratch();
        await File.WriteAllTextAsync(text, "not a picture", TestContext.Current.CancellationToken);
        CliRun run = await CliRun.RunAsync("inspect", text, "--pack", pack, "--recipe", tiny.Recipe);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains($"not judged: {text}", run.Output, StringComparison.Ordinal);
    }

    private Task<CliRun> WithRecipeAsync(string keys, params string[] arguments) =>
        CliRun.RunAsync(["inspect", "--pack", tiny.Folder, "--recipe", tiny.RecipeWith(keys), .. arguments]);
}
