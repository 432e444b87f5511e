using System.Text;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Callers that send what they should not: each is told so, and the box stays ready.</summary>
public sealed class CallerTests : BoxTest
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public async Task Run_CommandsThatAreNone_AreRefusedWithTheirCodesAndTheBoxStaysReady()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });

        async Task<string?> ErrorOf(byte[] payload, params string[] arguments)
        {
            await Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "trigger", "-s", .. arguments], payload, Cancellation);
            return (await ledger.NextAsync(Heard.IsAck, Cancellation)).Json.GetProperty("error").GetString();
        }

        Assert.Equal("RETAINED", await ErrorOf("""{"triggerId":"kept"}"""u8.ToArray(), "-r"));
        Assert.Equal("MALFORMED", await ErrorOf([.. """{"triggerId":"a"""u8, 0xC3, 0x28, .. "\"}"u8]));
        Assert.Equal("MALFORMED", await ErrorOf([.. """{"triggerId":"a"""u8, 0, .. "\"}"u8]));
        Assert.Equal("MALFORMED", await ErrorOf([0]));
        Assert.Equal("MALFORMED", await ErrorOf(Encoding.ASCII.GetBytes("""{"triggerId":""" + new string('[', 3000))));
        Assert.Equal("MALFORMED", await ErrorOf(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("""{"a":""", 600)))));
        Assert.Equal("MALFORMED", await ErrorOf("""{"triggerId":"a","file":"/etc/passwd"}"""u8.ToArray()));
        Assert.Equal("MALFORMED", await ErrorOf("""{"triggerId":"a","triggerId":"b"}"""u8.ToArray()));
        Assert.Equal("RECIPE_NOT_ACTIVE", await ErrorOf("""{"triggerId":"a","recipe":"nobody-knows-it"}"""u8.ToArray()));
        // Stations that there are not, and topics that are no command, are nobody's business.
        foreach (string topic in (string[])["in/line9/trigger", "in/line1/nothing", "in/line1/trigger/deeper"])
            await PublishAsync(broker, Prefix + topic, """{"triggerId":"x"}""");
        await StillReadyAsync(ledger);
        Assert.Null(await ErrorOf("""{"triggerId":"good"}"""u8.ToArray()));
        await ledger.NextAsync(e => Heard.IsVerdictOf(e, "good"), Cancellation);
    }

    [Fact]
    public async Task Run_MegabytesOfGarbage_AreRefusedInBoundedMemory()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        byte[] garbage = new byte[Megabyte];
        new Random(5).NextBytes(garbage);

        async Task<long> After(int messages)
        {
            for (int i = 0; i < messages; i++)
            {
                await Ledger.PublishAsync(
                    broker,
                    ["-q", "1", "-t", In + (i % 2 == 0 ? "trigger" : "recipe/set"), "-s"],
                    garbage,
                    Cancellation
                );
                Entry answer = await ledger.NextAsync(e => Heard.IsAck(e) || e.Topic == Out + "recipe/ack", Cancellation);
                Assert.Equal("MALFORMED", answer.Json.GetProperty("error").GetString());
            }

            return box.WorkingSet;
        }

        long warm = await After(20),
            later = await After(80);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"working set {warm / Megabyte} MB after 20 messages of 1 MB, {later / Megabyte} MB after 100"
        );
        // Kept, eighty of them would be 80 MB at least.
        Assert.InRange(later - warm, long.MinValue, 60 * Megabyte);
        await StillReadyAsync(ledger);
    }

    [Fact]
    public async Task Run_TheSameTriggerAgain_IsAckedAsDuplicateAndItsVerdictSentAgainFlagged()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        await TriggerAsync(broker, "d");
        List<Entry> first = await ledger.UntilAsync(all => all.Any(Heard.IsVerdict) && all.Any(IsSimple), Cancellation);
        await TriggerAsync(broker, "d");
        List<Entry> again = await ledger.UntilAsync(
            all => all.Any(Heard.IsVerdict) && all.Any(IsSimple) && all.Any(Heard.IsAck),
            Cancellation
        );

        Entry ack = Assert.Single(again, Heard.IsAck);
        HeardVerdict was = Assert.Single(Heard.Verdicts(first)),
            told = Assert.Single(Heard.Verdicts(again));
        Assert.Equal(
            (true, was.Id, was.Sequence),
            (
                ack.Json.GetProperty("duplicate").GetBoolean(),
                ack.Json.GetProperty("inspectionId").GetString(),
                ack.Json.GetProperty("seq").GetInt64()
            )
        );
        Assert.Equal((false, true, was.Content), (was.IsDuplicate, told.IsDuplicate, told.Content));
        // The text message: byte 27 is late, byte 28 duplicate, everything else as it was.
        string wasText = first.First(IsSimple).Payload,
            toldText = again.First(IsSimple).Payload;
        Assert.Equal(('0', '1'), (wasText[28], toldText[28]));
        Assert.Equal(wasText.Remove(27, 2), toldText.Remove(27, 2));

        await PublishAsync(broker, In + "trigger", """{"triggerId":"d","partId":"another"}""");
        Assert.Equal("TRIGGER_ID_CONFLICT", (await ledger.NextAsync(Heard.IsAck, Cancellation)).Json.GetProperty("error").GetString());
        await StillReadyAsync(ledger);
    }

    [Fact]
    public async Task Run_PacketsAboveTheBrokersLimit_AreParkedWithTheirReasonAndTheBoxGoesOn()
    {
        // Acks and states pass and verdicts do not; the broker throws away a caller's megabyte by itself.
        Mosquitto broker = await BrokerAsync("message_size_limit 800");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        await Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "trigger", "-s"], new byte[Megabyte], Cancellation);
        await TriggerAsync(broker, "a");
        Entry ack = await ledger.NextAsync(Heard.IsAck, Cancellation);
        Assert.Equal("a", ack.Json.GetProperty("triggerId").GetString());
        string parked = await box.Log.SaysAsync("is parked", Cancellation);
        Assert.Contains(ack.Json.GetProperty("inspectionId").GetString()!, parked, StringComparison.Ordinal);
        Assert.Contains("PacketTooLarge", parked, StringComparison.Ordinal);
        await StillReadyAsync(ledger);
    }

    private static bool IsSimple(Entry e) => e.Topic == Out + "verdict/simple";
}
