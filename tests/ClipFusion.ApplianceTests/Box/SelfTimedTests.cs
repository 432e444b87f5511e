namespace ClipFusion.ApplianceTests.Box;

/// <summary>Frames that come by themselves: nobody asks, every part is answered.</summary>
public sealed class SelfTimedTests : BoxTest
{
    private const string Station = "CLIPFUSION__STATIONS__0__";

    [Fact]
    public async Task Run_FramesOfACameraArrive_EachIsAnsweredAndAnnouncedPartsAreNamedInOrder()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(
            ledger,
            new BoxOptions
            {
                Port = broker.Port,
                Commands = ["trigger", "part", "recipe"],
                Environment = [(Station + "CAMERA__FRAMEINTERVALMS", "300"), (Station + "TRIGGERS__FRAMEARRIVAL", "true")],
            }
        );
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(e => e.Topic == Out + "verdict") >= 2, Cancellation);
        foreach (string part in (string[])["p-1", "p-2", "p-3"])
            await PublishAsync(broker, In + "part", $$"""{"partId":"{{part}}"}""");
        static string? PartOf(Entry e) => e.Topic == Out + "verdict" ? e.Json.GetProperty("partId").GetString() : null;
        heard.AddRange(await ledger.UntilAsync(all => all.Any(e => PartOf(e) == "p-3"), Cancellation));
        heard.AddRange(await ledger.UntilAsync(all => all.Any(e => e.Topic == Out + "verdict"), Cancellation));

        Entry[] verdicts = [.. heard.Where(e => e.Topic == Out + "verdict")];
        Assert.Equal(["p-1", "p-2", "p-3"], verdicts.Select(PartOf).Where(p => p is not null));
        Assert.Null(PartOf(verdicts[^1]));
        Assert.Equal(
            Enumerable.Range(0, verdicts.Length).Select(n => verdicts[0].Json.GetProperty("seq").GetInt64() + n),
            verdicts.Select(v => v.Json.GetProperty("seq").GetInt64())
        );
        Assert.Contains(verdicts, v => v.Json.GetProperty("verdict").GetString() is "OK" or "NG");
    }

    [Fact]
    public async Task Run_FilesArriveWithoutTriggers_AreJudgedInOrderAndNoneIsLost()
    {
        const int Files = 12;
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = broker.Port,
                    Stations = [new("line1") { Inbox = "in", QueueDepth = 2 }],
                    Environment = [(Station + "TRIGGERS__FRAMEARRIVAL", "true")],
                }
            )
        );
        // More than the queue holds, and there before the box is: files wait until they can be judged.
        for (int i = 0; i < Files; i++)
            NoisePicture.Write(Path.Combine(box.Inbox, $"part{i:00}.png"), i);
        box.Start();
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(e => e.Topic == Out + "verdict") >= Files, Cancellation);

        Assert.Equal(
            Enumerable.Range(1, Files),
            heard.Where(e => e.Topic == Out + "verdict").Select(e => e.Json.GetProperty("seq").GetInt32())
        );
        Assert.All(
            heard.Where(e => e.Topic == Out + "verdict"),
            v => Assert.True(v.Json.GetProperty("verdict").GetString() is "OK" or "NG", v.Payload)
        );
        string done = Path.Combine(box.Inbox, "done");
        Assert.True(
            SpinWait.SpinUntil(() => Directory.Exists(done) && Directory.GetFiles(done).Length == Files, TimeSpan.FromSeconds(20)),
            $"{Files} files are expected in {done}; the program said:{Environment.NewLine}{box.Log}"
        );
    }
}
