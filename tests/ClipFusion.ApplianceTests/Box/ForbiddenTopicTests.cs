using ClipFusion.ApplianceTests.Broker;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>
/// MQTT 3.1.1 has no way to refuse a message. Brokers end the connection instead, fall silent, or acknowledge and throw it away: the box
/// finds out at which topic, says so, and
/// goes on with everything else.
/// </summary>
public sealed class ForbiddenTopicTests : BoxTest
{
    private const int Parts = 8;

    [Theory]
    [InlineData("out/line1/verdict", GateAction.Close, "3.1.1")]
    [InlineData("out/line1/verdict/simple", GateAction.Close, "3.1.1")]
    [InlineData("out/line1/verdict", GateAction.Close, "5")]
    [InlineData("out/line1/trigger/ack", GateAction.Close, "3.1.1")]
    [InlineData("out/line1/trigger/frame", GateAction.Close, "3.1.1")]
    [InlineData("out/status", GateAction.Close, "3.1.1")]
    [InlineData("out/line1/heatmap", GateAction.Close, "3.1.1")]
    [InlineData("out/line1/verdict", GateAction.Swallow, "3.1.1")]
    public async Task Run_BrokerEndsTheConnectionAtATopic_IsTakenAsRefusedThereAndTheRestGoesOn(
        string topic,
        GateAction action,
        string version
    )
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 100000");
        Ledger ledger = await LedgerAsync(broker);
        await using var gate = new GateCable(broker.Port, p => p is { Kind: 3 } && p.Name == Prefix + topic ? action : GateAction.Pass);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(gate, version));
        // What is not said again by itself costs one part for each end.
        Task<string> finding = box.Log.SaysAsync($"subscription to {Prefix}{topic};", Cancellation);
        for (int i = 0; !finding.IsCompleted; i++)
        {
            await TriggerAsync(broker, $"first{i}");
            await Task.WhenAny(finding, ledger.NextAsync(e => e.Topic == Out + "state" && !e.Retained, Cancellation));
        }
        string found = await finding;
        // A trigger that comes while there is no connection is lost. Heatmaps have one of their own.
        int line = box.Log.Lines.ToList().IndexOf(found);
        if (!topic.EndsWith("/heatmap", StringComparison.Ordinal))
            await box.Log.SaysAsync("MQTT: connected", Cancellation, after: line);

        // The line goes on: whatever may be said is said, and nobody is thrown out any more.
        int connections = gate.Connections;
        string other = topic.EndsWith("/verdict", StringComparison.Ordinal) ? Out + "verdict/simple" : Out + "verdict";
        for (int i = 0; i < Parts; i++)
        {
            await TriggerUntilAsync(
                () => TriggerAsync(broker, $"t{i}"),
                ledger,
                e => e.Topic == other && e.Payload.Contains($"t{i}", StringComparison.Ordinal)
            );
        }
        // The one for heatmaps may still have been on its way back.
        int late = topic.EndsWith("/heatmap", StringComparison.Ordinal) ? 1 : 0;
        Assert.InRange(gate.Connections, connections, connections + late);
        // Two connections of which either may end at first, two ends that prove it, and the one that stays.
        Assert.InRange(connections, 2, 8);
        if (topic.Contains("verdict", StringComparison.Ordinal))
            Assert.Contains(Prefix + topic, await box.Log.SaysAsync("is parked", Cancellation), StringComparison.Ordinal);
        Assert.DoesNotContain(box.Log.Lines, l => l.Contains("heatmaps go over the main connection", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("out/line1/state")]
    [InlineData("out/line1/trigger/ack")]
    [InlineData("out/line1/trigger/ack/simple")]
    public async Task Run_BrokerAcknowledgesAndDropsATopic_IsFoundAtTheStart(string topic)
    {
        Mosquitto broker = await BrokerAsync();
        await using var gate = new GateCable(
            broker.Port,
            p => p is { Kind: 3 } && p.Name == Prefix + topic ? GateAction.Acknowledge : GateAction.Pass
        );
        ApplianceBox box = Own(new ApplianceBox(Options(gate, "3.1.1")));
        box.Start();
        string why = await box.Log.SaysAsync("TopicDenied", Cancellation);
        Assert.Contains($": {Prefix}{topic};", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_BrokerEndsTheConnectionAtTheRightsTest_IsTriedNoMoreAndTheBoxServes()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        // All that the box subscribes to beside its commands and its status.
        await using var gate = new GateCable(
            broker.Port,
            p => p is { Kind: 8 } && p.Name.Contains("/out/line1/", StringComparison.Ordinal) ? GateAction.Close : GateAction.Pass
        );
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(gate, "3.1.1"));
        await box.Log.SaysAsync("does not let this device hear its own topics", Cancellation);
        int connections = gate.Connections;
        for (int i = 0; i < Parts; i++)
        {
            await TriggerAsync(broker, $"t{i}");
            await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, $"t{i}"), Cancellation);
        }
        Assert.Equal(connections, gate.Connections);
    }

    [Fact]
    public async Task Run_NothingForbiddenOn311_SaysNothingAndTriggersNothing()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port, Version = "3.1.1" });
        // Unsubscribing is the test's last act.
        await broker.Log.SaysAsync("Received UNSUBSCRIBE from clipfusion-box", Cancellation);
        await TriggerAsync(broker, "a");
        List<Entry> heard = await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, "a"), Cancellation);
        Assert.Single(Heard.Accepted(heard));
        Assert.DoesNotContain(box.Log.Lines, l => l.Contains("Denied", StringComparison.Ordinal));
    }

    private static BoxOptions Options(GateCable gate, string version) =>
        new()
        {
            Port = gate.Port,
            Version = version,
            Environment = [("CLIPFUSION__STATIONS__0__HEATMAP__WHEN", "always")],
        };
}
