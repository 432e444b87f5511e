using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Metrics;
using ClipFusion.Tests.Imaging;

namespace ClipFusion.Tests.Evaluation.Protocol;

/// <summary>The verb on tiny networks and a few pictures.</summary>
[Trait("speed", "slow")]
public sealed class EvaluateCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Theory]
    [InlineData("clipfusion", 2)]
    [InlineData("patchclip", 0)]
    [InlineData("mapdiff", 1)]
    public async Task Evaluate_AnyProfileAndShots_ScoresAsTheInspectorDoes(string profile, int shots)
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();

        await CleanAsync(set, folder, "--k", $"{shots}", "--seeds", "3", "--profiles", "clipfusion,patchclip,mapdiff");

        JsonElement run = Run(folder, $"{profile}-k{shots}-seed{(shots == 0 ? 0 : 3)}");
        Assert.Equal("widget", run.GetProperty("objectWord").GetString());
        string[] references =
        [
            .. run.GetProperty("references").EnumerateArray().Select(r => Path.Combine(set.Root, r.GetProperty("id").GetString()!)),
        ];
        Assert.Equal(shots, references.Length);
        using ModelPack pack = ModelPack.Open(tiny.Folder);
        using var inspector = Inspector.Create(
            pack,
            Recipe.Default("widget") with
            {
                Profile = Enum.Parse<Profile>(profile, ignoreCase: true),
            },
            cancellation: TestContext.Current.CancellationToken
        );
        if (shots > 0)
            inspector.Enroll(
                shots,
                (i, use) => use(ImageCodec.DecodeStored(references[i]).View),
                cancellation: TestContext.Current.CancellationToken
            );
        JsonElement[] images = [.. run.GetProperty("images").EnumerateArray()];
        Assert.Equal(5, images.Length);
        foreach (JsonElement image in images)
        {
            string path = Path.Combine(set.Root, image.GetProperty("id").GetString()!);
            // Networks may have been run in another batch than the inspector's, so to rounding.
            Assert.Equal(
                inspector.Inspect(ImageCodec.DecodeStored(path).View, cancellation: TestContext.Current.CancellationToken).Score,
                image.GetProperty("score").GetSingle(),
                1e-6f
            );
        }
    }

    [Fact]
    public async Task Evaluate_ScoredOnSeveralThreads_GivesTheSameBytes()
    {
        using var set = new EvaluationSet();
        string[] folders = [tiny.Scratch(), tiny.Scratch()];
        foreach ((string folder, string threads) in folders.Zip(["1", "4"]))
            await RunAsync(
                threads,
                set,
                folder,
                "--k",
                "0,1,2",
                "--seeds",
                "0,1",
                "--profiles",
                "clipfusion,patchclip,mapdiff",
                "--baselines",
                "winclip,patchcore"
            );

        string[] files =
        [
            .. Directory.EnumerateFiles(folders[0], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folders[0], f)),
        ];
        Assert.Contains("results.csv", files);
        Assert.All(
            files,
            f => Assert.Equal(File.ReadAllBytes(Path.Combine(folders[0], f)), File.ReadAllBytes(Path.Combine(folders[1], f)))
        );
    }

    [Fact]
    public async Task Evaluate_PixelMetrics_AreThoseOfTheMapsAtTheSizeAskedFor()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        await CleanAsync(set, folder, "--k", "0", "--map-size", "64", "--pro-limit", "0.3,0.05", "--profiles", "patchclip");

        using ModelPack pack = ModelPack.Open(tiny.Folder);
        using var inspector = Inspector.Create(
            pack,
            Recipe.Default("widget") with
            {
                OutputSize = 64,
                Profile = Profile.PatchClip,
            },
            cancellation: TestContext.Current.CancellationToken
        );
        List<float> normal = [],
            defect = [];
        List<float[]> regions = [];
        foreach (
            string picture in (string[])
                ["test/good/002.png", "test/good/003.png", "test/hole/002.png", "test/hole/003.png", "test/hole/004.png"]
        )
        {
            float[] map = (float[])
                inspector
                    .Inspect(ImageCodec.DecodeStored(set.Path(picture)).View, cancellation: TestContext.Current.CancellationToken)
                    .Map.Values.Clone();
            string maskFile = set.Path(
                picture.Replace("test", "ground_truth", StringComparison.Ordinal).Replace(".png", "_mask.png", StringComparison.Ordinal)
            );
            bool[] mask = new bool[64 * 64];
            if (File.Exists(maskFile))
            {
                RgbImage truth = ImageCodec.Decode(maskFile);
                for (int i = 0; i < mask.Length; i++)
                    mask[i] =
                        truth.Pixels[
                            3 * (((int)((i / 64 + 0.5) * truth.Height / 64) * truth.Width) + (int)((i % 64 + 0.5) * truth.Width / 64))
                        ] > 0;
            }

            normal.AddRange(map.Where((_, i) => !mask[i]));
            defect.AddRange(map.Where((_, i) => mask[i]));
            regions.AddRange(BruteForce.Regions(mask, 64, 64).Select(r => r.Select(i => map[i]).ToArray()));
        }

        JsonElement metrics = Run(folder, "patchclip-k0-seed0").GetProperty("metrics");
        Assert.Equal(BruteForce.Auroc([.. normal], [.. defect]), metrics.GetProperty("pixel_auroc").GetDouble(), 1e-9);
        Assert.Equal(BruteForce.Aupro([.. normal], regions, 0.3), metrics.GetProperty("aupro_0.3").GetDouble(), 1e-9);
        Assert.Equal(BruteForce.Aupro([.. normal], regions, 0.05), metrics.GetProperty("aupro_0.05").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task Evaluate_SecondTime_RunsNoNetworkAndWritesTheSame()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        CliRun first = await CleanAsync(set, folder, "--k", "1", "--seeds", "0,1", "--profiles", "patchclip");
        Directory.Delete(Path.Combine(folder, "runs"), recursive: true);

        CliRun second = await CleanAsync(set, folder, "--k", "1", "--seeds", "0,1", "--profiles", "patchclip");

        Assert.Contains("(0 runs)", second.Error, StringComparison.Ordinal);
        Assert.Equal(first.Output, second.Output);
    }

    [Fact]
    public async Task Evaluate_NoDefects_SaysThatMetricsAreNotDefined()
    {
        using var set = new EvaluationSet();
        Directory.Delete(set.Path("test/hole"), recursive: true);

        CliRun run = await CleanAsync(set, tiny.Scratch(), "--k", "0", "--profiles", "patchclip");

        Assert.Contains(
            "image metrics: 2 normal and 0 anomalous images; at least one of each is needed",
            run.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("normal and 0 defect pixels", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OneForAll_DrawsFromEveryCategory()
    {
        using EvaluationSet widget = new(),
            other = new("pcb2");
        Directory.Move(other.Path(""), Path.Combine(widget.Root, "pcb2"));
        string folder = tiny.Scratch();

        await CleanAsync(widget, folder, "--k", "1", "--seeds", "0", "--profiles", "patchclip", "--one-for-all");

        string[] References(string category) =>
            [
                .. Run(folder, "patchclip-k1-seed0", category)
                    .GetProperty("references")
                    .EnumerateArray()
                    .Select(r => r.GetProperty("id").GetString()!),
            ];
        Assert.Equal(["pcb2", "widget"], References("widget").Select(r => r.Split('/')[0]));
        Assert.Equal(References("widget"), References("pcb2"));
        Assert.Equal("printed circuit board", Run(folder, "patchclip-k1-seed0", "pcb2").GetProperty("objectWord").GetString());
    }

    [Fact]
    public async Task Evaluate_PictureThatDoesNotDecode_IsListedAndTheRestIsJudged()
    {
        using var set = new EvaluationSet();
        // Whole by its structure, but its rows end half-way.
        await File.WriteAllBytesAsync(
            set.Path("test/good/009.png"),
            ImageFiles.Png(20, 20, 8, 2, new byte[20 * 10 * 3 / 2 * 2]),
            TestContext.Current.CancellationToken
        );
        string folder = tiny.Scratch();

        CliRun run = await CleanAsync(set, folder, "--k", "0", "--profiles", "patchclip");

        Assert.Contains("widget/test/good/009.png can't be judged: ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(set.Root, run.Output, StringComparison.Ordinal);
        Assert.Equal(5, Run(folder, "patchclip-k0-seed0").GetProperty("images").GetArrayLength());
    }

    [Fact]
    public async Task Evaluate_Baselines_StandBesideTheProduct()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();

        CliRun run = await CleanAsync(
            set,
            folder,
            "--k",
            "0,2",
            "--seeds",
            "0",
            "--profiles",
            "patchclip",
            "--baselines",
            "winclip,patchcore",
            "--coreset",
            "1"
        );

        string[] rows =
        [
            .. run
                .Output.Split('\n')
                .Where(l => l.StartsWith("| ", StringComparison.Ordinal))
                .Skip(2)
                .Select(l => string.Concat(l.Split('|')[1..3])),
        ];
        Assert.Equal([" patchclip  0 ", " patchclip  2 ", " patchcore  2 ", " winclip  0 ", " winclip  2 "], rows);
        Assert.All(
            ["patchcore-k2-seed0", "winclip-k2-seed0", "winclip-k0-seed0"],
            name => Assert.Equal(7, Run(folder, name).GetProperty("metrics").EnumerateObject().Count())
        );
    }

    [Theory]
    [InlineData("--k", "1,1")]
    [InlineData("--k", "-1")]
    [InlineData("--seeds", "a")]
    [InlineData("--profiles", "winclip")]
    [InlineData("--baselines", "spade")]
    [InlineData("--coreset", "0")]
    [InlineData("--pro-limit", "0")]
    [InlineData("--pro-limit", "1.5")]
    [InlineData("--map-size", "0")]
    [InlineData("--category", "bottle")]
    [InlineData("--object", "widget")]
    public async Task Evaluate_BadOption_IsNamed(string option, string value)
    {
        using var set = new EvaluationSet();
        CliRun run = await CliRun.RunAsync("evaluate", set.Root, "--pack", tiny.Folder, "--out", tiny.Scratch(), option, value);
        run.AssertBadArguments(value);
    }

    private static JsonElement Run(string folder, string name, string category = "widget") =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, "runs", category, $"{name}.json")));

    private Task<CliRun> CleanAsync(EvaluationSet set, string folder, params string[] options) => RunAsync("1", set, folder, options);

    private async Task<CliRun> RunAsync(string threads, EvaluationSet set, string folder, params string[] options)
    {
        // Pictures count by content, so the tests of this class share what the networks said.
        string cache = tiny.Shared("networks");
        CliRun run = await CliRun.RunAsync([
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            folder,
            "--cache",
            cache,
            "--threads",
            threads,
            .. options,
        ]);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        return run;
    }
}
