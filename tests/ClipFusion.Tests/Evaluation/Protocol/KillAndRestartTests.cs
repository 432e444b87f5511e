using System.Diagnostics;
using ClipFusion.Foundation.Files;
using ClipFusion.TestSupport;
using ClipFusion.Tests.EdgeDaemon;

namespace ClipFusion.Tests.Evaluation.Protocol;

/// <summary>The real program, killed without warning in its networks and in its runs, and started again.</summary>
public sealed class KillAndRestartTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Evaluate_KilledTwiceAndRestarted_EndsWithTheBytesOfAnUninterruptedOne()
    {
        using var set = new EvaluationSet();
        string whole = tiny.Scratch(), killed = tiny.Scratch();
        await RunAsync(set, whole);

        await KillWhenAsync(set, killed, () => Count(killed, "*.safetensors") >= 4);
        Assert.InRange(Count(killed, "*.safetensors"), 4, Count(whole, "*.safetensors") - 1);
        // What a write that was cut off leaves behind.
        await File.WriteAllTextAsync(AtomicFile.TemporaryIn(Path.Combine(killed, "networks")), "torn", TestContext.Current.CancellationToken);
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

    private async Task RunAsync(EvaluationSet set, string folder)
    {
        using Process process = Start(set, folder);
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
    }

    private async Task KillWhenAsync(EvaluationSet set, string folder, Func<bool> condition)
    {
        using Process process = Start(set, folder);
        _ = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, EnableRaisingEvents = true };
        var reached = new TaskCompletionSource();
        watcher.Created += Look;
        watcher.Renamed += Look;
        await Task.WhenAny(reached.Task, process.WaitForExitAsync(TestContext.Current.CancellationToken));
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        void Look(object sender, FileSystemEventArgs e)
        {
            if (condition()) reached.TrySetResult();
        }
    }

    private Process Start(EvaluationSet set, string folder)
    {
        // Many seeds, so that there is something left to do when the kill comes.
        string[] arguments = ["evaluate", set.Root, "--pack", tiny.Folder, "--out", folder, "--k", "0,1,2", "--seeds", "0,1,2", "--ablation", "9", "--threads", "1"];
        return Process.Start(DefaultSignals.Start(Path.Combine(AppContext.BaseDirectory, "clipfusion"), arguments))!;
    }

    private static int Count(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Count();

    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];
}
