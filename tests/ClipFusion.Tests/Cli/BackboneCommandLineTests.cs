using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Models.Weights;
using ClipFusion.Tests.Evaluation.Protocol;

namespace ClipFusion.Tests.Cli;

/// <summary>The verbs on a pack of a backbone alone, and on one that has it beside the paper's networks.</summary>
[Trait("speed", "slow")]
public sealed class BackboneCommandLineTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private readonly string _alone = BackbonePack.Alone(tiny.Scratch());

    [Fact]
    public async Task Inspect_BackboneAlone_JudgesByItAndDumpsIts()
    {
        string dump = Path.Combine(tiny.Scratch(), "dump.safetensors"),
            recipe = tiny.RecipeWith("\"thresholds\":{\"backbone\":{\"fewShot\":0.0001}}");
        CliRun run = await InspectAsync(_alone, recipe, "--json", "--dump", dump, "--dump-layers", "--reference", TinyPack.References[0]);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        JsonElement judged = Assert.Single(run.Json);
        Assert.Equal(("backbone", "few-shot"), (judged.GetProperty("profile").GetString(), judged.GetProperty("shotMode").GetString()));
        float score = judged.GetProperty("score").GetSingle();
        Assert.Equal(score, judged.GetProperty("evidence").GetProperty("backboneVision").GetSingle());
        Assert.Equal(JsonValueKind.Null, judged.GetProperty("evidence").GetProperty("clipVision").ValueKind);
        Assert.True(judged.GetProperty("timingsMs").GetProperty("backboneNetwork").GetDouble() > 0);
        Assert.Equal("NG", judged.GetProperty("verdict").GetString());

        using SafetensorsFile tensors = SafetensorsFile.Open(dump);
        string image = Path.GetFileNameWithoutExtension(TinyPack.Query2);
        Assert.Equal(
            [
                $"{image}.backbone.resized_u8",
                $"{image}.map.backbone_vision",
                $"{image}.map.backbone_vision.3",
                $"{image}.map.backbone_vision.6",
                $"{image}.map.fused.few_shot",
                $"{image}.score",
                $"{image}.score.backbone",
            ],
            tensors.Tensors.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal([240, 240], tensors.Tensors[$"{image}.map.backbone_vision"].Shape);
        Assert.Equal([6, 6], tensors.Tensors[$"{image}.map.backbone_vision.3"].Shape);
        float[] scores = tensors.ReadFloats($"{image}.score"),
            own = tensors.ReadFloats($"{image}.score.backbone");
        Assert.All(scores[..5], s => Assert.True(float.IsNaN(s)));
        Assert.Equal((score, score), (scores[5], own[0]));
        Assert.Equal(own[0], tensors.ReadFloats($"{image}.map.backbone_vision").Max());
        // Of 36 cells the greatest one.
        Assert.True(own[1] > 0);
    }

    [Fact]
    public async Task Inspect_BackboneAlone_Refuses()
    {
        string open = tiny.RecipeWith("\"outputSize\":240");
        (await InspectAsync(_alone, open)).AssertBadArguments("--reference");
        (
            await InspectAsync(_alone, tiny.RecipeWith("\"profile\":\"patchclip\""), "--reference", TinyPack.References[0])
        ).AssertBadArguments("$.profile", "\"patchclip\", which pack 'backbone' can't give", "\"backbone\"");
        (
            await InspectAsync(tiny.Folder, tiny.RecipeWith("\"branches\":[\"backboneVision\"]"), "--reference", TinyPack.References[0])
        ).AssertBadArguments("$.branches", "backboneVision");
        // As a device's check says it.
        CliRun check = await CliRun.RunAsync("recipe", "check", tiny.RecipeWith("\"profile\":\"mapdiff\""), "--pack", _alone);
        Assert.Equal(ExitCode.BadArguments, check.Code);
        Assert.Contains("$.profile", check.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_BesideThePapersNetworks_LeavesTheirScoresAndTellsItsOwn()
    {
        string beside = BackbonePack.Beside(tiny.Folder, tiny.Scratch()),
            recipe = tiny.RecipeWith("\"timestepBlocks\":[[201,2],[401,1],[801,0]]");
        JsonElement without = Assert.Single(
                (await InspectAsync(tiny.Folder, recipe, ["--json", "--reference", .. TinyPack.References])).Json
            ),
            with = Assert.Single((await InspectAsync(beside, recipe, ["--json", "--reference", .. TinyPack.References])).Json);
        Assert.Equal(without.GetProperty("score").GetSingle(), with.GetProperty("score").GetSingle());
        Assert.False(without.GetProperty("evidence").TryGetProperty("backboneVision", out _));
        Assert.True(with.GetProperty("evidence").GetProperty("backboneVision").GetSingle() > 0);
        CliRun table = await InspectAsync(beside, recipe, ["--reference", .. TinyPack.References]);
        Assert.Contains("back-v", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_Rows_AreTheBackboneAndItBesideThePapers()
    {
        string beside = BackbonePack.Beside(tiny.Folder, tiny.Scratch(), weight: 3),
            folder = tiny.Scratch();
        using var set = new EvaluationSet();
        string[] arguments =
        [
            "evaluate",
            set.Root,
            "--pack",
            beside,
            "--out",
            folder,
            "--k",
            "0,1",
            "--seeds",
            "0",
            "--threads",
            "1",
            "--profiles",
            "clipfusion,backbone,clipfusion+backbone",
        ];
        CliRun run = await CliRun.RunAsync(arguments);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        string[] rows =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(folder, "runs"), "*.json", SearchOption.AllDirectories)
                .Select(f => Path.GetFileNameWithoutExtension(f))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            [
                "backbone-k1-seed0",
                "clipfusion+backbone-k0-seed0",
                "clipfusion+backbone-k1-seed0",
                "clipfusion-k0-seed0",
                "clipfusion-k1-seed0",
            ],
            rows
        );
        float[] paper = Scores("clipfusion-k1-seed0"),
            own = Scores("backbone-k1-seed0"),
            fused = Scores("clipfusion+backbone-k1-seed0");
        for (int i = 0; i < paper.Length; i++)
            Assert.Equal((paper[i] + own[i]) / 1.5, fused[i], 1e-5);
        Assert.Equal(Scores("clipfusion-k0-seed0"), Scores("clipfusion+backbone-k0-seed0"));

        // Everything is there: the second time no network runs.
        CliRun again = await CliRun.RunAsync(arguments);
        Assert.Contains("(0 runs)", again.Error, StringComparison.Ordinal);
        Assert.Equal(run.Output, again.Output);

        float[] Scores(string name)
        {
            string file = Assert.Single(
                Directory.EnumerateFiles(Path.Combine(folder, "runs"), $"{name}.json", SearchOption.AllDirectories)
            );
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            return [.. document.RootElement.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("score").GetSingle())];
        }
    }

    [Theory]
    [InlineData("\"referenceTurns\":true")]
    [InlineData("\"positionRadius\":2,\"backboneScore\":\"top1\"")]
    public async Task Evaluate_BackboneAlone_JudgesWithoutAsking(string keys)
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        CliRun run = await CliRun.RunAsync(
            "evaluate",
            set.Root,
            "--pack",
            _alone,
            "--out",
            folder,
            "--k",
            "1",
            "--seeds",
            "0",
            "--recipe",
            tiny.RecipeWith(keys)
        );
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        Assert.Contains("backbone", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_UnknownRow_IsNamedWithThoseThatThereAre()
    {
        using var set = new EvaluationSet();
        (
            await CliRun.RunAsync("evaluate", set.Root, "--pack", _alone, "--out", tiny.Scratch(), "--profiles", "backbone+clipfusion")
        ).AssertBadArguments("backbone+clipfusion", "clipfusion+backbone");
    }

    [Fact]
    public async Task BenchLatency_BackboneAlone_HasNoFigureWithoutReferences()
    {
        CliRun run = await CliRun.RunAsync("bench", "latency", "--pack", _alone, "--k", "0,1", "--rounds", "1", "--threads", "1");
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        string[] lines = [.. run.Output.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal))];
        Assert.Equal("| shots | backbone |", lines[0]);
        Assert.Equal("| 0 | - |", lines[2]);
        Assert.Matches(@"^\| 1 \| [0-9.]+ \([0-9.]+\) \|$", lines[3]);
    }

    private static Task<CliRun> InspectAsync(string pack, string recipe, params string[] rest) =>
        CliRun.RunAsync(["inspect", TinyPack.Query2, "--pack", pack, "--recipe", recipe, .. rest]);
}
