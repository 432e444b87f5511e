using System.Diagnostics;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Two boxes with one device name, by mistake, on a broker that only closes the connection of the one that is thrown
/// out.</summary>
public sealed class TakeoverTests : BoxTest
{
    [Fact]
    public async Task Run_SecondBoxOfTheSameName_OneServesAndTheOtherStaysAwayUntilItStops()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox first = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        ApplianceBox second = Own(new ApplianceBox(new BoxOptions { Port = broker.Port }));
        second.Start();
        long started = Stopwatch.GetTimestamp();

        Task<string> firstGaveUp = first.Log.SaysAsync("SessionTakenOver", Cancellation),
            secondGaveUp = second.Log.SaysAsync("SessionTakenOver", Cancellation);
        string why = await await Task.WhenAny(firstGaveUp, secondGaveUp);
        (ApplianceBox winner, ApplianceBox loser) = firstGaveUp.IsCompleted ? (second, first) : (first, second);
        Assert.Contains("second box", why, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{(winner == first ? "the first" : "the second")} serves {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the "
                + $"second was started: {why}"
        );

        // The winner's last reconnection may still be under way; a controller sends a trigger again that was not acked in time, under the
        // same id.
        while (!await IsAckedAsync(broker, ledger, "settled"))
        {
            Cancellation.ThrowIfCancellationRequested();
        }

        // It stays so: twenty beats of one run, each of its triggers answered, and the status never says anything but that it is online.
        string run = (await ledger.NextAsync(e => e.Topic == Out + "state" && !e.Retained, Cancellation))
            .Json.GetProperty("bootId")
            .GetString()!;
        for (int i = 0; i < 10; i++)
        {
            await TriggerAsync(broker, $"t{i}");
            List<Entry> heard = await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, $"t{i}"), Cancellation);
            heard.AddRange(await ledger.ThroughAsync(e => e.Topic == Out + "state", Cancellation));
            Assert.All(
                heard.Where(e => e.Topic is Status or Out + "state"),
                e => Assert.Equal(run, e.Json.GetProperty("bootId").GetString())
            );
            Assert.DoesNotContain(heard, e => e.Topic == Status && !Heard.IsStatus(e, "online"));
        }
        Assert.DoesNotContain(winner.Log.Lines, l => l.Contains("SessionTakenOver", StringComparison.Ordinal));

        // The winner makes way: the other one need not wait for its long back-off.
        long stopped = Stopwatch.GetTimestamp();
        Assert.Equal(0, await winner.StopAsync(Cancellation));
        await ledger.ThroughAsync(e => Heard.IsStatus(e, "online") && e.Json.GetProperty("bootId").GetString() != run, Cancellation);
        Assert.InRange(Stopwatch.GetElapsedTime(stopped).TotalSeconds, 0, 20);
        Assert.Single(loser.Log.Lines, l => l.Contains("SessionTakenOver", StringComparison.Ordinal));
    }

    private async Task<bool> IsAckedAsync(Mosquitto broker, Ledger ledger, string id)
    {
        await TriggerAsync(broker, id);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, id), patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
