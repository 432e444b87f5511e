using System.Diagnostics;
using System.Globalization;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>
/// A process that recovers a store and then writes to it from several tasks. Each line that it prints is a promise: <c>A id station
/// sequence</c> once an acceptance has returned, <c>V id</c> once a verdict has, <c>R n</c> once recovery has.
/// </summary>
internal static class StoreChild
{
    public const string FolderVariable = "CLIPFUSION_TEST_STORE_CHILD";
    private const int Writers = 6;

    public static Process Start(string folder)
    {
        ProcessStartInfo start = DefaultSignals.Start(Path.Combine(AppContext.BaseDirectory, "ClipFusion.Tests"));
        start.Environment[FolderVariable] = folder;
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(StoreChild).Assembly.Location;
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    public static async Task RunAsync(string folder)
    {
        await using InspectionStore store = InspectionStore.Open(folder, StoreFolder.Options, TimeProvider.System, NullLogger.Instance);
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        Recovery recovery = await store.RecoverAsync();
        Print(output, $"R {recovery.Interrupted.Count} {store.SequenceResets.Count} {store.State.SetAside}");
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => WriteAsync(store, output, $"line{w % 2}", w)));
    }

    private static async Task WriteAsync(InspectionStore store, StreamWriter output, string station, int writer)
    {
        var random = new Random(writer);
        while (true)
        {
            AcceptedInspection inspection = await store.AcceptAsync(StoreFolder.Trigger(station), StoreFolder.Recipe, null);
            Print(output, string.Create(CultureInfo.InvariantCulture, $"A {inspection.Id} {inspection.Station} {inspection.Sequence}"));
            if (random.Next(3) == 0)
                await store.MarkAckedAsync(inspection.Id);
            // Every fifth stays open until the next start.
            if (random.Next(5) == 0)
                continue;
            await store.CompleteAsync(StoreFolder.Judged(inspection, Verdict.Ng));
            Print(output, $"V {inspection.Id}");
        }
    }

    private static void Print(StreamWriter output, string line)
    {
        lock (output)
            output.WriteLine(line);
    }
}
