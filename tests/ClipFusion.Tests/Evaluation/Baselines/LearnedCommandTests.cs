using ClipFusion.Cli;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Protocol;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary><c>evaluate --prompts</c>, and what <c>--baselines all</c> makes.</summary>
[Trait("speed", "slow")]
public sealed class LearnedCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private int TextWidth => PackVerifier.ReadManifest(tiny.Folder).ClipTextWidth!.Value;

    [Fact]
    public async Task Evaluate_AllWithPrompts_HasEveryRowOfThePapersTables()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        CliRun run = await RunAsync(set, folder, "all", [.. PromptAd(), .. Iipad(set)]);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        string[] rows = Rows(run);
        Assert.Equal(
            [
                "clip-ac 0",
                "clip-ac-cpe 0",
                "clip-ac-imagenet 0",
                "iipad 1",
                "maskclip 0",
                "padim-clip 1",
                "patchclip 0",
                "patchclip 1",
                "patchcore 1",
                "promptad 1",
                "promptad-clean 1",
                "trans-mm 0",
                "trans-mm-all 0",
                "winclip 0",
                "winclip 1",
            ],
            rows
        );
        Assert.Contains("promptad-clean is the method as it was meant", run.Output, StringComparison.Ordinal);

        // Other prompts are another method: runs are made again, the networks' outputs for pictures are there.
        string other = PromptFiles.PromptAd(Path.Combine(tiny.Scratch(), "other.safetensors"), TextWidth);
        await File.AppendAllTextAsync(other, "", TestContext.Current.CancellationToken);
        CliRun second = await RunAsync(set, folder, "all", ["--prompts", $"promptad={other}", .. Iipad(set)]);
        Assert.Contains("(0 runs)", second.Error, StringComparison.Ordinal);
        Assert.Equal(run.Output, second.Output);
    }

    [Fact]
    public async Task Evaluate_AllWithoutPrompts_LeavesOutWhatNeedsThemAndSaysSo()
    {
        using var set = new EvaluationSet();
        CliRun run = await RunAsync(set, tiny.Scratch(), "all", []);
        Assert.True(run.Code == ExitCode.Clean, run.Error);
        Assert.DoesNotContain(
            Rows(run),
            r => r.StartsWith("promptad", StringComparison.Ordinal) || r.StartsWith("iipad", StringComparison.Ordinal)
        );
        foreach (string method in (string[])["promptad", "iipad"])
        {
            string said = $"{method}: needs prompts that were learned elsewhere (--prompts {method}=FILE), so it was left out";
            Assert.Contains(said, run.Error, StringComparison.Ordinal);
            Assert.Contains(said, run.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Evaluate_MethodWithoutItsPrompts_IsNamed()
    {
        using var set = new EvaluationSet();
        (await RunAsync(set, tiny.Scratch(), "winclip,promptad", [])).AssertBadArguments("--prompts promptad=FILE");
        (await RunAsync(set, tiny.Scratch(), "iipad", PromptAd())).AssertBadArguments("--prompts promptad=FILE", "--baselines promptad");
        (await RunAsync(set, tiny.Scratch(), "promptad", ["--prompts", "winclip=x"])).AssertBadArguments("promptad=FILE or iipad=FILE");
        (await RunAsync(set, tiny.Scratch(), "promptad", ["--prompts", "promptad=nowhere"])).AssertBadArguments("nowhere");
    }

    [Fact]
    public async Task Evaluate_PictureWithoutPrompts_IsNamedBeforeAnyPictureIsLookedAt()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch(),
            file = PromptFiles.Iipad(
                Path.Combine(tiny.Scratch(), "iipad.safetensors"),
                TextWidth,
                PromptFiles.PicturesOf(set.Root).Where(p => !p.EndsWith("hole/003.png", StringComparison.Ordinal))
            );
        (await RunAsync(set, folder, "iipad", ["--prompts", $"iipad={file}"])).AssertBadArguments("widget/test/hole/003.png/positive");
        Assert.False(Directory.Exists(Path.Combine(folder, "networks", "clip_streams_image")));
    }

    [Fact]
    public async Task Evaluate_ContextsThatLeaveNoRoomForTheWords_AreNamed()
    {
        using var set = new EvaluationSet();
        string file = PromptFiles.PromptAd(Path.Combine(tiny.Scratch(), "long.safetensors"), TextWidth, contexts: 74);
        (await RunAsync(set, tiny.Scratch(), "promptad", ["--prompts", $"promptad={file}"])).AssertBadArguments(
            "long.safetensors: contexts of 74 and 1 vectors leave too little room for the words"
        );
    }

    private string[] PromptAd() =>
        ["--prompts", $"promptad={PromptFiles.PromptAd(Path.Combine(tiny.Scratch(), "promptad.safetensors"), TextWidth)}"];

    private string[] Iipad(EvaluationSet set) =>
        [
            "--prompts",
            $"iipad={PromptFiles.Iipad(Path.Combine(tiny.Scratch(), "iipad.safetensors"), TextWidth, PromptFiles.PicturesOf(set.Root))}",
        ];

    private static string[] Rows(CliRun run) =>
        [
            .. run
                .Output.Split('\n')
                .Where(l => l.StartsWith("| ", StringComparison.Ordinal))
                .Skip(2)
                .Select(l => string.Join(' ', l.Split('|', StringSplitOptions.TrimEntries)[1..3])),
        ];

    private Task<CliRun> RunAsync(EvaluationSet set, string folder, string baselines, string[] options) =>
        CliRun.RunAsync([
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            folder,
            "--k",
            "0,1",
            "--seeds",
            "0",
            "--profiles",
            "patchclip",
            "--baselines",
            baselines,
            "--threads",
            "1",
            .. options,
        ]);
}
