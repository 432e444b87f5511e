using ClipFusion.Cli;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Baselines;

namespace ClipFusion.Tests.Evaluation.Protocol;

/// <summary>The real program, killed without warning in its networks and in its runs, and started again.</summary>
[Trait("speed", "slow")]
public sealed class KillAndRestartTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Evaluate_KilledTwiceAndRestarted_EndsWithTheBytesOfAnUninterruptedOne()
    {
        using var set = new EvaluationSet();
        string whole = tiny.Scratch(),
            killed = tiny.Scratch();
        await RunAsync(set, whole);

        await KillWhenAsync(set, killed, () => Count(killed, "*.safetensors") >= 4);
        Assert.InRange(Count(killed, "*.safetensors"), 4, Count(whole, "*.safetensors") - 1);
        // What a write that was cut off leaves behind.
        await File.WriteAllTextAsync(
            AtomicFile.TemporaryIn(Path.Combine(killed, "networks")),
            "torn",
            TestContext.Current.CancellationToken
        );
        await KillWhenAsync(set, killed, () => Count(killed, "*-k*.json") >= 2);
        Assert.InRange(Count(killed, "*-k*.json"), 2, Count(whole, "*-k*.json") - 1);
        await RunAsync(set, killed);

        string[] files = Files(whole);
        Assert.Equal(files, Files(killed));
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(Path.Combine(whole, f)), File.ReadAllBytes(Path.Combine(killed, f))));
        Assert.Contains("results.md", files);
        Assert.Contains("report.html", files);
        Assert.Contains(Path.Combine("heatmaps", "widget", "clipfusion-k0", "missed-0.jpg"), files);
    }

    [Theory, InlineData("INT"), InlineData("TERM")]
    public async Task Evaluate_Interrupted_SaysSoAndEndsWith130(string signal)
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch();
        await using Child process = Child.Start(Programs.ClipFusion, Arguments(set, folder));
        await AtFirstFileAsync(folder, process);
        await process.SignalAsync(signal, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Interrupted, await process.EndAsync(TestContext.Current.CancellationToken));
        Assert.True(process.Log.Has("stopped"), $"{process.Log}");
    }

    [Fact]
    public async Task Inspect_Interrupted_SaysSoAndEndsWith130()
    {
        string pictures = tiny.Scratch(),
            folder = tiny.Scratch(),
            recipe = tiny.RecipeWith("\"branches\":[\"clipVision\"]");
        for (int i = 0; i < 200; i++)
            NoisePicture.Write(Path.Combine(pictures, $"{i:000}.png"), i);
        await using Child process = Child.Start(
            Programs.ClipFusion,
            [
                "inspect",
                pictures,
                "--pack",
                tiny.Folder,
                "--recipe",
                recipe,
                "--reference",
                Path.Combine(pictures, "000.png"),
                "--out",
                folder,
                "--threads",
                "1",
            ]
        );
        await AtFirstFileAsync(folder, process);
        await process.SignalAsync("INT", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Interrupted, await process.EndAsync(TestContext.Current.CancellationToken));
        Assert.True(process.Log.Has("stopped"), $"{process.Log}");
    }

    /// <summary>Waits until a program has written something: then it is in the middle of its work.</summary>
    private static async Task AtFirstFileAsync(string folder, Child process)
    {
        using var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true };
        var written = new TaskCompletionSource();
        watcher.Created += (_, _) => written.TrySetResult();
        watcher.EnableRaisingEvents = true;
        if (Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any())
            return;
        Task first = await Task.WhenAny(written.Task, process.ExitedAsync(TestContext.Current.CancellationToken));
        Assert.True(ReferenceEquals(first, written.Task), $"the program ended by itself: {process.Log}");
    }

    private async Task RunAsync(EvaluationSet set, string folder)
    {
        ProgramResult end = await Programs.RunAsync(Programs.ClipFusion, Arguments(set, folder), TestContext.Current.CancellationToken);
        Assert.True(end.Code == 0, end.Errors);
    }

    private async Task KillWhenAsync(EvaluationSet set, string folder, Func<bool> condition)
    {
        await using Child process = Child.Start(Programs.ClipFusion, Arguments(set, folder));
        using var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, EnableRaisingEvents = true };
        var reached = new TaskCompletionSource();
        watcher.Created += Look;
        watcher.Renamed += Look;
        await Task.WhenAny(reached.Task, process.ExitedAsync(TestContext.Current.CancellationToken));
        await process.KillAsync(TestContext.Current.CancellationToken);

        void Look(object sender, FileSystemEventArgs e)
        {
            if (condition())
                reached.TrySetResult();
        }
    }

    // Many seeds, so that there is something left to do when the kill comes.
    private string[] Arguments(EvaluationSet set, string folder) =>
        [
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            folder,
            "--k",
            "0,1,2",
            "--seeds",
            "0,1,2",
            "--ablation",
            "9",
            "--baselines",
            "all",
            "--prompts",
            $"promptad={PromptFiles.PromptAd(tiny.Shared("promptad.safetensors"), TextWidth)}",
            "--prompts",
            $"iipad={PromptFiles.Iipad(tiny.Shared("iipad.safetensors"), TextWidth, PromptFiles.PicturesOf(set.Root))}",
            "--threads",
            "1",
        ];

    private int TextWidth => PackVerifier.ReadManifest(tiny.Folder).ClipTextWidth!.Value;

    private static int Count(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Count();

    private static string[] Files(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(folder, f))
                .Order(StringComparer.Ordinal),
        ];
}
