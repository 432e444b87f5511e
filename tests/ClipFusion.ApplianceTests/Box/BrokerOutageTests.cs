using System.Diagnostics;
using ClipFusion.ApplianceTests.Broker;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The broker goes away under load, or the cable to it goes dead: the line misses answers for a while, and none for
/// good.</summary>
public sealed class BrokerOutageTests() : BoxTest(minutes: 15)
{
    /// <summary>Milliseconds between two parts of the line.</summary>
    private const int IntervalMs = 200;

    private static readonly TimeSpan LiveWindow = TimeSpan.FromSeconds(10);

    /// <summary>Between a verdict and its way out, on a machine with other things to do.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    [Fact]
    public Task Run_BrokerAway20s_DeliversFreshVerdictsLiveAndOldOnesReplayed() => OutageAsync(TimeSpan.FromSeconds(20));

    [Fact(Explicit = true)]
    [Trait("kind", "soak")]
    public Task Run_BrokerAway5Min_LosesNothing() => OutageAsync(TimeSpan.FromMinutes(5));

    [Fact]
    public async Task Run_CableDeadUnderLoad_IsNoticedAndEverythingArrives()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0");
        Ledger ledger = await LedgerAsync(broker);
        Cable cable = Own(new Cable(broker.Port));
        await ReadyBoxAsync(ledger, new BoxOptions { Port = cable.Port, Stations = [new("line1") { IntervalMs = 100 }] });
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(Heard.IsVerdict) >= 10, Cancellation);

        cable.GoDead();
        long dead = Stopwatch.GetTimestamp();
        heard.AddRange(await ledger.ThroughAsync(e => Heard.IsStatus(e, "online"), Cancellation));
        double seconds = Stopwatch.GetElapsedTime(dead).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"online again after {seconds:0.0} s");
        // Keep-alive or the answer's time-out, 5 s each and never one after the other, and a first wait of a quarter of a second.
        Assert.InRange(seconds, 2, 15);
        heard.AddRange(await ThroughLastTriggerAsync(broker, ledger, heard));
        Heard.IsWhole(heard);
    }

    /// <summary>Verdicts stored while the broker was away were surely never handed over: after a kill they come once, unflagged.</summary>
    [Fact]
    public async Task Run_KilledWhileTheBrokerIsAway_FlagsOnlyWhatMayHaveBeenSent()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0", "persistence true", "persistence_location {folder}/");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(
            ledger,
            new BoxOptions { Port = broker.Port, Stations = [new("line1") { IntervalMs = IntervalMs, QueueDepth = 16 }] }
        );
        using PageEvents events = await PageEvents.ListenAsync(await box.PageAsync(Cancellation), Cancellation);
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(Heard.IsVerdict) >= 5, Cancellation);
        await events.HearAsync("verdict", 5, Cancellation);
        await broker.StopAsync(Cancellation);
        await box.Log.SaysAsync("the connection is lost", Cancellation);
        DateTimeOffset away = DateTimeOffset.UtcNow;
        await events.HearAsync("verdict", 30, Cancellation);
        await box.KillAsync(Cancellation);

        await broker.StartAsync(Cancellation);
        box.Start();
        heard.AddRange(await ReadyAsync(ledger));
        heard.AddRange(await ThroughLastTriggerAsync(broker, ledger, heard));
        Heard.IsWhole(heard);
        // Until the end of the connection is known, a stored verdict may go out at any moment; from then on it surely does not.
        HeardVerdict[] duringOutage = [.. Heard.Verdicts(heard).Where(v => v.CompletedAt > away)];
        Assert.NotEmpty(duringOutage);
        Assert.DoesNotContain(duringOutage, v => v.IsDuplicate);
    }

    /// <summary>The box is back at a restarted broker before its subscribers, whose sessions the broker has forgotten: nobody hears a
    /// verdict, and none is lost.</summary>
    [Fact]
    public async Task Run_BackBeforeItsSubscribers_KeepsTheVerdictsForReplay()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0");
        ApplianceBox box = Own(
            new ApplianceBox(new BoxOptions { Port = broker.Port, Stations = [new("line1") { IntervalMs = IntervalMs, QueueDepth = 16 }] })
        );
        box.Start();
        Assert.Contains("line1", await box.Log.SaysAsync("nobody subscribes to the verdicts", Cancellation), StringComparison.Ordinal);
        Ledger ledger = await LedgerAsync(broker);
        List<Entry> heard = await ledger.UntilAsync(
            all => Heard.Verdicts(all).Exists(v => v.Sequence == 1) && Heard.Verdicts(all).Exists(v => !v.IsReplayed),
            Cancellation
        );
        heard.AddRange(await ThroughLastTriggerAsync(broker, ledger, heard));
        Heard.IsWhole(heard);
        Assert.Contains(Heard.Verdicts(heard), v => v is { Sequence: 1, IsReplayed: true, IsDuplicate: false });
        await box.Log.SaysAsync("are heard again", Cancellation);
        await ledger.NextAsync(
            e => e.Topic == Out + "state" && !e.Retained && e.Json.GetProperty("outbox").GetProperty("unheard").GetInt64() == 0,
            Cancellation
        );
    }

    /// <param name="length">How long the broker is away: for as many parts as the line's clock triggers meanwhile.</param>
    private async Task OutageAsync(TimeSpan length)
    {
        // The ledger's session is on the broker's disk: it hears what is published before it is back itself.
        Mosquitto broker = await BrokerAsync("max_queued_messages 0", "persistence true", "persistence_location {folder}/");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(
            ledger,
            new BoxOptions { Port = broker.Port, Stations = [new("line1") { IntervalMs = IntervalMs, QueueDepth = 16 }] }
        );
        using PageEvents events = await PageEvents.ListenAsync(await box.PageAsync(Cancellation), Cancellation);
        for (int i = 0; i < 10; i++)
            await TriggerAsync(broker, $"before-{i}");
        List<Entry> heard = await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, "before-5"), Cancellation);
        // What the page was told until now is not part of the outage.
        await events.HearAsync("verdict", heard.Count(Heard.IsVerdict), Cancellation);

        await broker.StopAsync(Cancellation);
        DateTimeOffset gone = DateTimeOffset.UtcNow;
        await events.HearAsync("verdict", (int)(length / TimeSpan.FromMilliseconds(IntervalMs)), Cancellation);
        await broker.StartAsync(Cancellation);
        heard.AddRange(await ledger.ThroughAsync(e => Heard.IsStatus(e, "online") && !e.Retained, Cancellation));
        DateTimeOffset back = DateTimeOffset.UtcNow;
        List<Entry> rest = await ThroughLastTriggerAsync(broker, ledger, heard, "after");
        CheckTopics(Heard.Verdicts(rest), gone, back, length);
        heard.AddRange(rest);

        Heard.IsWhole(heard);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Heard.Verdicts(heard).Select(v => v.Sequence).Distinct().Count()} inspections, "
                + $"{Heard.Verdicts(heard).Count(v => v.IsReplayed)} replayed"
        );
    }

    /// <summary>An ejector never sees old parts, and records miss none: what was made while nobody listened is sorted by its age when the
    /// broker was back.</summary>
    private static void CheckTopics(List<HeardVerdict> verdicts, DateTimeOffset gone, DateTimeOffset back, TimeSpan length)
    {
        List<HeardVerdict> duringOutage = [.. verdicts.Where(v => v.CompletedAt > gone && v.CompletedAt < back)];
        Assert.InRange(duringOutage.Select(v => v.Sequence).Distinct().Count(), length.TotalSeconds * 2, double.MaxValue);
        Assert.All(duringOutage.Where(v => v.CompletedAt < back - LiveWindow - Slack), v => Assert.True(v.IsReplayed, v.Entry.Payload));
        Assert.All(duringOutage.Where(v => v.CompletedAt > back - LiveWindow + Slack), v => Assert.False(v.IsReplayed, v.Entry.Payload));
        Assert.Contains(duringOutage, v => v.IsReplayed);
        Assert.Contains(duringOutage, v => !v.IsReplayed);
    }

    /// <summary>Triggers once more and listens until that and everything before it, since the very first, has been heard.</summary>
    private async Task<List<Entry>> ThroughLastTriggerAsync(Mosquitto broker, Ledger ledger, List<Entry> heard, string id = "last")
    {
        await TriggerAsync(broker, id);
        long last = 0;
        HashSet<long> sequences = [.. Heard.Verdicts(heard).Select(v => v.Sequence)];
        return await ledger.ThroughAsync(
            e =>
            {
                if (!Heard.IsVerdict(e))
                    return false;
                long sequence = e.Json.GetProperty("seq").GetInt64();
                sequences.Add(sequence);
                if (Heard.IsVerdictOf(e, id))
                    last = sequence;
                return last > 0 && sequences.Count(s => s <= last) == last;
            },
            Cancellation
        );
    }
}
