using System.Diagnostics;
using System.Globalization;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The long runs: only asked for by name (<c>./build.sh soak appliance</c>).</summary>
[Trait("kind", "soak")]
public sealed class SoakTests(Packs packs) : LineTest(TimeSpan.FromHours(24))
{
    private const string MinutesVariable = "CLIPFUSION_SOAK_MINUTES",
        ReportVariable = "CLIPFUSION_SOAK_REPORT";
    private const int QueueDepth = 32;

    [Theory(Explicit = true)]
    [InlineData("starter", 21)]
    [InlineData("recorded", 22)]
    public async Task Soak_ThousandTriggersWithKills_AreAnsweredOnceAndInOrder(string pack, int seed)
    {
        const int Lives = 50,
            TriggersPerLife = 20;
        (Mosquitto broker, Ledger ledger) = await LosslessBrokerAsync();
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs[pack], new BoxStation("line1") { QueueDepth = QueueDepth })));
        var book = new LineBook("line1");
        var clock = Stopwatch.StartNew();
        await InTimeAsync(
            box,
            async () =>
            {
                await book.LiveAndDieAsync(broker, ledger, box, new Random(seed), Lives, TriggersPerLife, Cancellation);
                box.Start();
                await book.ReadyAsync(ledger, Cancellation);
                await book.FinishAsync(broker, ledger, Cancellation);
                Assert.Equal(0, await box.StopAsync(Cancellation));
            }
        );
        book.Check(atLeast: Lives);
        Report(
            $"{Lives * TriggersPerLife} triggers with {Lives} kills at random instants, {pack} pack: "
                + $"{book.Acks.Select(LineBook.IdOf).Distinct().Count()} acked, each answered once and in order; "
                + $"{clock.Elapsed.TotalMinutes:f1} min"
        );
    }

    [Theory(Explicit = true)]
    [InlineData("recorded")]
    public async Task Soak_FullSpeed_NeitherMemoryNorHandlesNorThreadsGrow(string pack)
    {
        TimeSpan length = TimeSpan.FromMinutes(
            double.Parse(Environment.GetEnvironmentVariable(MinutesVariable) ?? "30", CultureInfo.InvariantCulture)
        );
        (Mosquitto broker, _) = await LosslessBrokerAsync();
        ApplianceBox box = Own(new ApplianceBox(Options(broker, packs[pack], new BoxStation("line1") { QueueDepth = QueueDepth })));
        var uses = new List<BoxUse>();
        long verdicts = 0;
        await InTimeAsync(
            box,
            async () =>
            {
                await using Plc plc = await Plc.ConnectAsync(broker.Port, Cancellation);
                box.Start();
                await plc.ReadyAsync(["line1"], Cancellation);
                for (int i = 0; i < QueueDepth / 2; i++)
                    await plc.TriggerAsync("line1", $"s{i}", Cancellation);
                // The first third warms up; then a look two hundred times.
                TimeSpan from = length / 3,
                    every = (length - from) / 200;
                var clock = Stopwatch.StartNew();
                while (clock.Elapsed < length)
                {
                    await plc.NextAsync(h => h.Topic.EndsWith("/verdict", StringComparison.Ordinal), Cancellation);
                    await plc.TriggerAsync("line1", $"n{++verdicts}", Cancellation);
                    if (clock.Elapsed > from + uses.Count * every)
                        uses.Add(box.Use());
                }
            }
        );

        Assert.True(uses.Count >= 20, $"only {uses.Count} looks in {length.TotalMinutes} min: the box hardly ran");
        // Medians of the first and last tenth: a collection that is under way is no growth.
        BoxUse first = Typical(uses.Take(uses.Count / 10)),
            last = Typical(uses.TakeLast(uses.Count / 10));
        Report(
            $"{length.TotalMinutes:f1} min at full speed, {pack} pack: {verdicts} verdicts, {verdicts / length.TotalSeconds:f1}/s; "
                + $"from minute {length.TotalMinutes / 3:f1} on resident {first.ResidentBytes >> 20} to {last.ResidentBytes >> 20} MiB "
                + $"(between {uses.Min(u => u.ResidentBytes) >> 20} and {uses.Max(u => u.ResidentBytes) >> 20}), handles {first.Handles} "
                + $"to {last.Handles}, threads {first.Threads} to {last.Threads}"
        );
        Assert.InRange((double)last.ResidentBytes / first.ResidentBytes, 0.95, 1.05);
        Assert.InRange(last.Handles - first.Handles, -5, 5);
        Assert.InRange(last.Threads - first.Threads, -5, 5);
    }

    private static BoxUse Typical(IEnumerable<BoxUse> uses)
    {
        BoxUse[] all = [.. uses];
        return new BoxUse(
            (long)Middle(all.Select(u => u.ResidentBytes)),
            (int)Middle(all.Select(u => (long)u.Handles)),
            (int)Middle(all.Select(u => (long)u.Threads))
        );
    }

    private static double Middle(IEnumerable<long> values)
    {
        long[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>A line for docs/performance.md: into the file that build.sh names, and into the test's output.</summary>
    private static void Report(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable(ReportVariable) is { Length: > 0 } file)
            File.AppendAllText(file, $"- {line}{Environment.NewLine}");
    }
}
