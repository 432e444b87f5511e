using System.Text.Json;
using System.Text.Json.Nodes;
using ClipFusion.Cli;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Protocol;

namespace ClipFusion.Tests.Evaluation.Ablations;

/// <summary>The paper's tables that vary the method, on tiny networks and a few pictures.</summary>
[Trait("speed", "slow")]
public sealed class AblationCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Evaluate_AllTables_EveryRowScoresAsTheInspectorDoesWithItsSettings()
    {
        using EvaluationSet set = Small("cable");
        string folder = tiny.Scratch();

        CliRun cli = await CleanAsync(set, folder, "--k", "0,1", "--seeds", "0", "--ablation", "all", "--states", "cable=hole,damage");

        using ModelPack pack = ModelPack.Open(tiny.Folder);
        var expected = new Dictionary<string, float>(StringComparer.Ordinal);
        foreach ((string row, Recipe recipe) in Rows())
        {
            JsonElement run = Run(folder, $"{row}-k{(row == "table4-language" ? 0 : 1)}-seed0");
            string[] references =
            [
                .. run.GetProperty("references").EnumerateArray().Select(r => Path.Combine(set.Root, r.GetProperty("id").GetString()!)),
            ];
            JsonElement image = run.GetProperty("images").EnumerateArray().Last();
            // Several tables have a row that is the method itself.
            string key = $"{recipe.Revision} {references.Length}";
            if (!expected.ContainsKey(key))
                expected[key] = Score(pack, recipe, references, Path.Combine(set.Root, image.GetProperty("id").GetString()!));
            // Networks may have been run in another batch than the inspector's, so to rounding.
            Assert.Equal(expected[key], image.GetProperty("score").GetSingle(), 2e-6f);
            Assert.Contains($"| {row} | ", cli.Output, StringComparison.Ordinal);
        }

        Assert.All(
            (int[])[3, 4, 5, 6, 9, 10, 11],
            table => Assert.Contains($"## Table {table} of the paper: ", cli.Output, StringComparison.Ordinal)
        );
        // The one row that can't be made here is named, in the tables and as a note.
        Assert.Contains(
            "- NOT MADE: table11-custom (the paper's set: pill: crack, scratch, residue): no category 'pill' is judged",
            cli.Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "- table 11: table11-custom (the paper's set: pill: crack, scratch, residue) was not made",
            cli.Output,
            StringComparison.Ordinal
        );
        // The components' maps are others, so are the scores.
        float[] scores =
        [
            .. ((string[])["decoder", "all", "encoder-decoder"]).Select(p =>
                Run(folder, $"table9-{p}-k1-seed0").GetProperty("images")[0].GetProperty("score").GetSingle()
            ),
        ];
        Assert.Equal(3, scores.Distinct().Count());
        // The paper's figure of the one category that there is stands beside ours.
        Assert.Matches(
            @"\| table11-custom \| the paper's set: cable: crack, poke, scratch \| cable \| 1 \| [0-9.]+ \(95\.0, [-+][0-9.]+\) \|",
            cli.Output
        );
        JsonElement report = JsonElement.Parse(
            await File.ReadAllBytesAsync(Path.Combine(folder, "results.json"), TestContext.Current.CancellationToken)
        );
        Assert.Equal(7, report.GetProperty("ablations").GetArrayLength());
        Assert.Contains(
            "cable,table11-default,1,image_auroc,",
            await File.ReadAllTextAsync(Path.Combine(folder, "results.csv"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Evaluate_TablesThatVaryOnlyTheFusion_CostNoNetworkTime()
    {
        using EvaluationSet set = Small("widget");
        string folder = tiny.Scratch();
        string[] options = ["--k", "0,1", "--seeds", "0", "--cache", Path.Combine(folder, "own")];
        await CleanAsync(set, folder, options);

        CliRun second = await CleanAsync(set, folder, [.. options, "--ablation", "3,4"]);
        Assert.Contains("(0 runs)", second.Error, StringComparison.Ordinal);

        // A table more leaves the runs of the others as they are.
        string kept = Path.Combine(folder, "runs", "widget", "table3-clip-k1-seed0.json");
        DateTime before = File.GetLastWriteTimeUtc(kept);
        CliRun third = await CleanAsync(set, folder, [.. options, "--ablation", "3,10"]);
        Assert.Equal(before, File.GetLastWriteTimeUtc(kept));
        Assert.DoesNotContain("(0 runs)", third.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_PackWithoutTheGraphOfParts_SaysWhichRowsItCannotMakeAndWhatWould()
    {
        using EvaluationSet set = Small("widget");
        string old = tiny.Copy(),
            manifest = Path.Combine(old, "pack.json"),
            folder = tiny.Scratch();
        JsonObject pack = JsonNode.Parse(await File.ReadAllTextAsync(manifest, TestContext.Current.CancellationToken))!.AsObject();
        pack["graphs"]!.AsArray().RemoveAll(g => g!["name"]!.GetValue<string>() == "mapdiff_parts");
        await File.WriteAllTextAsync(manifest, pack.ToJsonString(), TestContext.Current.CancellationToken);

        CliRun run = await CliRun.RunAsync(
            "evaluate",
            set.Root,
            "--pack",
            old,
            "--out",
            folder,
            "--k",
            "1",
            "--seeds",
            "0",
            "--threads",
            "1",
            "--ablation",
            "9"
        );

        Assert.True(run.Code == ExitCode.Clean, run.Error);
        Assert.Contains(
            "- NOT MADE: table9-decoder (decoder): pack 'tiny' has no graph 'mapdiff_parts'",
            run.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("build it again from the same weights with 'clipfusion models build'", run.Output, StringComparison.Ordinal);
        Assert.Contains("| table9-encoder-decoder | ", run.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "runs", "widget", "table9-decoder-k1-seed0.json")));
    }

    [Theory]
    [InlineData("7", "--ablation", "7")]
    [InlineData("so --k has to have 1", "--ablation", "3", "--k", "0,2")]
    [InlineData("so --k has to have 0", "--ablation", "4", "--k", "1")]
    [InlineData("--ablation 11 is expected", "--states", "widget=hole")]
    [InlineData("no such category", "--ablation", "11", "--states", "bottle=hole")]
    [InlineData("each once", "--ablation", "11", "--states", "widget=hole,hole")]
    public async Task Evaluate_BadTable_IsNamed(string mention, params string[] options)
    {
        using var set = new EvaluationSet();
        CliRun run = await CliRun.RunAsync(["evaluate", set.Root, "--pack", tiny.Folder, "--out", tiny.Scratch(), .. options]);
        run.AssertBadArguments(mention);
    }

    /// <summary>One good picture and one bad one: every table runs networks of its own.</summary>
    private static EvaluationSet Small(string category)
    {
        var set = new EvaluationSet(category);
        foreach (
            string picture in (string[])
                [
                    "test/good/003.png",
                    "test/hole/003.png",
                    "test/hole/004.png",
                    "ground_truth/hole/003_mask.png",
                    "ground_truth/hole/004_mask.png",
                ]
        )
            File.Delete(set.Path(picture));
        return set;
    }

    private static float Score(ModelPack pack, Recipe recipe, string[] references, string picture)
    {
        using var inspector = Inspector.Create(pack, recipe, cancellation: TestContext.Current.CancellationToken);
        if (references.Length > 0)
            inspector.Enroll(
                references.Length,
                (i, use) => use(ImageCodec.DecodeStored(references[i]).View),
                cancellation: TestContext.Current.CancellationToken
            );
        return inspector.Inspect(ImageCodec.DecodeStored(picture).View, cancellation: TestContext.Current.CancellationToken).Score;
    }

    /// <summary>What each row is, written down anew.</summary>
    private static IEnumerable<(string Row, Recipe Recipe)> Rows()
    {
        Recipe all = Recipe.Default("cable"),
            diffusion = all with { Profile = Profile.MapDiff };
        yield return ("table3-clip", all with { Profile = Profile.PatchClip });
        yield return ("table3-diff", diffusion);
        yield return ("table3-both", all);
        yield return ("table3-weights-0.25", all with { AlphaClassification = 0.25 });
        yield return ("table3-weights-0.5", all with { AlphaSegmentation = 0.5, AlphaClassification = 0.5 });
        yield return ("table3-weights-0.75", all with { AlphaSegmentation = 0.75 });
        yield return ("table4-language", all);
        yield return ("table4-vision", all with { Branches = Branches.Vision });
        yield return ("table4-both", all);
        yield return ("table5-block-up", diffusion with { TimestepBlocks = [new(201, 1), new(401, 2), new(801, 3)] });
        yield return ("table5-block-down", diffusion);
        yield return ("table6-with-block0", diffusion with { TimestepBlocks = [new(801, 0), new(201, 3), new(401, 2), new(801, 1)] });
        yield return ("table6-without-block0", diffusion);
        yield return ("table9-encoder-decoder", diffusion);
        yield return ("table10-generic", diffusion with { States = ["damage"] });
        yield return ("table10-ensemble", diffusion);
        yield return ("table11-default", diffusion);
        yield return ("table11-custom", diffusion with { States = ["crack", "poke", "scratch"] });
        yield return ("table11-own", diffusion with { States = ["hole", "damage"] });
    }

    private static JsonElement Run(string folder, string name) =>
        JsonElement.Parse(
            File.ReadAllBytes(Path.Combine(Directory.EnumerateDirectories(Path.Combine(folder, "runs")).Single(), $"{name}.json"))
        );

    private async Task<CliRun> CleanAsync(EvaluationSet set, string folder, params string[] options)
    {
        CliRun run = await CliRun.RunAsync(["evaluate", set.Root, "--pack", tiny.Folder, "--out", folder, "--threads", "1", .. options]);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        return run;
    }
}
