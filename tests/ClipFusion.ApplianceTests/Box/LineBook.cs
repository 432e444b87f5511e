namespace ClipFusion.ApplianceTests.Box;

/// <summary>What a ledger heard of one station, and what must be true of it whatever happened to the box.</summary>
internal sealed class LineBook(string station)
{
    private readonly List<Entry> _heard = [];
    private string? _boot;

    private string Out => $"clipfusion/v1/box/out/{station}/";

    /// <summary>All that was heard.</summary>
    public IReadOnlyList<Entry> Heard => _heard;

    /// <summary>Verdicts, live and replayed, every sending.</summary>
    public IEnumerable<Entry> Verdicts => _heard.Where(IsVerdict);

    /// <summary>Acks of accepted triggers.</summary>
    public IEnumerable<Entry> Acks => _heard.Where(e => e.Topic == Out + "trigger/ack" && e.Json.GetProperty("accepted").GetBoolean());

    /// <summary>Reads on until enough was heard since now.</summary>
    public async Task UntilAsync(Ledger ledger, Predicate<List<Entry>> enough, CancellationToken cancellation) =>
        _heard.AddRange(await ledger.UntilAsync(enough, cancellation));

    /// <summary>Reads on until the station says that it is ready, in another life of the program than the last time.</summary>
    public async Task ReadyAsync(Ledger ledger, CancellationToken cancellation)
    {
        await UntilAsync(
            ledger,
            all => all.Count > 0 && IsState(all[^1]) && all[^1].Json.GetProperty("ready").GetBoolean() && BootOf(all[^1]) != _boot,
            cancellation
        );
        _boot = BootOf(_heard[^1]);
    }

    /// <summary>Triggers once more and reads on until everything that was ever accepted has been handed to the broker.</summary>
    public async Task FinishAsync(Mosquitto broker, Ledger ledger, CancellationToken cancellation)
    {
        await TriggerAsync(broker, "last", cancellation);
        await UntilAsync(ledger, all => all.Any(e => IsVerdict(e) && IdOf(e) == "last"), cancellation);
        await UntilAsync(
            ledger,
            all => all.Any(e => IsState(e) && e.Json.GetProperty("outbox").GetProperty("pending").GetInt64() == 0),
            cancellation
        );
    }

    /// <summary>Starts a box again and again and kills it at an instant that is a number of messages, so that every step between accepting
    /// and delivering is hit.</summary>
    public async Task LiveAndDieAsync(
        Mosquitto broker,
        Ledger ledger,
        ApplianceBox box,
        Random random,
        int lives,
        int triggersPerLife,
        CancellationToken cancellation
    )
    {
        for (int life = 0; life < lives; life++)
        {
            box.Start();
            await ReadyAsync(ledger, cancellation);
            for (int i = 0; i < triggersPerLife; i++)
                await TriggerAsync(broker, $"life{life}-{i}", cancellation);
            int after = random.Next(0, 4 * triggersPerLife + 1);
            await UntilAsync(ledger, all => all.Count(IsAnswer) >= after, cancellation);
            await box.KillAsync(cancellation);
        }
    }

    public Task TriggerAsync(Mosquitto broker, string id, CancellationToken cancellation) =>
        Ledger.PublishAsync(
            broker,
            ["-q", "1", "-t", $"clipfusion/v1/box/in/{station}/trigger", "-s"],
            $$"""{"triggerId":"{{id}}"}""",
            cancellation
        );

    public bool IsAnswer(Entry e) =>
        IsVerdict(e) || e.Topic == Out + "trigger/ack" || e.Topic == Out + "trigger/frame" || e.Topic == Out + "verdict/simple";

    public bool IsVerdict(Entry e) => e.Topic == Out + "verdict" || e.Topic == Out + "verdict/replay";

    public bool IsState(Entry e) => e.Topic == Out + "state" && !e.Retained;

    public static string? IdOf(Entry e) => e.Json.GetProperty("triggerId").GetString();

    /// <summary>Every acked trigger has exactly one verdict, every verdict's trigger was acked, sequences have no gap, no repeat, and come
    /// in order.</summary>
    /// <param name="atLeast">Acked triggers without which nothing was tested.</param>
    public void Check(int atLeast)
    {
        var acked = Acks.Select(e => (Id: e.Json.GetProperty("inspectionId").GetString()!, Seq: Sequence(e))).Distinct().ToList();
        var verdicts = Verdicts
            .Select(e =>
                (
                    Id: e.Json.GetProperty("inspectionId").GetString()!,
                    Seq: Sequence(e),
                    Verdict: e.Json.GetProperty("verdict").GetString(),
                    e.Topic
                )
            )
            .ToList();
        Assert.True(acked.Count >= atLeast, $"only {acked.Count} triggers were acked: nothing was tested");
        Assert.Equal(acked.Order(), verdicts.Select(v => (v.Id, v.Seq)).Distinct().Order());
        // One verdict each: sent twice perhaps, never another one.
        Assert.All(verdicts.GroupBy(v => v.Id), g => Assert.Single(g.Select(v => (v.Seq, v.Verdict)).Distinct()));
        CheckRepeats();
        long[] sequences = [.. verdicts.Select(v => v.Seq).Distinct().Order()];
        Assert.Equal(Enumerable.Range(1, sequences.Length).Select(i => (long)i), sequences);
        Assert.Equal(sequences.Length, verdicts.Select(v => v.Id).Distinct().Count());
        Assert.All(
            verdicts.GroupBy(v => v.Topic),
            topic => Assert.Equal(topic.Select(v => v.Seq).Distinct(), topic.Select(v => v.Seq).Distinct().Order())
        );
    }

    /// <summary>On every topic a verdict or ack that comes again says that it may have come before; only a restarted broker repeats by
    /// itself. Text messages say it too.</summary>
    private void CheckRepeats()
    {
        // The live topics carry one verdict in two forms; replay repeats what either has said.
        Entry[] asJson = [.. _heard.Where(IsVerdict)],
            asText = [.. _heard.Where(e => e.Topic == Out + "verdict/simple")];
        foreach (IGrouping<long, Entry> same in asJson.GroupBy(Sequence))
            CheckRepeats([.. same], e => e.Json.GetProperty("flags").GetProperty("duplicate").GetBoolean());
        foreach (IGrouping<long, Entry> same in Acks.GroupBy(Sequence))
            CheckRepeats([.. same], e => e.Json.GetProperty("duplicate").GetBoolean());
        foreach (IGrouping<string, Entry> same in asText.GroupBy(e => e.Payload[..10]))
            CheckRepeats([.. same], e => e.Payload[28] == '1');
    }

    private static void CheckRepeats(Entry[] same, Predicate<Entry> saysSo)
    {
        for (int i = 1; i < same.Length; i++)
            Assert.True(
                saysSo(same[i]) || same[..i].Any(same[i].MayBeBrokersRepeatOf),
                $"sent again without saying so: {same[i].Topic} {same[i].Payload}"
            );
    }

    private static string? BootOf(Entry e) => e.Json.GetProperty("bootId").GetString();

    private static long Sequence(Entry e) => e.Json.GetProperty("seq").GetInt64();
}
