using System.Diagnostics;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipFusion.Benchmarks;

/// <summary>
/// How long an accepted trigger waits for the disk, for one writer and for many that share its flushes; beside it a file on the same disk
/// that grows by a page and is flushed. <c>commit [FOLDER]</c> takes a folder on the disk to be measured.
/// </summary>
internal static class CommitBenchmark
{
    private const int CommitsPerRun = 3000,
        WarmUp = 200;

    public static async Task RunAsync(string[] args)
    {
        string parent = args.ElementAtOrDefault(1) ?? Path.GetTempPath();
        Console.WriteLine($"{parent}, {CommitsPerRun} acceptances a run, milliseconds");
        Console.WriteLine("writers      p50      p99      max   a second");
        Print("(flush)", Flushes(parent), concurrent: 1);
        foreach (int writers in new[] { 1, 8, 32 })
            await MeasureAsync(parent, writers);
    }

    private static async Task MeasureAsync(string parent, int writers)
    {
        string folder = Path.Combine(parent, $"clipfusion-commit-{Environment.ProcessId}-{writers}");
        try
        {
            await using InspectionStore store = InspectionStore.Open(
                folder,
                new StorageOptions(),
                TimeProvider.System,
                NullLogger.Instance
            );
            await AcceptAsync(store, WarmUp);
            double[][] runs = await Task.WhenAll(
                Enumerable.Range(0, writers).Select(_ => Task.Run(() => AcceptAsync(store, CommitsPerRun / writers)))
            );
            Print($"{writers}", [.. runs.SelectMany(r => r)], writers);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double[]> AcceptAsync(InspectionStore store, int count)
    {
        var recipe = new RecipeStamp(1, "bottle", "0123456789abcdef", "v1");
        double[] milliseconds = new double[count];
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await store.AcceptAsync(new Trigger("line1", TriggerSource.Mqtt, start, "T-1", "P-1"), recipe, TimeSpan.FromSeconds(1));
            milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return milliseconds;
    }

    private static double[] Flushes(string parent)
    {
        string path = Path.Combine(parent, $"clipfusion-flush-{Environment.ProcessId}");
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        byte[] page = new byte[4096];
        double[] milliseconds = new double[500];
        for (int i = 0; i < milliseconds.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            file.Write(page);
            file.Flush(flushToDisk: true);
            milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return milliseconds;
    }

    private static void Print(string name, double[] milliseconds, int concurrent)
    {
        Array.Sort(milliseconds);
        double perSecond = 1000 * concurrent * milliseconds.Length / milliseconds.Sum();
        Console.WriteLine($"{name, 7} {At(0.5), 8:F2} {At(0.99), 8:F2} {milliseconds[^1], 8:F2} {perSecond, 10:F0}");

        double At(double quantile) => milliseconds[(int)(quantile * (milliseconds.Length - 1))];
    }
}
