using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Cli.Inspect;

[Trait("speed", "slow")]
public sealed class InspectCommandTests(TinyPack tiny, BuiltPacks built) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Inspect_Json_HasScoresEvidenceAndTimings()
    {
        CliRun run = await RunAsync([TinyPack.Query2, "--reference", .. TinyPack.References, "--json"]);
        Assert.Equal(ExitCode.Clean, run.Code);
        JsonElement judged = Assert.Single(run.Json);
        Assert.Equal(TinyPack.Query2, judged.GetProperty("file").GetString());
        Assert.Equal(("clipfusion", "few-shot"), (judged.GetProperty("profile").GetString(), judged.GetProperty("shotMode").GetString()));
        float score = judged.GetProperty("score").GetSingle();
        Assert.Equal(score, judged.GetProperty("fused").GetProperty("fewShot").GetSingle());
        Assert.Equal(score, Weighed(judged.GetProperty("evidence")), 1e-5);
        Assert.Equal(
            ["prepare", "clipNetworks", "clipBanks", "vae", "unet", "diffusionBanks", "fuse", "total"],
            judged.GetProperty("timingsMs").EnumerateObject().Select(t => t.Name)
        );
        Assert.True(judged.GetProperty("timingsMs").GetProperty("unet").GetDouble() > 0);
        Assert.False(judged.TryGetProperty("regions", out _));
        Assert.Single(run.Error.Split('\n'), l => l == "clipfusion: Random weights.");

        // Equation 9 with tiny-a's alpha.
        static float Weighed(JsonElement e) =>
            0.75f * (e.GetProperty("clipLanguage").GetSingle() + e.GetProperty("clipVision").GetSingle())
            + 0.25f * (e.GetProperty("diffLanguage").GetSingle() + e.GetProperty("diffVision").GetSingle());
    }

    [Fact]
    public async Task Inspect_WithoutReferencesByOneProfile_LeavesTheRestOut()
    {
        JsonElement judged = Assert.Single((await RunAsync(TinyPack.Query2, "--profile", "patchclip", "--json")).Json);
        Assert.Equal(("patchclip", "zero-shot"), (judged.GetProperty("profile").GetString(), judged.GetProperty("shotMode").GetString()));
        Assert.Equal(judged.GetProperty("score").GetSingle(), judged.GetProperty("evidence").GetProperty("clipLanguage").GetSingle());
        Assert.All(
            ["clipVision", "diffLanguage", "diffVision"],
            branch => Assert.Equal(JsonValueKind.Null, judged.GetProperty("evidence").GetProperty(branch).ValueKind)
        );
        Assert.Equal(0, judged.GetProperty("timingsMs").GetProperty("unet").GetDouble());
    }

    [Fact]
    public async Task Inspect_ReferencesThatNoBranchUses_AreSaidToBeUnused()
    {
        string recipe = tiny.RecipeWith("\"branches\":[\"clipLanguage\"]");
        CliRun run = await CliRun.RunAsync([
            "inspect",
            TinyPack.Query2,
            "--pack",
            tiny.Folder,
            "--recipe",
            recipe,
            "--json",
            "--reference",
            .. TinyPack.References,
        ]);
        Assert.Equal("zero-shot", run.Json[0].GetProperty("shotMode").GetString());
        Assert.Contains("the references are not used", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_Float16Pack_ScoresAsFloat32Does()
    {
        string half = Path.Combine(tiny.Scratch(), "half");
        await CliRun.RunAsync(
            "models",
            "build",
            "--clip",
            TinyPack.Clip,
            "--diffusion",
            built.SmallDiffusion,
            "--out",
            half,
            "--clip-blocks",
            "2,4",
            "--precision",
            "float16"
        );
        string[] arguments = [TinyPack.Query3, "--reference", .. TinyPack.References, "--recipe", tiny.Recipe, "--json"];
        CliRun single = await CliRun.RunAsync(["inspect", "--pack", tiny.Folder, .. arguments]),
            @double = await CliRun.RunAsync(["inspect", "--pack", half, .. arguments]);
        Assert.Equal(single.Json[0].GetProperty("score").GetDouble(), @double.Json[0].GetProperty("score").GetDouble(), 5e-3);
    }

    [Fact]
    public async Task Inspect_Table_HasOneLinePerPictureUnderAHeadline()
    {
        CliRun run = await FastAsync(TinyPack.Query2, TinyPack.Query4, "--map-threshold", "0.3");
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Matches(@"^picture +score +map +clip-l +clip-v +diff-l +diff-v +ms +areas$", lines[0]);
        Assert.Matches(@"query2\.png +0\.\d{4} +0\.\d{4} +0\.\d{4} +0\.\d{4} +- +- +\d+ +\d+$", lines[1]);
        Assert.Contains("profile patchclip, few-shot, references: 2, pack tiny", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_Out_WritesHeatmapsOnOneScaleAndSaysWhich()
    {
        string folder = Path.Combine(tiny.Scratch(), "new", "heatmaps");
        CliRun run = await FastAsync(TinyPack.Query2, TinyPack.Query4, "--out", folder);
        Assert.Equal(["query2.overlay.png", "query4.overlay.png"], Names(folder));
        Assert.Matches(
            @"heatmaps in \S+: 2, coloured from \d\.\d+ to \d\.\d+ \(from what the references' maps reach to twice that\)",
            run.Error
        );
        RgbImage picture = ImageCodec.Decode(TinyPack.Query4),
            overlay = ImageCodec.Decode(Path.Combine(folder, "query4.overlay.png"));
        Assert.Equal((picture.Height, HeatmapOverlay.Width(picture.Width, picture.Height)), (overlay.Height, overlay.Width));

        // Far above every map: nothing is coloured.
        run = await FastAsync(TinyPack.Query2, "--out", folder, "--scale", "3,4");
        Assert.Contains("from 3 to 4 (as given)", run.Error, StringComparison.Ordinal);
        picture = ImageCodec.Decode(TinyPack.Query2);
        overlay = ImageCodec.Decode(Path.Combine(folder, "query2.overlay.png"));
        Assert.Equal(picture.View.Row(17), overlay.View.Crop(Region.Whole(picture.Width, picture.Height)).Row(17));
    }

    [Fact]
    public async Task Inspect_MapThreshold_ReportsAreasInsideTheRecipesRegion()
    {
        string recipe = tiny.RecipeWith(
            """
            "region":[100,60,150,200]
            """
        );
        CliRun run = await CliRun.RunAsync([
            "inspect",
            TinyPack.Query2,
            "--pack",
            tiny.Folder,
            "--recipe",
            recipe,
            "--profile",
            "patchclip",
            "--map-threshold",
            "0",
            "--json",
        ]);
        JsonElement area = Assert.Single(run.Json[0].GetProperty("regions").EnumerateArray().ToList());
        Assert.Equal((100, 60, 150, 200), (Int("x"), Int("y"), Int("width"), Int("height")));
        Assert.Equal((30000, false), (Int("area"), run.Json[0].GetProperty("regionsTruncated").GetBoolean()));

        int Int(string name) => area.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Inspect_FoldersWithPicturesOfOneName_KeepsTheFoldersBelowOut()
    {
        string root = tiny.Scratch(),
            target = Path.Combine(root, "results");
        foreach (string folder in (string[])["good", "crack/deep"])
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
            File.Copy(TinyPack.Query2, Path.Combine(root, folder, "000.png"));
        }

        CliRun run = await FastAsync(Path.Combine(root, "good"), Path.Combine(root, "crack/deep"), "--out", target);
        Assert.Equal(ExitCode.Clean, run.Code);
        Assert.Equal(
            ["crack/deep/000.overlay.png", "good/000.overlay.png"],
            Directory
                .GetFiles(target, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(target, f))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Inspect_RecipeOfADevice_JudgesByItsReferencesAndThresholdsAndTellsTheMapsMaximum()
    {
        string folder = tiny.Scratch(),
            recipe = Path.Combine(folder, "widget.json");
        File.Copy(TinyPack.References[0], Path.Combine(folder, "good1.png"));
        File.Copy(TinyPack.References[1], Path.Combine(folder, "good2.png"));
        string keys = File.ReadAllText(tiny.Recipe).Trim().TrimEnd('}');
        File.WriteAllText(
            recipe,
            keys
                + """, "number": 7, "name": "widget", "deadlineMs": 800, "references": ["good1.png", "good2.png"], "thresholds": {"patchclip": {"fewShot": 0.0001}}, "mapThresholds": {"patchclip": {"fewShot": 0.0001}} }"""
        );
        CliRun run = await CliRun.RunAsync(
            "inspect",
            TinyPack.Query2,
            "--pack",
            tiny.Folder,
            "--recipe",
            recipe,
            "--profile",
            "patchclip",
            "--json"
        );
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        JsonElement judged = run.Json[0];
        Assert.Equal(
            ("NG", 0.0001, "few-shot"),
            (
                judged.GetProperty("verdict").GetString(),
                judged.GetProperty("threshold").GetDouble(),
                judged.GetProperty("shotMode").GetString()
            )
        );
        Assert.NotEmpty(judged.GetProperty("regions").EnumerateArray());
        Assert.Equal(
            judged.GetProperty("regions").EnumerateArray().Max(r => r.GetProperty("peak").GetDouble()),
            judged.GetProperty("mapMax").GetDouble(),
            6
        );
        Assert.Contains("references: 2", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_Folders_AreTakenByNameWithoutHeatmaps()
    {
        string folder = tiny.Scratch();
        File.Copy(TinyPack.Query3, Path.Combine(folder, "b.PNG"));
        File.Copy(TinyPack.Query2, Path.Combine(folder, "a.png"));
        await File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "no picture", TestContext.Current.CancellationToken);
        await FastAsync(folder, "--out", folder);
        CliRun again = await FastAsync(folder, "--json");
        Assert.Equal(["a.png", "b.PNG"], again.Json.Select(j => Path.GetFileName(j.GetProperty("file").GetString()!)));
        Assert.Equal(["a.overlay.png", "a.png", "b.PNG", "b.overlay.png", "notes.txt"], Names(folder));
    }

    [Fact]
    public async Task Inspect_DeepGrey_IsMappedByTheRecipesLevels()
    {
        string folder = tiny.Scratch(),
            deep = Path.Combine(folder, "deep.png"),
            plain = Path.Combine(folder, "plain.png");
        byte[] grey = [.. Enumerable.Range(0, 64 * 64).Select(i => (byte)(i * 7))];
        byte[] levels = [.. grey.SelectMany(v => BitConverter.GetBytes((ushort)(1000 + (v * 16))))];
        using (FileStream file = File.Create(plain))
            ImageCodec.EncodePng(new ImageView(grey, 64, 64, 64, PixelFormat.Mono8), file);
        using (FileStream file = File.Create(deep))
            ImageCodec.EncodePng(new ImageView(levels, 64, 64, 128, PixelFormat.Mono16), file);
        string recipe = tiny.RecipeWith($"\"blackLevel\":1000,\"whiteLevel\":{1000 + (255 * 16)},\"profile\":\"patchclip\"");

        CliRun run = await CliRun.RunAsync("inspect", deep, plain, "--pack", tiny.Folder, "--recipe", recipe, "--out", folder, "--json");
        Assert.Equal(run.Json[1].GetProperty("score").GetSingle(), run.Json[0].GetProperty("score").GetSingle());
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder, "plain.overlay.png")),
            File.ReadAllBytes(Path.Combine(folder, "deep.overlay.png"))
        );
    }

    [Fact]
    public async Task Inspect_IgnoreRule_LeavesItsAreaOutOfRegionsAndHeatmap()
    {
        string folder = tiny.Scratch();
        byte[] mask = new byte[300 * 300];
        mask.AsSpan(0, 150 * 300).Fill(1);
        Directory.CreateDirectory(Path.Combine(folder, "masks"));
        using (FileStream file = File.Create(Path.Combine(folder, "masks", "top.png")))
            ImageCodec.EncodePng(new ImageView(mask, 300, 300, 300, PixelFormat.Mono8), file);
        string byFile = tiny.RecipeWith("\"ignore\":\"masks/top.png\"", folder),
            byRectangle = tiny.RecipeWith("\"ignore\":[[0,0,300,150]]");

        CliRun[] runs = [await InspectAsync(byFile), await InspectAsync(byRectangle)];
        Assert.All(runs, run => Assert.Equal(150, run.Json[0].GetProperty("regions")[0].GetProperty("y").GetInt32()));
        RgbImage picture = ImageCodec.Decode(TinyPack.Query2),
            overlay = ImageCodec.Decode(Path.Combine(folder, "query2.overlay.png"));
        Assert.Equal(picture.Pixels[0] / 2, overlay.Pixels[0]);

        Task<CliRun> InspectAsync(string recipe) =>
            CliRun.RunAsync(
                "inspect",
                TinyPack.Query2,
                "--pack",
                tiny.Folder,
                "--recipe",
                recipe,
                "--profile",
                "patchclip",
                "--map-threshold",
                "0",
                "--json",
                "--out",
                folder
            );
    }

    [Fact]
    public async Task Inspect_UnreadablePictureAmongGoodOnes_IsReportedAndTheRestJudged()
    {
        string folder = tiny.Scratch(),
            cut = Path.Combine(folder, "cut.png"),
            dump = Path.Combine(folder, "dump.safetensors");
        await File.WriteAllBytesAsync(
            cut,
            (await File.ReadAllBytesAsync(TinyPack.Query2, TestContext.Current.CancellationToken))[..5000],
            TestContext.Current.CancellationToken
        );
        CliRun run = await FastAsync(TinyPack.Query2, cut, TinyPack.Query3, "--json", "--out", folder, "--dump", dump);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Equal([true, false, true], run.Json.Select(j => j.TryGetProperty("score", out _)));
        Assert.Equal(cut, run.Json[1].GetProperty("file").GetString());
        Assert.Contains(cut, run.Json[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("1 of 3 pictures could not be judged", Assert.Single(run.Errors));
        Assert.Equal(["cut.png", "dump.safetensors", "query2.overlay.png", "query3.overlay.png"], Names(folder));
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);

    private Task<CliRun> RunAsync(params string[] arguments) =>
        CliRun.RunAsync(["inspect", "--pack", tiny.Folder, "--recipe", tiny.Recipe, .. arguments]);

    /// <summary>CLIP alone, few-shot: a hundredth of the time.</summary>
    private Task<CliRun> FastAsync(params string[] arguments) =>
        RunAsync([.. arguments, "--profile", "patchclip", "--reference", .. TinyPack.References]);
}
