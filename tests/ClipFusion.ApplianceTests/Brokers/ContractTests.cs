using System.Diagnostics;
using ClipFusion.ApplianceTests.Box;

namespace ClipFusion.ApplianceTests.Brokers;

/// <summary>What must hold with other people's brokers: only asked for by name (<c>./build.sh soak brokers</c>), because they have to be
/// installed.</summary>
[Trait("kind", "brokers")]
public sealed class ContractTests() : BoxTest(minutes: 8)
{
    private const string ReportVariable = "CLIPFUSION_SOAK_REPORT",
        Forbidden = Out + "verdict";
    private const int Parts = 20;

    [Theory(Explicit = true)]
    [InlineData("rabbitmq")]
    [InlineData("nats")]
    [InlineData("aedes")]
    public async Task Broker_TriggersWillAndRestart_AreAsInTheContract(string name)
    {
        OtherBroker broker = await StartAsync(name);
        Ledger ledger = Own(await Ledger.StartAsync(broker.Port, Cancellation));
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        List<Entry> heard = await TriggerAllAsync(broker, ledger, "a");
        Assert.Equal(Parts, Heard.Accepted(heard).Count);
        Assert.Equal(Enumerable.Range(1, Parts).Select(i => (long)i), Heard.Verdicts(heard).Select(v => v.Sequence));

        // Retained: who comes later hears it.
        bool isHeardByWildcard = await IsRetainedAsync(broker, Prefix + "#");
        Assert.True(await IsRetainedAsync(broker, Status));

        await broker.StopAsync();
        long back = Stopwatch.GetTimestamp();
        await broker.StartAsync(Cancellation);
        Ledger again = Own(await Ledger.StartAsync(broker.Port, Cancellation, "again"));
        await again.NextAsync(e => e.Topic == Out + "state" && !e.Retained && IsReady(e), Cancellation);
        double seconds = Stopwatch.GetElapsedTime(back).TotalSeconds;
        heard = await TriggerAllAsync(broker, again, "b");
        Assert.Equal(
            Enumerable.Range(Parts + 1, Parts).Select(i => (long)i),
            Heard.Verdicts(heard).Where(v => v.Sequence > Parts).Select(v => v.Sequence).Distinct()
        );

        await box.KillAsync(Cancellation);
        await again.NextAsync(e => Heard.IsStatus(e, "lost"), Cancellation);
        Report(
            $"{name}: {2 * Parts} triggers acked and answered once and in order, status "
                + $"retained{(isHeardByWildcard ? "" : " (not for subscriptions with wildcards)")}, serving {seconds:f1} s after the "
                + "broker's start was asked for, will published"
        );
    }

    [Theory(Explicit = true)]
    [InlineData("rabbitmq")]
    [InlineData("nats")]
    [InlineData("aedes")]
    public async Task Broker_WithoutMqtt5_IsNamedWithWhatToSet(string name)
    {
        OtherBroker broker = await StartAsync(name);
        ApplianceBox box = Own(new ApplianceBox(Options(broker) with { Version = "5" }));
        box.Start();
        string why = await box.Log.SaysAsync("ProtocolVersion", Cancellation);
        Assert.Contains("\"version\": \"3.1.1\"", why, StringComparison.Ordinal);
        Report($"{name}: speaks no MQTT 5, and the box says what to set");
    }

    [Theory(Explicit = true)]
    [InlineData("rabbitmq", "AMQP")]
    [InlineData("nats", "NATS' own clients")]
    public async Task Broker_ItsOtherPort_IsNamed(string name, string mentions)
    {
        OtherBroker broker = await StartAsync(name);
        ApplianceBox box = Own(new ApplianceBox(Options(broker) with { Port = broker.OtherPort }));
        box.Start();
        Assert.Contains(mentions, await box.Log.SaysAsync("NotMqtt", Cancellation), StringComparison.Ordinal);
        Report($"{name}: its other port is named");
    }

    [Theory(Explicit = true)]
    [InlineData("rabbitmq", true)]
    [InlineData("nats", false)]
    [InlineData("aedes", true)]
    public async Task Broker_VerdictForbidden_IsParkedWhereTheBrokerLetsItBeKnown(string name, bool isKnown)
    {
        OtherBroker broker = await StartAsync(name);
        Ledger ledger = Own(await Ledger.StartAsync(broker.Port, Cancellation));
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker) with { UserName = "press", PasswordFile = broker.PasswordFile });
        for (int i = 0; i < Parts; i++)
        {
            await TriggerUntilAsync(
                () => TriggerAsync(broker, $"f{i}"),
                ledger,
                e => e.Topic == Out + "verdict/simple" && e.Payload.Contains($"f{i} ", StringComparison.Ordinal)
            );
        }
        if (isKnown)
        {
            Assert.Contains(Forbidden, await box.Log.SaysAsync("is parked", Cancellation), StringComparison.Ordinal);
            await box.Log.SaysAsync($"subscription to {Forbidden};", Cancellation);
        }
        int connections = box.Log.Lines.Count(l => l.Contains("MQTT: connected", StringComparison.Ordinal));
        Assert.InRange(connections, 1, 5);
        Report(
            $"{name}: a forbidden verdict topic "
                + $"{(isKnown ? "ends the connection; parked with its topic" : "is acknowledged and dropped; nobody is told")}; "
                + $"{connections} connections for {Parts} parts"
        );
    }

    [Fact(Explicit = true)]
    public async Task Nats_AckForbidden_IsFoundAtTheStart()
    {
        OtherBroker broker = Own(new OtherBroker("nats", Out + "trigger/ack"));
        await broker.StartAsync(Cancellation);
        ApplianceBox box = Own(new ApplianceBox(Options(broker) with { UserName = "press", PasswordFile = broker.PasswordFile }));
        box.Start();
        Assert.Contains(Out + "trigger/ack", await box.Log.SaysAsync("TopicDenied", Cancellation), StringComparison.Ordinal);
        Report("nats: a forbidden ack topic is found at the start by its missing echo");
    }

    private async Task<OtherBroker> StartAsync(string name)
    {
        OtherBroker broker = Own(new OtherBroker(name, Forbidden));
        await broker.StartAsync(Cancellation);
        return broker;
    }

    private async Task<List<Entry>> TriggerAllAsync(OtherBroker broker, Ledger ledger, string prefix)
    {
        var heard = new List<Entry>();
        for (int i = 0; i < Parts; i++)
        {
            await TriggerAsync(broker, $"{prefix}{i}");
            heard.AddRange(await ledger.ThroughAsync(e => Heard.IsVerdictOf(e, $"{prefix}{i}"), Cancellation));
        }
        return heard;
    }

    /// <summary>Whether somebody who subscribes now hears what was retained.</summary>
    private async Task<bool> IsRetainedAsync(OtherBroker broker, string filter)
    {
        // It ends with an error where it hears nothing in time.
        ProgramResult ask = await Programs.RunAsync(
            Programs.Find("mosquitto_sub"),
            ["-h", "127.0.0.1", "-p", $"{broker.Port}", "-t", filter, "--retained-only", "-C", "1", "-W", "5", "-F", "%t"],
            Cancellation
        );
        return ask.Output.Length > 0;
    }

    private Task TriggerAsync(OtherBroker broker, string id) =>
        Ledger.PublishAsync(
            broker.Port,
            ["-q", "1", "-t", In + "trigger", "-s"],
            System.Text.Encoding.UTF8.GetBytes($$"""{"triggerId":"{{id}}"}"""),
            Cancellation
        );

    private static BoxOptions Options(OtherBroker broker) => new() { Port = broker.Port, Version = "3.1.1" };

    /// <summary>A line for the table in docs/plc.md: into the file that build.sh names, and into the test's output.</summary>
    private static void Report(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable(ReportVariable) is { Length: > 0 } file)
            File.AppendAllText(file, $"- {line}{Environment.NewLine}");
    }
}
