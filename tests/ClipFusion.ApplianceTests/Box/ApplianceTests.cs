namespace ClipFusion.ApplianceTests.Box;

/// <summary>The appliance as the line sees it: real program, real broker, and an independent ledger of what was said.</summary>
public sealed class ApplianceTests : BoxTest
{
    [Fact]
    public async Task Run_StoppedBySigterm_SaysOfflineAndEndsCleanly()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        Assert.Equal(0, await box.StopAsync(Cancellation));
        Entry status = await ledger.NextAsync(e => e.Topic == Status, Cancellation);
        Assert.Equal("offline", status.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Run_TriggersOfAllKinds_AreAnsweredWithTheirCodes()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });

        async Task<string?> ErrorOf(string payload)
        {
            await PublishAsync(broker, In + "trigger", payload);
            return (await ledger.NextAsync(Heard.IsAck, Cancellation)).Json.GetProperty("error").GetString();
        }

        Assert.Null(await ErrorOf("""{"triggerId":"a"}"""));
        Assert.Null(await ErrorOf("""{"triggerId":"a"}"""));
        Assert.Equal("TRIGGER_ID_CONFLICT", await ErrorOf("""{"triggerId":"a","partId":"other"}"""));
        Assert.Equal("RECIPE_NOT_ACTIVE", await ErrorOf("""{"triggerId":"b","recipe":"8"}"""));
        Assert.Null(await ErrorOf("""{"triggerId":"b","recipe":"7"}"""));
        Assert.Equal("MALFORMED", await ErrorOf("""{"triggerId":"""));
        Assert.Equal("MALFORMED", await ErrorOf("""{"triggerId":"../x"}"""));
        Assert.Null(await ErrorOf("""{"triggerId":"hurry","deadlineMs":10}"""));
        Entry hurried = await ledger.NextAsync(e => Heard.IsVerdictOf(e, "hurry"), Cancellation);
        Assert.Equal(
            ("NOT_JUDGED", "deadline"),
            (hurried.Json.GetProperty("verdict").GetString(), hurried.Json.GetProperty("reason").GetString())
        );
    }

    [Fact]
    public async Task Run_DeadlineThatIsOverWhenItIsAccepted_TheVerdictComesBehindTheAck()
    {
        const int Parts = 30;
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port, Stations = [new("line1") { QueueDepth = Parts }] });
        string triggers = string.Concat(Enumerable.Range(0, Parts).Select(i => $$"""{"triggerId":"t{{i}}","deadlineMs":1}""" + "\n"));
        await Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "trigger", "-l"], triggers, Cancellation);
        List<Entry> heard = await ledger.UntilAsync(
            all => all.Count(Heard.IsVerdict) == all.Count(Heard.IsAck) && all.Count(Heard.IsAck) == Parts,
            Cancellation
        );

        static long Sequence(Entry e) => e.Json.GetProperty("seq").GetInt64();
        Dictionary<long, int> acked = heard.Index().Where(e => Heard.IsAck(e.Item)).ToDictionary(e => Sequence(e.Item), e => e.Index);
        Assert.All(
            heard.Index().Where(e => Heard.IsVerdict(e.Item)),
            e => Assert.True(acked[Sequence(e.Item)] < e.Index, $"verdict {Sequence(e.Item)} came before its ack")
        );
    }

    [Fact]
    public async Task Run_RecipeSet_IsActiveUntilSetAgainAndSurvivesARestart()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });

        async Task<List<(string? Status, string? Error)>> Set(string payload)
        {
            await PublishAsync(broker, In + "recipe/set", payload);
            List<Entry> acks = await ledger.UntilAsync(all => all.Count(e => e.Topic == Out + "recipe/ack") == 2, Cancellation);
            return
            [
                .. acks.Where(e => e.Topic == Out + "recipe/ack")
                    .Select(e => (e.Json.GetProperty("status").GetString(), e.Json.GetProperty("error").GetString())),
            ];
        }

        Assert.Equal([("accepted", null), ("active", null)], await Set("8"));
        Assert.Equal([("accepted", null), ("failed", "UNKNOWN_RECIPE")], await Set("""{"requestId":"r1","recipe":"nothing"}"""));
        Assert.Equal([("accepted", null), ("failed", "RECIPE_FAILED")], await Set("""{"requestId":"r2","recipe":"broken"}"""));
        await box.KillAsync(Cancellation);
        box.Start();
        List<Entry> heard = await ReadyAsync(ledger);
        Assert.Equal(8, heard[^1].Json.GetProperty("recipe").GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task Run_RecipeSetTwiceAtOnceUnderLoad_OneIsBusyAndEveryPartIsAnsweredUnderOneRecipe()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(
            ledger,
            new BoxOptions { Port = broker.Port, Stations = [new("line1") { IntervalMs = 150 }, new("line2") { IntervalMs = 150 }] }
        );
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(e => e.Topic == Out + "verdict") >= 3, Cancellation);

        // Each line is a message: the second comes while the first is being done.
        await Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "recipe/set", "-l"], "8\n7\n", Cancellation);
        static bool IsUnder(Entry e, int recipe) =>
            e.Topic == Out + "verdict"
            && e.Json.GetProperty("recipe").GetProperty("number").GetInt32() == recipe
            && e.Json.GetProperty("verdict").GetString() is "OK" or "NG";
        heard.AddRange(await ledger.UntilAsync(all => all.Count(e => IsUnder(e, 8)) >= 3, Cancellation));

        Assert.Equal(
            [("accepted", null), ("refused", "BUSY"), ("active", null)],
            heard
                .Where(e => e.Topic == Out + "recipe/ack")
                .Select(e => (e.Json.GetProperty("status").GetString(), e.Json.GetProperty("error").GetString()))
        );
        Entry[] verdicts = [.. heard.Where(e => e.Topic == Out + "verdict")];
        Assert.Equal(
            Enumerable.Range(0, verdicts.Length).Select(n => verdicts[0].Json.GetProperty("seq").GetInt64() + n),
            verdicts.Select(v => v.Json.GetProperty("seq").GetInt64())
        );
        Assert.All(
            verdicts.SkipWhile(v => !IsUnder(v, 8)),
            v => Assert.Equal(8, v.Json.GetProperty("recipe").GetProperty("number").GetInt32())
        );
        Assert.All(
            verdicts.Where(v => v.Json.GetProperty("verdict").GetString() == "NOT_JUDGED"),
            v => Assert.Contains(v.Json.GetProperty("reason").GetString(), (string?[])["not_ready", "overrun"])
        );
        // The neighbour does not notice.
        Assert.All(
            heard.Where(e => e.Topic == Prefix + "out/line2/verdict"),
            v => Assert.NotEqual("not_ready", v.Json.GetProperty("reason").GetString())
        );
    }

    [Fact]
    public async Task Run_FilesInAFolder_AreJudgedAndPutAwayByWhatTheyWere()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(new ApplianceBox(new BoxOptions { Port = broker.Port, Stations = [new("line1") { Inbox = "in" }] }));
        NoisePicture.Write(Path.Combine(box.Inbox, "a.png"), 3);
        NoisePicture.Write(Path.Combine(box.Inbox, "b.png"), 4);
        using (FileStream cut = File.OpenWrite(Path.Combine(box.Inbox, "b.png")))
            cut.SetLength(200);
        box.Start();
        await ReadyAsync(ledger);
        foreach (string id in (string[])["a", "b"])
            await TriggerAsync(broker, id);
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(Heard.IsVerdict) == 2, Cancellation);
        Assert.Equal([null, "bad_image"], heard.Where(Heard.IsVerdict).Select(e => e.Json.GetProperty("reason").GetString()));

        string judged = Path.Combine(box.Inbox, "done", "a.png"),
            bad = Path.Combine(box.Inbox, "rejected", "b.png");
        Assert.True(
            SpinWait.SpinUntil(() => File.Exists(judged) && File.Exists(bad), TimeSpan.FromSeconds(20)),
            $"{judged} and {bad} are expected"
        );
    }
}
