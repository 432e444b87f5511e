using System.Diagnostics;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Ten thousand triggers as fast as a program can send them.</summary>
public sealed class FloodTests : BoxTest
{
    private const int Triggers = 10_000;

    [Fact]
    public async Task Run_TenThousandTriggers_AreEachAnsweredOnce()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0", "max_inflight_messages 0");
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        long start = Stopwatch.GetTimestamp();
        await FloodAsync(broker);
        double sent = Stopwatch.GetElapsedTime(start).TotalSeconds;

        var answered = new HashSet<string?>();
        List<Entry> heard = await ledger.ThroughAsync(
            e => Heard.IsAck(e) && answered.Add(e.Json.GetProperty("triggerId").GetString()) && answered.Count == Triggers,
            Cancellation
        );
        double answeredAfter = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double ready = await AcceptedAgainAsync(broker, ledger, heard);
        string last = heard[^1].Json.GetProperty("triggerId").GetString()!;
        heard.AddRange(await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, last), Cancellation));

        List<Entry> acks = [.. heard.Where(Heard.IsAck)];
        Assert.All(acks.GroupBy(a => a.Json.GetProperty("triggerId").GetString()), a => Assert.Single(a));
        Assert.All(
            acks.Where(a => !a.Json.GetProperty("accepted").GetBoolean()),
            a => Assert.Equal("QUEUE_FULL", a.Json.GetProperty("error").GetString())
        );
        Heard.IsWhole(heard);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"sent in {sent:0.0} s, all answered after {answeredAfter:0.0} s, {Heard.Accepted(heard).Count} accepted, a trigger "
                + $"accepted again {ready:0.00} s later"
        );
        Assert.InRange(ready, 0, 10);
    }

    [Fact]
    public async Task Run_TenThousandTriggersThroughABrokerThatDrops_LeavesTheBoxReady()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        await FloodAsync(broker);
        var heard = new List<Entry>();
        double ready = await AcceptedAgainAsync(broker, ledger, heard);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"a trigger accepted {ready:0.00} s after the last was sent, {box.WorkingSet >> 20} MB"
        );
        Assert.InRange(ready, 0, 10);
        // The refusals come behind it. Loss is bounded: a thousand wait at the broker for each of its clients, whatever it drops.
        HashSet<string?> answered = [.. heard.Where(Heard.IsAck).Select(e => e.Json.GetProperty("triggerId").GetString())];
        if (answered.Count < 1000)
            await ledger.ThroughAsync(
                e => Heard.IsAck(e) && answered.Add(e.Json.GetProperty("triggerId").GetString()) && answered.Count >= 1000,
                Cancellation
            );
        await StillReadyAsync(ledger);
    }

    private Task FloodAsync(Mosquitto broker) =>
        Ledger.PublishAsync(
            broker,
            ["-l", "-q", "1", "-t", In + "trigger"],
            string.Concat(Enumerable.Range(0, Triggers).Select(i => $$"""{"triggerId":"t{{i}}"}{{'\n'}}""")),
            Cancellation
        );

    /// <summary>Asks as a controller does, again and again with a new id, until it is accepted and judged; seconds until the acceptance was
    /// heard.</summary>
    private async Task<double> AcceptedAgainAsync(Mosquitto broker, Ledger ledger, List<Entry> heard)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; ; i++)
        {
            await TriggerAsync(broker, $"again{i}");
            // The broker may drop the trigger or its ack: a controller waits 500 ms, then it asks for the next one.
            string id = $"again{i}";
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            patience.CancelAfter(TimeSpan.FromMilliseconds(500));
            try
            {
                while (heard.Count == 0 || !(Heard.IsAck(heard[^1]) && heard[^1].Json.GetProperty("triggerId").GetString() == id))
                    heard.Add(await ledger.NextAsync(_ => true, patience.Token));
            }
            catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
            {
                continue;
            }

            if (!heard[^1].Json.GetProperty("accepted").GetBoolean())
                continue;
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            return seconds;
        }
    }
}
