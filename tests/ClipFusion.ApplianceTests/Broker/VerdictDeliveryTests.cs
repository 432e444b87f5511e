using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.ApplianceTests.Broker;

public sealed class VerdictDeliveryTests : DeliveryTest
{
    private readonly MemoryOutbox _outbox = new();

    [Fact]
    public async Task Publisher_BrokerRestarted_DeliversAllInOrderLiveOrReplayed()
    {
        // The ledger's session survives the restart on disk, so that it hears what is published before it is back.
        var broker = await BrokerAsync(
            "allow_anonymous true",
            "persistence true",
            "persistence_location {folder}/",
            "max_queued_messages 0"
        );
        var ledger = await LedgerAsync(broker);
        var link = await ConnectedAsync(Options(broker.Port));
        await using var publisher = Publisher(link);

        for (int i = 1; i <= 100; i++)
            Add(publisher, i, TimeSpan.Zero);
        await _outbox.WhenEmptyAsync(Cancellation);
        await broker.StopAsync(Cancellation);
        await link.WhenAsync(s => !s.IsConnected, Cancellation);
        // What waited longer than the live window, and what is fresh still.
        for (int i = 101; i <= 150; i++)
            Add(publisher, i, TimeSpan.FromMinutes(5));
        for (int i = 151; i <= 200; i++)
            Add(publisher, i, TimeSpan.Zero);
        await broker.StartAsync(Cancellation);
        await _outbox.WhenEmptyAsync(Cancellation);

        var heard = await ledger.UntilAsync(
            all =>
                On(all, Topics.Verdict("line1")).Distinct().Count() >= 150
                && On(all, Topics.VerdictReplay("line1")).Distinct().Count() >= 50
                && all.Where(e => e.Topic == Topics.VerdictSimple("line1")).Select(e => e.Payload).Distinct().Count() >= 150,
            Cancellation
        );
        // QoS 1: what the ledger had not acknowledged when the broker stopped, the broker tells it again, to the byte; what we send again
        // ourselves says so.
        var repeats = heard
            .Where(e => e.Topic == Topics.Verdict("line1") || e.Topic == Topics.VerdictReplay("line1"))
            .GroupBy(e => (e.Topic, Sequence(e)));
        Assert.All(
            repeats,
            told =>
                Assert.All(
                    told.Skip(1),
                    e =>
                        Assert.True(
                            told.TakeWhile(w => !ReferenceEquals(w, e)).Any(e.MayBeBrokersRepeatOf)
                                || e.Json.GetProperty("flags").GetProperty("duplicate").GetBoolean(),
                            e.Payload
                        )
                )
        );
        Assert.Equal(Range(1, 100).Concat(Range(151, 200)), On(heard, Topics.Verdict("line1")).Distinct());
        Assert.Equal(Range(101, 150), On(heard, Topics.VerdictReplay("line1")).Distinct());
        Assert.All(
            heard.Where(e => e.Topic == Topics.VerdictReplay("line1")),
            e => Assert.True(e.Json.GetProperty("flags").GetProperty("replayed").GetBoolean())
        );
    }

    [Fact]
    public async Task Publisher_CutUnderLoad_LosesNothingAndFlagsWhatMayBeTwice()
    {
        var broker = await BrokerAsync("allow_anonymous true", "max_queued_messages 0");
        var ledger = await LedgerAsync(broker);
        await using var cable = new Cable(broker.Port);
        var link = await ConnectedAsync(Options(cable.Port));
        await using var publisher = Publisher(link);
        for (int i = 1; i <= 500; i++)
            Add(publisher, i, TimeSpan.Zero);

        var heard = new List<Entry>();
        for (int cut = 0; cut < 5; cut++)
        {
            heard.AddRange(await ledger.UntilAsync(all => On(all, Topics.Verdict("line1")).Count >= 50, Cancellation));
            cable.Cut();
        }
        heard.AddRange(await ledger.UntilAsync(all => On(all, Topics.Verdict("line1")).Contains(500), Cancellation));

        var verdicts = heard
            .Where(e => e.Topic == Topics.Verdict("line1"))
            .Select(e => (Sequence: Sequence(e), Duplicate: e.Json.GetProperty("flags").GetProperty("duplicate").GetBoolean()))
            .ToList();
        Assert.Equal(Range(1, 500), verdicts.Select(v => v.Sequence).Distinct());
        Assert.Equal(verdicts.Select(v => v.Sequence).Order(), verdicts.Select(v => v.Sequence));
        Assert.All(verdicts.GroupBy(v => v.Sequence).SelectMany(g => g.Skip(1)), v => Assert.True(v.Duplicate));
    }

    [Fact]
    public async Task Publisher_TopicDenied_ParksVisiblyAndOtherStationsGoOn()
    {
        var broker = Own(new Mosquitto("allow_anonymous true", "acl_file {folder}/acl"));
        await File.WriteAllTextAsync(
            broker.Path("acl"),
            "topic readwrite clipfusion/v1/box/out/status\ntopic readwrite clipfusion/v1/box/out/line2/#\ntopic read "
                + "clipfusion/#\ntopic readwrite ledger/#\n",
            Cancellation
        );
        await broker.StartAsync(Cancellation);
        var ledger = await LedgerAsync(broker);
        await using var publisher = Publisher(await ConnectedAsync(Options(broker.Port)));
        Add(publisher, 1, TimeSpan.Zero);
        for (int i = 1; i <= 20; i++)
            Add(publisher, i, TimeSpan.Zero, "line2");
        var heard = await ledger.UntilAsync(all => On(all, Topics.Verdict("line2")).Count >= 20, Cancellation);
        await _outbox.WhenEmptyAsync(Cancellation);
        Assert.Equal(Range(1, 20), On(heard, Topics.Verdict("line2")));
        Assert.Equal([1L], _outbox.Parked);
        Assert.Contains("0x87", publisher.Counts("line1").LastError, StringComparison.Ordinal);
    }

    private VerdictPublisher Publisher(MqttLink link)
    {
        var options = new DeliveryOptions
        {
            BootId = "boot",
            LiveWindow = TimeSpan.FromMinutes(1),
            RetryDelay = TimeSpan.FromMilliseconds(50),
            ReplayInterval = TimeSpan.FromMilliseconds(2),
        };
        var publisher = new VerdictPublisher(link, ["line1", "line2"], _outbox.Seam, options, new AckOrder(), TimeProvider.System);
        publisher.Start();
        return publisher;
    }

    private void Add(VerdictPublisher publisher, long sequence, TimeSpan age, string station = "line1")
    {
        long completed = TimeProvider.System.GetTimestamp() - (long)(age.TotalSeconds * TimeProvider.System.TimestampFrequency);
        _outbox.Add(new OutboxRow(Samples.Judged(Samples.Accepted(sequence, station)), "boot", completed, null));
        publisher.Wake(station);
    }

    private static List<long> On(IEnumerable<Entry> entries, string topic) => [.. entries.Where(e => e.Topic == topic).Select(Sequence)];

    private static long Sequence(Entry entry) => entry.Json.GetProperty("seq").GetInt64();

    private static IEnumerable<long> Range(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => (long)i);
}
