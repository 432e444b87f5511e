using System.Diagnostics;
using System.Text.Json;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Starter;

namespace ClipFusion.Benchmarks;

/// <summary>
/// The running appliance as a PLC on the same machine sees it: the real program, a real mosquitto, trigger to ack and to verdict.
/// <c>appliance [COUNT [SECONDS]]</c>: inspections of each latency run (300), length of each throughput run (20).
/// </summary>
/// <remarks>The simulated line draws its parts while the trigger waits, which a camera does not: that time is told apart and is not
/// ours.</remarks>
internal static class ApplianceBenchmark
{
    private const int ColdStarts = 5,
        WarmUp = 20;

    /// <summary>Beats of its state, one a second, that a box is left alone for before it is looked at.</summary>
    private const int IdleBeats = 5;
    private static readonly BoxRecipe[] Recipes = [new(1, "board", "clipfusion")];

    public static async Task RunAsync(string[] args)
    {
        int count = int.Parse(args.ElementAtOrDefault(1) ?? "300");
        double seconds = double.Parse(args.ElementAtOrDefault(2) ?? "20");
        using var limit = new CancellationTokenSource(TimeSpan.FromHours(2));
        using var folder = new TemporaryFolder();
        string starter = folder["starter"],
            recorded = folder["recorded"];
        StarterPack.Build(starter);
        RecordedPack.Write(starter, NoisePicture.Create(1).View, Recipe.Default(BoxRecipe.RecordedObject), recorded);
        Machine.Print();
        await using Mosquitto broker = await Mosquitto.StartAsync(
            ["allow_anonymous true", "max_queued_messages 0", "max_inflight_messages 0"],
            limit.Token
        );

        await StartAsync(broker, starter, limit.Token);
        LatencyRow.PrintHead();
        await LatencyAsync("starter, 640 x 480", broker, starter, (640, 480), count, limit.Token);
        await LatencyAsync("recorded, 2448 x 2048", broker, recorded, (2448, 2048), count, limit.Token);
        Console.WriteLine("inspections a second, all stations (in brackets: the line's drawing of one part)");
        foreach ((string name, string pack) in ((string, string)[])[("starter", starter), ("recorded", recorded)])
        {
            foreach (int stations in (int[])[1, 2, 4])
                await ThroughputAsync(name, broker, pack, stations, seconds, limit.Token);
        }
    }

    private static BoxOptions Options(Mosquitto broker, string pack, params BoxStation[] stations) =>
        new()
        {
            Port = broker.Port,
            Pack = pack,
            Recipes = Recipes,
            Stations = stations,
        };

    private static async Task StartAsync(Mosquitto broker, string pack, CancellationToken cancellation)
    {
        var ready = new List<double>();
        await using var box = new ApplianceBox(Options(broker, pack, new BoxStation("line1")));
        for (int i = 0; i < ColdStarts; i++)
        {
            await using Plc plc = await Plc.ConnectAsync(broker.Port, cancellation);
            long began = Stopwatch.GetTimestamp();
            box.Start();
            await plc.ReadyAsync(["line1"], cancellation);
            ready.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            if (i == ColdStarts - 1)
            {
                for (int beat = 0; beat < IdleBeats; beat++)
                    await plc.NextAsync(h => h.Topic.EndsWith("/state", StringComparison.Ordinal) && !h.Retained, cancellation);
                BoxUse idle = box.Use();
                Console.WriteLine(
                    $"idle, starter pack: {idle.ResidentBytes >> 20} MiB resident, {idle.Handles} handles, {idle.Threads} threads"
                );
            }

            await box.StopAsync(cancellation);
        }

        // The first start checks every byte of the pack, the others its sizes and times.
        Console.WriteLine(
            $"start to ready, starter pack: first {ready[0]:f2} s, then median {Machine.Median(ready.Skip(1)):f2} s, worst "
                + $"{ready.Skip(1).Max():f2} s"
        );
    }

    private static async Task LatencyAsync(
        string name,
        Mosquitto broker,
        string pack,
        (int, int) frame,
        int count,
        CancellationToken cancellation
    )
    {
        await using var box = new ApplianceBox(Options(broker, pack, new BoxStation("line1") { Frame = frame }));
        await using Plc plc = await Plc.ConnectAsync(broker.Port, cancellation);
        box.Start();
        await plc.ReadyAsync(["line1"], cancellation);
        using var disk = new DiskProbe(box.DataFolder);
        var rows = new List<LatencyRow>();
        for (int i = 0; i < WarmUp + count; i++)
        {
            long sent = await plc.TriggerAsync("line1", $"t{i}", cancellation);
            PlcMessage ack = await plc.NextAsync(h => h.Topic.EndsWith("/trigger/ack", StringComparison.Ordinal), cancellation);
            PlcMessage verdict = await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), cancellation);
            // Both commits of an inspection, on the same disk in the same moment.
            double commits = disk.Flush() + disk.Flush();
            if (i >= WarmUp)
                rows.Add(LatencyRow.Of(sent, ack, verdict, commits));
        }

        LatencyRow.Print(name, rows);
    }

    private static async Task ThroughputAsync(
        string name,
        Mosquitto broker,
        string pack,
        int stations,
        double seconds,
        CancellationToken cancellation
    )
    {
        const int Waiting = 4;
        BoxStation[] all = [.. Enumerable.Range(1, stations).Select(i => new BoxStation($"line{i}", "board") { Frame = (640, 480) })];
        await using var box = new ApplianceBox(Options(broker, pack, all));
        await using Plc plc = await Plc.ConnectAsync(broker.Port, cancellation);
        box.Start();
        await plc.ReadyAsync(all.Select(s => s.Name), cancellation);
        long sent = 0,
            verdicts = 0;
        double drawing = 0;
        foreach (BoxStation station in all)
        {
            for (int i = 0; i < Waiting; i++)
                await plc.TriggerAsync(station.Name, $"t{sent++}", cancellation);
        }

        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            PlcMessage verdict = await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), cancellation);
            drawing += LatencyRow.Timing(verdict.Json.GetProperty("timingsMs"), "frame");
            verdicts++;
            await plc.TriggerAsync(verdict.Topic.Split('/')[^2], $"t{sent++}", cancellation);
        }

        Console.WriteLine(
            $"  {name, -9} {stations} stations {verdicts / clock.Elapsed.TotalSeconds, 8:f1} ({drawing / Math.Max(1, verdicts):f1} ms)"
        );
    }

    /// <summary>A file beside the database that grows by a page and is flushed: what a commit costs on this disk now.</summary>
    private sealed class DiskProbe(string folder) : IDisposable
    {
        private static readonly byte[] Page = new byte[4096];

        private readonly FileStream _file = new(
            Path.Combine(folder, "disk-probe"),
            FileMode.Create,
            FileAccess.Write,
            FileShare.None,
            bufferSize: 0,
            FileOptions.DeleteOnClose
        );

        /// <returns>Milliseconds.</returns>
        public double Flush()
        {
            long start = Stopwatch.GetTimestamp();
            _file.Write(Page);
            _file.Flush(flushToDisk: true);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        public void Dispose() => _file.Dispose();
    }

    /// <summary>One inspection in milliseconds.</summary>
    private sealed record LatencyRow(double Ack, double Verdict, double Line, double Prepare, double Networks, double Bank, double Commits)
    {
        /// <summary>What neither line nor step 3, networks, banks or disk took: MQTT, queues, fusing, deciding, storing without the
        /// disk.</summary>
        private double Rest => Verdict - Line - Prepare - Networks - Bank - Commits;

        public static LatencyRow Of(long sent, PlcMessage ack, PlcMessage verdict, double commits)
        {
            JsonElement timings = verdict.Json.GetProperty("timingsMs");
            return new LatencyRow(
                Stopwatch.GetElapsedTime(sent, ack.At).TotalMilliseconds,
                Stopwatch.GetElapsedTime(sent, verdict.At).TotalMilliseconds,
                Timing(timings, "frame"),
                Timing(timings, "prepare"),
                Timing(timings, "networks"),
                Timing(timings, "memoryBank"),
                commits
            );
        }

        public static double Timing(JsonElement timings, string stage) =>
            timings.TryGetProperty(stage, out JsonElement value) ? value.GetDouble() : 0;

        public static void PrintHead() =>
            Console.WriteLine(
                $"{"p50/p99 in ms", -22} {"to ack", 13} {"to verdict", 15} {"the line", 15} {"3 prepare", 13} {"4 networks", 15} "
                    + $"{"5 banks", 13} {"two commits", 13} {"our rest", 13}"
            );

        public static void Print(string name, IReadOnlyList<LatencyRow> rows)
        {
            string Both(Func<LatencyRow, double> of)
            {
                double[] sorted = [.. rows.Select(of).Order()];
                return $"{sorted[(sorted.Length - 1) / 2]:f1}/{sorted[(int)(0.99 * (sorted.Length - 1))]:f1}";
            }

            Console.WriteLine(
                $"{name, -22} {Both(r => r.Ack), 13} {Both(r => r.Verdict), 15} {Both(r => r.Line), 15} {Both(r => r.Prepare), 13} "
                    + $"{Both(r => r.Networks), 15} {Both(r => r.Bank), 13} {Both(r => r.Commits), 13} {Both(r => r.Rest), 13}"
            );
        }
    }
}
