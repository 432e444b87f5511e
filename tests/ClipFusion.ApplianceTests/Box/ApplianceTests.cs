using ClipFusion.ApplianceTests.Broker;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The appliance as the line sees it: real program, real broker, and an independent ledger of what was said.</summary>
public sealed class ApplianceTests : IAsyncDisposable
{
    private const string In = "clipfusion/v1/box/in/line1/", Out = "clipfusion/v1/box/out/line1/";
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(8));
    private readonly List<IAsyncDisposable> _open = [];

    [Fact]
    public async Task Run_KilledAgainAndAgain_AnswersEveryAckedTriggerOnceAndInOrder()
    {
        const int Kills = 30, TriggersPerLife = 3;
        Mosquitto broker = await BrokerAsync("max_queued_messages 0", "max_inflight_messages 0");
        Ledger ledger = Own(await Ledger.StartAsync(broker, _limit.Token));
        ApplianceBox box = Own(new ApplianceBox(broker));
        var random = new Random(11);
        List<Entry> heard = [];
        try
        {
            for (int life = 0; life < Kills; life++)
            {
                box.Start();
                heard.AddRange(await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token));
                for (int i = 0; i < TriggersPerLife; i++) await TriggerAsync(broker, $"life{life}-{i}");
                // The instant is a number of messages, so that every step between accepting and delivering is hit.
                int after = random.Next(0, 4 * TriggersPerLife + 1);
                heard.AddRange(await ledger.UntilAsync(all => all.Count(IsAnswer) >= after, _limit.Token));
                await box.KillAsync(_limit.Token);
            }

            box.Start();
            heard.AddRange(await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token));
            await TriggerAsync(broker, "last");
            heard.AddRange(await ledger.UntilAsync(all => all.Any(e => IsVerdict(e) && e.Json.GetProperty("triggerId").GetString() == "last"), _limit.Token));
            heard.AddRange(await ledger.UntilAsync(all => all.Any(e => e.Topic == Out + "state" && e.Json.GetProperty("outbox").GetProperty("pending").GetInt64() == 0), _limit.Token));
            Assert.Equal(0, await box.StopAsync(_limit.Token));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"not done in time; the program said:{Environment.NewLine}{box.Log}");
        }

        Check(heard);
    }

    [Fact]
    public async Task Run_StoppedBySigterm_SaysOfflineAndEndsCleanly()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = Own(await Ledger.StartAsync(broker, _limit.Token));
        ApplianceBox box = Own(new ApplianceBox(broker));
        box.Start();
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        Assert.Equal(0, await box.StopAsync(_limit.Token));
        Entry status = await ledger.NextAsync(e => e.Topic == "clipfusion/v1/box/out/status", _limit.Token);
        Assert.Equal("offline", status.Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Run_TriggersOfAllKinds_AreAnsweredWithTheirCodes()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = Own(await Ledger.StartAsync(broker, _limit.Token));
        ApplianceBox box = Own(new ApplianceBox(broker));
        box.Start();
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);

        async Task<string?> ErrorOf(string payload)
        {
            await Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "trigger", "-s"], payload, _limit.Token);
            return (await ledger.NextAsync(e => e.Topic == Out + "trigger/ack", _limit.Token)).Json.GetProperty("error").GetString();
        }

        Assert.Null(await ErrorOf("""{"triggerId":"a"}"""));
        Assert.Null(await ErrorOf("""{"triggerId":"a"}"""));
        Assert.Equal("TRIGGER_ID_CONFLICT", await ErrorOf("""{"triggerId":"a","partId":"other"}"""));
        Assert.Equal("RECIPE_NOT_ACTIVE", await ErrorOf("""{"triggerId":"b","recipe":"8"}"""));
        Assert.Null(await ErrorOf("""{"triggerId":"b","recipe":"7"}"""));
        Assert.Equal("MALFORMED", await ErrorOf("""{"triggerId":"""));
        Assert.Equal("MALFORMED", await ErrorOf("""{"triggerId":"../x"}"""));
        Assert.Null(await ErrorOf("""{"triggerId":"hurry","deadlineMs":10}"""));
        Entry hurried = await ledger.NextAsync(e => IsVerdict(e) && e.Json.GetProperty("triggerId").GetString() == "hurry", _limit.Token);
        Assert.Equal(("NOT_JUDGED", "deadline"), (hurried.Json.GetProperty("verdict").GetString(), hurried.Json.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task Run_RecipeSet_IsActiveUntilSetAgainAndSurvivesARestart()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = Own(await Ledger.StartAsync(broker, _limit.Token));
        ApplianceBox box = Own(new ApplianceBox(broker));
        box.Start();
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);

        async Task<List<(string? Status, string? Error)>> Set(string payload)
        {
            await Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "recipe/set", "-s"], payload, _limit.Token);
            List<Entry> acks = await ledger.UntilAsync(all => all.Count(e => e.Topic == Out + "recipe/ack") == 2, _limit.Token);
            return [.. acks.Where(e => e.Topic == Out + "recipe/ack").Select(e => (e.Json.GetProperty("status").GetString(), e.Json.GetProperty("error").GetString()))];
        }

        Assert.Equal([("accepted", null), ("active", null)], await Set("8"));
        Assert.Equal([("accepted", null), ("failed", "UNKNOWN_RECIPE")], await Set("""{"requestId":"r1","recipe":"nothing"}"""));
        Assert.Equal([("accepted", null), ("failed", "RECIPE_FAILED")], await Set("""{"requestId":"r2","recipe":"broken"}"""));
        await box.KillAsync(_limit.Token);
        box.Start();
        List<Entry> heard = await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]) && all.Any(e => e.Topic == "clipfusion/v1/box/out/status" && e.Payload.Contains("online", StringComparison.Ordinal)), _limit.Token);
        Assert.Equal(8, heard[^1].Json.GetProperty("recipe").GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task Run_FilesInAFolder_AreJudgedAndPutAwayByWhatTheyWere()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = Own(await Ledger.StartAsync(broker, _limit.Token));
        ApplianceBox box = Own(new ApplianceBox(broker, folderCamera: true));
        ApplianceBox.WriteReference(Path.Combine(box.Inbox, "a.png"), 3);
        ApplianceBox.WriteReference(Path.Combine(box.Inbox, "b.png"), 4);
        using (FileStream cut = File.OpenWrite(Path.Combine(box.Inbox, "b.png"))) cut.SetLength(200);
        box.Start();
        await ledger.UntilAsync(all => all.Count > 0 && IsReady(all[^1]), _limit.Token);
        foreach (string id in (string[])["a", "b"]) await TriggerAsync(broker, id);
        List<Entry> heard = await ledger.UntilAsync(all => all.Count(IsVerdict) == 2, _limit.Token);
        Assert.Equal([null, "bad_image"], heard.Where(IsVerdict).Select(e => e.Json.GetProperty("reason").GetString()));

        string judged = Path.Combine(box.Inbox, "done", "a.png"), bad = Path.Combine(box.Inbox, "rejected", "b.png");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(judged) && File.Exists(bad), TimeSpan.FromSeconds(20)), $"{judged} and {bad} are expected; the program said:{Environment.NewLine}{box.Log}");
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--) await _open[i].DisposeAsync();
        _limit.Dispose();
    }

    private static void Check(List<Entry> heard)
    {
        var acked = heard.Where(e => e.Topic == Out + "trigger/ack" && e.Json.GetProperty("accepted").GetBoolean()).Select(e => (Id: e.Json.GetProperty("inspectionId").GetString()!, Seq: e.Json.GetProperty("seq").GetInt64())).Distinct().ToList();
        var verdicts = heard.Where(IsVerdict).Select(e => (Id: e.Json.GetProperty("inspectionId").GetString()!, Seq: e.Json.GetProperty("seq").GetInt64(), Verdict: e.Json.GetProperty("verdict").GetString(), e.Topic)).ToList();
        Assert.True(acked.Count > 30, $"only {acked.Count} triggers were acked: nothing was tested");
        Assert.All(acked, a => Assert.Contains(verdicts, v => v.Id == a.Id && v.Seq == a.Seq));
        // One verdict each: sent twice perhaps, never another one.
        Assert.All(verdicts.GroupBy(v => v.Id), g => Assert.Single(g.Select(v => (v.Seq, v.Verdict)).Distinct()));
        long[] sequences = [.. verdicts.Select(v => v.Seq).Distinct().Order()];
        Assert.Equal(Enumerable.Range(1, sequences.Length).Select(i => (long)i), sequences);
        Assert.Equal(sequences.Length, verdicts.Select(v => v.Id).Distinct().Count());
        Assert.All(verdicts.GroupBy(v => v.Topic), topic => Assert.Equal(topic.Select(v => v.Seq).Distinct(), topic.Select(v => v.Seq).Distinct().Order()));
    }

    private static bool IsReady(Entry e) => e.Topic == Out + "state" && !e.Retained && e.Json.GetProperty("ready").GetBoolean() && e.Json.GetProperty("beat").GetInt64() <= 60;

    private static bool IsAnswer(Entry e) => IsVerdict(e) || e.Topic is Out + "trigger/ack" or Out + "trigger/frame" or Out + "verdict/simple";

    private static bool IsVerdict(Entry e) => e.Topic is Out + "verdict" or Out + "verdict/replay";

    private Task TriggerAsync(Mosquitto broker, string id) => Ledger.PublishAsync(broker, ["-q", "1", "-t", In + "trigger", "-s"], $$"""{"triggerId":"{{id}}"}""", _limit.Token);

    private async Task<Mosquitto> BrokerAsync(params string[] lines)
    {
        Mosquitto broker = Own(new Mosquitto(["allow_anonymous true", .. lines]));
        await broker.StartAsync(_limit.Token);
        return broker;
    }

    private T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        _open.Add(thing);
        return thing;
    }
}
