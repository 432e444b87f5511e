using System.Diagnostics;
using System.Globalization;
using ClipFusion.Models.Starter;

namespace ClipFusion.Benchmarks;

/// <summary>
/// What a verdict over MQTT costs more while HTTP is flooded: the real program and a real mosquitto, triggers one after another, idle
/// and loaded phases in turn.
/// <c>http-share [ROUNDS [COUNT [PATH]]]</c>: rounds (7), triggers of a phase (60), what is asked for.
/// </summary>
/// <remarks>The load comes from a process of its own (<see cref="HttpLoad"/>), which is on this machine too: what it takes itself is
/// in the figure.</remarks>
internal static class HttpShareBenchmark
{
    /// <summary>Most that a verdict's p50 may grow.</summary>
    public const double Gate = 1.5;

    /// <summary>Judged before anything is measured: the longest page has a hundred.</summary>
    private const int WarmUp = 130;

    private const string UsualPath = "/api/v1/inspections?station=line1&limit=100";

    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = int.Parse(args.ElementAtOrDefault(1) ?? "7", CultureInfo.InvariantCulture),
            count = int.Parse(args.ElementAtOrDefault(2) ?? "60", CultureInfo.InvariantCulture);
        string path = args.ElementAtOrDefault(3) ?? UsualPath;
        using var limit = new CancellationTokenSource(TimeSpan.FromHours(1));
        using var folder = new TemporaryFolder();
        StarterPack.Build(folder.Root);
        Machine.Print();
        await using Mosquitto broker = await Mosquitto.StartAsync(
            ["allow_anonymous true", "max_queued_messages 0", "max_inflight_messages 0"],
            limit.Token
        );
        await using var box = new ApplianceBox(
            new BoxOptions
            {
                Port = broker.Port,
                Pack = folder.Root,
                Recipes = [new(1, "board", "patchclip")],
            }
        );
        await using Plc plc = await Plc.ConnectAsync(broker.Port, limit.Token);
        box.Start();
        await plc.ReadyAsync(["line1"], limit.Token);
        var page = new Uri(await box.PageAsync(limit.Token), path);
        await PhaseAsync(plc, "w", WarmUp, limit.Token);

        Console.WriteLine($"{HttpLoad.Connections} pipelined connections ask for {path}; p50/p99 of trigger to verdict in ms");
        var ratios = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            double[] idle = await PhaseAsync(plc, $"i{round}-", count, limit.Token);
            await using LoadProcess load = await LoadProcess.StartAsync(page, limit.Token);
            double[] loaded = await PhaseAsync(plc, $"l{round}-", count, limit.Token);
            double answers = await load.StopAsync(limit.Token);
            ratios.Add(Machine.Median(loaded) / Machine.Median(idle));
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round + 1}: idle {Machine.Median(idle):f1}/{Worst(idle):f1}, loaded "
                        + $"{Machine.Median(loaded):f1}/{Worst(loaded):f1}, ratio {ratios[^1]:f2}, {answers:f0} answers a second"
                )
            );
        }

        double ratio = Machine.Median(ratios);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"median ratio of {rounds} rounds {ratio:f2}; at most {Gate:f1} is wanted: {(ratio <= Gate ? "held" : "NOT held")}"
            )
        );
        return ratio <= Gate ? 0 : 1;
    }

    private static double Worst(double[] times) => times.Order().ElementAt((int)(0.99 * (times.Length - 1)));

    /// <summary>Triggers one after another.</summary>
    /// <returns>Milliseconds of each.</returns>
    private static async Task<double[]> PhaseAsync(Plc plc, string prefix, int count, CancellationToken cancellation)
    {
        double[] times = new double[count];
        for (int i = 0; i < count; i++)
        {
            long sent = await plc.TriggerAsync("line1", $"{prefix}{i}", cancellation);
            PlcMessage verdict = await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), cancellation);
            times[i] = Stopwatch.GetElapsedTime(sent, verdict.At).TotalMilliseconds;
        }

        return times;
    }

    /// <summary>The load, which runs while this lives.</summary>
    private sealed class LoadProcess : IAsyncDisposable
    {
        private readonly Process _process;

        private LoadProcess(Process process) => _process = process;

        public static async Task<LoadProcess> StartAsync(Uri page, CancellationToken cancellation)
        {
            var start = new ProcessStartInfo("dotnet", [typeof(HttpLoad).Assembly.Location, "http-load", page.ToString()])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            var load = new LoadProcess(Process.Start(start)!);
            if (await load._process.StandardOutput.ReadLineAsync(cancellation) != HttpLoad.Running)
                throw new InvalidOperationException("the load did not start");
            return load;
        }

        /// <returns>Answers a second.</returns>
        public async Task<double> StopAsync(CancellationToken cancellation)
        {
            _process.StandardInput.Close();
            string said = await _process.StandardOutput.ReadToEndAsync(cancellation);
            return double.Parse(said, CultureInfo.InvariantCulture);
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
