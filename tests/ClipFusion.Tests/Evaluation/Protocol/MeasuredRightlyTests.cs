using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Tests.Cli;

namespace ClipFusion.Tests.Evaluation.Protocol;

/// <summary>What made an evaluation say something wrong without a word.</summary>
[Trait("speed", "slow")]
public sealed class MeasuredRightlyTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private static readonly string LongObject = string.Join(' ', Enumerable.Repeat("widget", 90));

    [Fact]
    public async Task Evaluate_TargetsOfLinksChanged_JudgesAnew()
    {
        using var set = new EvaluationSet();
        string linked = tiny.Scratch(),
            folder = tiny.Scratch();
        foreach (string file in Directory.EnumerateFiles(set.Path(""), "*", SearchOption.AllDirectories))
        {
            string link = Path.Combine(linked, Path.GetRelativePath(set.Path(""), file));
            Directory.CreateDirectory(Path.GetDirectoryName(link)!);
            File.CreateSymbolicLink(link, file);
        }

        string First() =>
            JsonElement
                .Parse(File.ReadAllBytes(Directory.GetFiles(folder, "patchclip-k0-seed0.json", SearchOption.AllDirectories).Single()))
                .GetProperty("images")
                .GetRawText();
        await CleanAsync(linked, folder, "--k", "0", "--profiles", "patchclip");
        string before = First();
        // Same name, and content of another picture.
        File.Copy(set.Path("test/hole/002.png"), set.Path("test/good/002.png"), overwrite: true);
        await CleanAsync(linked, folder, "--k", "0", "--profiles", "patchclip");

        Assert.NotEqual(before, First());
    }

    [Fact]
    public async Task Evaluate_NoRunCanBeMade_ExitsWith2BeforeAnyNetworkRuns()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        CliRun run = await CliRun.RunAsync("evaluate", set.Root, "--pack", tiny.Folder, "--out", folder, "--k", "100");
        run.AssertBadArguments("widget has 2 good pictures to draw from");
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));

        CliRun unsupported = await CliRun.RunAsync(
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            folder,
            "--k",
            "0",
            "--recipe",
            tiny.RecipeWith("\"branches\":[\"clipVision\"]"),
            "--profiles",
            "patchclip"
        );
        unsupported.AssertBadArguments("no row can be made with 0 references");
    }

    [Fact]
    public async Task Evaluate_SomeRunsCanBeMade_MakesTheseAndNotesTheRest()
    {
        using var set = new EvaluationSet();
        CliRun run = await CleanAsync(set.Root, tiny.Scratch(), "--k", "1,100", "--seeds", "0", "--profiles", "patchclip");
        Assert.Contains("| patchclip | 1 |", run.Output, StringComparison.Ordinal);
        Assert.Contains("2 good pictures to draw from, so no run with 100 shots", run.Output, StringComparison.Ordinal);
        Assert.Contains("3 of 5 test pictures are defective, 3 with masks", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--profiles", "patchclip", "$.normalPrompts[0]: found ")]
    [InlineData("--profiles", "mapdiff", "$.states[0]: found ")]
    public async Task Evaluate_PromptBeyondTheContext_IsRefusedBeforeAnyPicture(string option, string value, string expected)
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        CliRun run = await CliRun.RunAsync(
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            folder,
            "--k",
            "0",
            option,
            value,
            "--object",
            $"widget={LongObject}"
        );
        run.AssertBadArguments(expected);
        Assert.Contains("expected at most 77", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Evaluate_WinClipPromptBeyondTheContext_IsRefusedThoughTheRecipesFit()
    {
        using var set = new EvaluationSet();
        // The recipe's own prompts are shorter than WinCLIP's longest by more than ten tokens.
        string recipe = tiny.RecipeWith("\"normalPrompts\":[\"{object}\"],\"abnormalPrompts\":[\"bad {object}\"]"),
            word = string.Join(' ', Enumerable.Repeat("widget", 72));
        string[] command =
        [
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            tiny.Scratch(),
            "--k",
            "0",
            "--recipe",
            recipe,
            "--profiles",
            "patchclip",
            "--object",
            $"widget={word}",
        ];
        Assert.Equal(ExitCode.Clean, (await CliRun.RunAsync(command)).Code);
        (await CliRun.RunAsync([.. command, "--baselines", "winclip"])).AssertBadArguments("WinCLIP's prompts: found");
    }

    [Fact]
    public async Task Evaluate_EveryOutput_SaysWhatTheWeightsAre()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        CliRun run = await CleanAsync(set.Root, folder, "--k", "0,1", "--seeds", "0", "--profiles", "patchclip");

        // Nobody has told the builder where these weights come from.
        const string said = "weights of unknown origin";
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        string html = File.ReadAllText(Path.Combine(folder, "report.html"));
        Assert.All(
            [html, File.ReadAllText(Path.Combine(folder, "results.md"))],
            text => Assert.Contains(said, text, StringComparison.Ordinal)
        );
        Assert.All(
            File.ReadAllLines(Path.Combine(folder, "results.csv"))[1..],
            line => Assert.EndsWith(",unknown", line, StringComparison.Ordinal)
        );
        JsonElement json = JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
        Assert.Equal(
            ("unknown", 3),
            (json.GetProperty("weights").GetString(), json.GetProperty("categories")[0].GetProperty("withMasks").GetInt32())
        );
        Assert.All(
            [
                "<table>",
                "false positive rate",
                "per-region overlap",
                "best balance",
                "By kind of defect",
                "Good pictures that score highest",
                "Defective pictures that score lowest",
                "outline of its mask",
                "class=\"bar\"",
                ">hole<",
            ],
            part => Assert.Contains(part, html, StringComparison.Ordinal)
        );
        string[] pictures = [.. System.Text.RegularExpressions.Regex.Matches(html, "src=\"([^\"]+)\"").Select(m => m.Groups[1].Value)];
        Assert.NotEmpty(pictures);
        Assert.All(pictures, p => Assert.True(File.Exists(Path.Combine(folder, p)), p));
    }

    [Fact]
    public void Coreset_OfAllRows_ChoosesNothing()
    {
        float[] rows = [5, 0, 1, 9, 9, 9, 0, 0];
        Assert.Equal([0, 1, 2, 3], GreedyCoreset.Select(rows, 2, 4));
    }

    private async Task<CliRun> CleanAsync(string set, string folder, params string[] options)
    {
        CliRun run = await CliRun.RunAsync(["evaluate", set, "--pack", tiny.Folder, "--out", folder, "--threads", "1", .. options]);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        return run;
    }
}
