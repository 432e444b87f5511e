using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Teaching a running box over MQTT, HTTP and the command line: the line goes on, and it judges by whole sets only.</summary>
public sealed class TeachingTests : BoxTest
{
    private static readonly string[] Allowed = ["trigger", "recipe", "enroll"];

    /// <summary>The whole story, as a technician and an integrator would tell it together.</summary>
    [Fact]
    public async Task Teaching_FromNewPicturesToRollBack_ReadsLikeAManual()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(new ApplianceBox(Options(broker)));
        await box.ConfigureAsync(root => root["stations"]![0]!["images"] = new JsonObject { ["policy"] = "all" }, Cancellation);
        box.Start();
        await ReadyAsync(ledger);
        using HttpClient http = await ClientAsync(box);

        // The box judges by the two references that the recipe's file names; by hand means: the file has the threshold.
        JsonElement before = await JudgedAsync(broker, ledger, "before");
        Assert.Equal("by_hand", before.GetProperty("recipe").GetProperty("thresholdState").GetString());

        // 1. Start, over MQTT. A second technician is told that somebody is at it.
        JsonElement started = await StepAsync(broker, ledger, """{"requestId":"m1","action":"start","recipe":"board"}""");
        Assert.Equal(("collecting", "board", 0), (State(started), Recipe(started), started.GetProperty("pictures").GetInt32()));
        JsonElement second = await PostAsync(http, """{"requestId":"h1","action":"start","recipe":"board"}""", 409);
        Assert.Equal(("refused", "BUSY"), (State(second), second.GetProperty("error").GetString()));

        // 2. Good parts: two from triggers, one out of the archive, one that is sent. The line gets its verdicts all the while.
        await StepAsync(broker, ledger, """{"requestId":"m2","action":"add","count":2}""");
        await JudgedAsync(broker, ledger, "good1");
        JsonElement archived = await JudgedAsync(broker, ledger, "good2");
        JsonElement progress = await ProgressAsync(ledger, p => p.GetProperty("pictures").GetInt32() == 2);
        Assert.Equal((2, 2), (progress.GetProperty("done").GetInt32(), progress.GetProperty("total").GetInt32()));
        string id = archived.GetProperty("inspectionId").GetString()!;
        // Frames are archived behind their verdicts: until then it is said that there is none.
        do progress = await StepAsync(
            broker,
            ledger,
            $$"""{"requestId":"m3","action":"add","source":"inspection","inspectionId":"{{id}}"}"""
        );
        while (State(progress) == "refused");
        // The same frame twice teaches nothing, and the box says so.
        Assert.Contains(
            progress.GetProperty("advice").EnumerateArray(),
            a => a.GetProperty("picture").GetInt32() == 3 && a.GetProperty("remark").GetString() == "near_duplicate"
        );
        await SendAsync(http, HttpMethod.Delete, "/pictures/3", null, 200);
        byte[] picture = await NoiseAsync(box, 5);
        progress = await SendAsync(http, HttpMethod.Post, "/pictures?name=good4.png", picture, 200);
        Assert.Equal(3, progress.GetProperty("pictures").GetInt32());

        // What is no picture is refused and changes nothing.
        JsonElement refused = await SendAsync(http, HttpMethod.Post, "/pictures?name=x.png", Encoding.UTF8.GetBytes("no picture"), 422);
        Assert.Equal("UNUSABLE_REFERENCE", refused.GetProperty("error").GetString());
        Assert.StartsWith("x.png: ", refused.GetProperty("errorText").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("x.png: x.png", refused.GetProperty("errorText").GetString(), StringComparison.Ordinal);
        refused = await SendAsync(http, HttpMethod.Post, "/pictures?name=empty.png", [], 422);
        Assert.Contains("empty.png", refused.GetProperty("errorText").GetString(), StringComparison.Ordinal);
        await SendAsync(http, HttpMethod.Delete, "/pictures/four", null, 404);

        // 3. Finish: the references are judged against each other, below every due inspection.
        await StepAsync(broker, ledger, """{"requestId":"m4","action":"finish"}""");
        await JudgedAsync(broker, ledger, "meanwhile");
        JsonElement ready = await ProgressAsync(ledger, p => State(p) == "ready");
        int taught = ready.GetProperty("set").GetInt32();
        Assert.Contains(ready.GetProperty("advice").EnumerateArray(), a => a.GetProperty("remark").GetString() == "too_few_to_compare");

        // Nothing judges by it yet.
        Assert.Equal(
            before.GetProperty("recipe").GetRawText(),
            (await JudgedAsync(broker, ledger, "still")).GetProperty("recipe").GetRawText()
        );

        // 4. Activate: from the next part on, and the threshold says that it promises nothing.
        await StepAsync(broker, ledger, """{"requestId":"m5","action":"activate"}""");
        await ProgressAsync(ledger, p => State(p) == "active");
        JsonElement after = await JudgedAsync(broker, ledger, "after"),
            sets = await JsonAsync(await http.GetAsync("/api/v1/recipes/board/references", Cancellation));
        JsonElement active = sets.GetProperty("sets")
            .EnumerateArray()
            .Single(s => s.GetProperty("number").GetInt32() == sets.GetProperty("active").GetInt32());
        Assert.Equal(taught, active.GetProperty("number").GetInt32());
        Assert.Equal("provisional", after.GetProperty("recipe").GetProperty("thresholdState").GetString());
        Assert.Equal(active.GetProperty("version").GetString(), after.GetProperty("recipe").GetProperty("referenceVersion").GetString());
        Assert.Equal(
            active.GetProperty("thresholds")[0].GetProperty("scores").GetProperty("patchclip").GetDouble(),
            after.GetProperty("threshold").GetDouble()
        );

        // It is what the box comes back with.
        await box.KillAsync(Cancellation);
        box.Start();
        await ReadyAsync(ledger);
        Assert.Equal(
            after.GetProperty("recipe").GetRawText(),
            (await JudgedAsync(broker, ledger, "restarted")).GetProperty("recipe").GetRawText()
        );

        // 5. Roll back: the references of the recipe's file, the threshold of the recipe's file, to the bit.
        await StepAsync(broker, ledger, """{"requestId":"m6","action":"rollback"}""");
        await ProgressAsync(ledger, p => State(p) == "active");
        JsonElement back = await JudgedAsync(broker, ledger, "back");
        Assert.Equal(before.GetProperty("recipe").GetRawText(), back.GetProperty("recipe").GetRawText());
        Assert.Equal(before.GetProperty("threshold").GetDouble(), back.GetProperty("threshold").GetDouble());
    }

    /// <summary>Wherever the power goes while it is taught and activated, the box comes back judging by a whole set, and goes on where it
    /// was.</summary>
    [Theory]
    [InlineData("referenceStored", 2, 1, false)]
    [InlineData("referenceListed", 2, 2, false)]
    [InlineData("referencesCompared", 1, 3, false)]
    [InlineData("setDescribed", 2, 3, false)]
    [InlineData("setNumbered", 2, null, false)]
    [InlineData("setActivated", 2, null, true)]
    [InlineData("draftCancelled", 1, null, false)]
    public async Task Box_KilledAtAStep_JudgesByAWholeSetAndGoesOn(string step, int passing, int? pictures, bool isActive)
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(new ApplianceBox(Options(broker)));
        // The recipe's own references are made a set at the first start, which passes some of the steps.
        box.Start(killAt: $"{step}:{passing}");
        await ReadyAsync(ledger);
        string before = (await JudgedAsync(broker, ledger, "before")).GetProperty("recipe").GetRawText();
        using (HttpClient http = await ClientAsync(box))
        {
            // Whoever teaches hears nothing any more when the power has gone.
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            Task teaching = TeachAsync(http, gone.Token);
            await Task.WhenAny(teaching, box.ExitedAsync(Cancellation));
            await gone.CancelAsync();
            await teaching;
        }

        Assert.Equal(ApplianceBox.Killed, await box.EndAsync(Cancellation));
        box.Start();
        await ReadyAsync(ledger);
        using HttpClient again = await ClientAsync(box);
        JsonElement now = await JudgedAsync(broker, ledger, "now");
        if (isActive)
            Assert.Equal("provisional", now.GetProperty("recipe").GetProperty("thresholdState").GetString());
        else
            Assert.Equal(before, now.GetProperty("recipe").GetRawText());
        JsonElement known = await GetAsync(again);
        Assert.Equal((pictures is null ? "idle" : "collecting", pictures ?? 0), (State(known), known.GetProperty("pictures").GetInt32()));

        // The technician goes on, from wherever that is.
        if (pictures is null)
            await PostAsync(again, """{"requestId":"d","action":"start","recipe":"board"}""", 200);
        await SendAsync(again, HttpMethod.Post, "/pictures", await NoiseAsync(box, 9), 200);
        await PostAsync(again, """{"requestId":"e","action":"finish"}""", 202);
        JsonElement ready = await ProgressAsync(ledger, p => State(p) == "ready");
        Assert.Equal((pictures ?? 0) + 1, ready.GetProperty("pictures").GetInt32());
        await PostAsync(again, """{"requestId":"f","action":"activate"}""", 202);
        await ProgressAsync(ledger, p => State(p) == "active");
        Assert.NotEqual(
            now.GetProperty("recipe").GetRawText(),
            (await JudgedAsync(broker, ledger, "end")).GetProperty("recipe").GetRawText()
        );
        string folder = Path.Combine(box.DataFolder, "references", "board");
        Assert.False(Directory.Exists(Path.Combine(folder, "draft")));
        Assert.False(Directory.Exists(Path.Combine(folder, "import")));

        async Task TeachAsync(HttpClient http, CancellationToken gone)
        {
            try
            {
                await PostAsync(http, """{"requestId":"a","action":"start","recipe":"board"}""", 200);
                for (int seed = 4; seed < 7; seed++)
                    await SendAsync(http, HttpMethod.Post, "/pictures", await NoiseAsync(box, seed), 200);
                if (step == "draftCancelled")
                    await PostAsync(http, """{"requestId":"b","action":"cancel"}""", 200);
                await PostAsync(http, """{"requestId":"b","action":"finish"}""", 202);
                await ledger.NextAsync(e => e.Topic == Out + "enroll/progress" && State(e.Json) == "ready", gone);
                await PostAsync(http, """{"requestId":"c","action":"activate"}""", 202);
                await box.ExitedAsync(gone);
            }
            catch (Exception e) when (e is HttpRequestException || gone.IsCancellationRequested)
            {
                // The power has gone.
            }
        }
    }

    /// <summary>What the command line does is what the API does, and what it prints is for people.</summary>
    [Fact]
    public async Task CommandLine_TeachesAndRollsBack()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        string url = (await box.PageAsync(Cancellation)).ToString(),
            token = Path.Combine(Path.GetDirectoryName(box.ConfigFile)!, "token"),
            folder = Path.GetDirectoryName(box.ConfigFile)!;
        string[] files = [.. Enumerable.Range(0, 4).Select(i => Path.Combine(folder, $"good{i}.png"))];
        for (int i = 0; i < files.Length; i++)
            NoisePicture.Write(files[i], 20 + i, 320, 240);

        Assert.Contains("collecting: board, 0 pictures", await EnrollAsync(0, "start", "board"), StringComparison.Ordinal);
        Assert.Contains("4 pictures", await EnrollAsync(0, ["add", .. files]), StringComparison.Ordinal);
        string finished = await EnrollAsync(0, "finish");
        Assert.Contains("ready: board, set 2, 4 pictures", finished, StringComparison.Ordinal);
        Assert.Contains("active: board, set 2", await EnrollAsync(0, "activate"), StringComparison.Ordinal);
        string list = await EnrollAsync(0, "list", "board");
        Assert.Matches(@"2\s+active\s+4 pictures .* taught at line1", list);
        Assert.Matches(@"1\s+previous\s+2 pictures .* from the recipe's file", list);
        Assert.Contains("active: board, set 1", await EnrollAsync(0, "rollback"), StringComparison.Ordinal);
        Assert.Contains("NO_ENROLLMENT", await EnrollAsync(1, "finish"), StringComparison.Ordinal);
        Assert.Contains("has no reference set 9; it has 1, 2", await EnrollAsync(1, "activate", "--set", "9"), StringComparison.Ordinal);
        Assert.Contains("UNKNOWN_RECIPE", await EnrollAsync(1, "start", "nothing"), StringComparison.Ordinal);

        async Task<string> EnrollAsync(int expected, params string[] words)
        {
            var said = new ProgramLog();
            await using Child program = Child.Start(
                DefaultSignals.Start(Programs.ClipFusion, ["enroll", .. words, "--url", url, "--token-file", token]),
                said
            );
            int code = await program.EndAsync(Cancellation);
            Assert.True(code == expected, $"exit code {code}: {said}");
            return said.ToString();
        }
    }

    /// <summary>Triggers come as fast as they are answered while a set is activated: each is refused or judged, by the whole old set or by
    /// the whole new one, and never by the old one again.</summary>
    [Fact]
    public async Task Activation_UnderAFloodOfTriggers_IsBetweenTwoInspections()
    {
        Mosquitto broker = await BrokerAsync("max_queued_messages 0", "max_inflight_messages 0");
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        using HttpClient http = await ClientAsync(box);
        await TeachAsync(http, ledger, box, 4);
        await using Plc plc = await Plc.ConnectAsync(broker.Port, Cancellation);
        var verdicts = new List<JsonElement>();
        int accepted = 0,
            refused = 0;
        JsonElement progress = default;
        for (int i = 0, after = 0; after < 20; i++)
        {
            if (i == 20)
                await PostAsync(http, """{"requestId":"c","action":"activate"}""", 202);
            string id = $"t{i}";
            await plc.TriggerAsync("line1", id, Cancellation);
            JsonElement ack = (
                await plc.NextAsync(
                    h =>
                    {
                        if (h.Topic == Out + "verdict")
                            verdicts.Add(h.Json);
                        return h.Topic == Out + "trigger/ack" && h.Json.GetProperty("triggerId").GetString() == id;
                    },
                    Cancellation
                )
            ).Json;
            if (ack.GetProperty("accepted").GetBoolean())
                accepted++;
            else
                refused++;
            if (i >= 20 && State(progress = await GetAsync(http)) is "active" or "failed")
                after++;
        }

        Assert.Equal("active", State(progress));
        while (verdicts.Count < accepted)
            verdicts.Add((await plc.NextAsync(h => h.Topic == Out + "verdict", Cancellation)).Json);
        string[] versions = [.. verdicts.Select(v => v.GetProperty("recipe").GetProperty("referenceVersion").GetString()!)];
        Assert.Equal(2, versions.Distinct().Count());
        Assert.Equal(versions.TakeWhile(v => v == versions[0]).Count(), versions.Count(v => v == versions[0]));
        Assert.All(
            verdicts,
            v =>
                Assert.Equal(
                    v.GetProperty("recipe").GetProperty("referenceVersion").GetString() == versions[0] ? "by_hand" : "provisional",
                    v.GetProperty("recipe").GetProperty("thresholdState").GetString()
                )
        );
        // While it was made ready, triggers were refused and not lost.
        Assert.True(refused > 0, "no trigger came while the set was made ready");
    }

    /// <summary>What is activated at one station is active wherever its recipe is, and with another pack the set is encoded anew: its
    /// thresholds are found anew too, for those of before were on another scale.</summary>
    [Fact]
    public async Task Set_AtTwoStationsAndWithAnotherPack_IsJudgedByEverywhere()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker) with { Stations = [new("line1"), new("line2")] });
        using (HttpClient http = await ClientAsync(box))
        {
            await TeachAsync(http, ledger, box, 4, 5, 6);
            await PostAsync(http, """{"requestId":"c","action":"activate"}""", 202);
            await ProgressAsync(ledger, p => State(p) == "active");
            await TriggerAsync(broker, "one");
            await TriggerAsync(broker, "two", "line2");
            List<Entry> verdicts = await ledger.UntilAsync(
                heard => heard.Count(e => e.Topic.EndsWith("/verdict", StringComparison.Ordinal)) == 2,
                Cancellation
            );
            string[] recipes =
            [
                .. verdicts
                    .Where(e => e.Topic.EndsWith("/verdict", StringComparison.Ordinal))
                    .Select(e => e.Json.GetProperty("recipe").GetRawText()),
            ];
            Assert.Equal(recipes[0], recipes[1]);
            Assert.Contains("provisional", recipes[0], StringComparison.Ordinal);
        }

        Assert.Equal(0, await box.StopAsync(Cancellation));
        string other = Path.Combine(Path.GetDirectoryName(box.ConfigFile)!, "other-pack");
        Directory.CreateDirectory(other);
        foreach (string file in Directory.GetFiles(SharedStarterPack.Folder))
            File.CreateSymbolicLink(Path.Combine(other, Path.GetFileName(file)), file);
        string manifest = Path.Combine(other, "pack.json");
        JsonNode pack = JsonNode.Parse(await File.ReadAllTextAsync(manifest, Cancellation))!;
        pack["name"] = "another";
        File.Delete(manifest);
        await File.WriteAllTextAsync(manifest, pack.ToJsonString(), Cancellation);
        await box.ConfigureAsync(root => root["modelPack"] = other, Cancellation);
        box.Start();
        await ReadyAsync(ledger, "line1", "line2");
        JsonElement judged = await JudgedAsync(broker, ledger, "other");
        Assert.Equal("provisional", judged.GetProperty("recipe").GetProperty("thresholdState").GetString());
        using HttpClient again = await ClientAsync(box);
        JsonElement set = (await JsonAsync(await again.GetAsync("/api/v1/recipes/board/references", Cancellation))).GetProperty("sets")[0];
        string[] packs = [.. set.GetProperty("thresholds").EnumerateArray().Select(t => t.GetProperty("pack").GetString()!)];
        Assert.Equal(2, packs.Distinct().Count());
        Assert.Contains(judged.GetProperty("packHash").GetString(), packs);
        // The same networks under another name: the same thresholds, found twice.
        Assert.Single(set.GetProperty("thresholds").EnumerateArray().Select(t => t.GetProperty("scores").GetRawText()).Distinct());
    }

    /// <summary>The recipe's file goes on having the last word when it changes: other references in it are a new set, and a picture of a
    /// set that is not what it was keeps the set from being judged by.</summary>
    [Fact]
    public async Task RecipeFile_WithOtherReferences_IsANewSetAndADamagedSetIsNamed()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        using HttpClient http = await ClientAsync(box);
        await TeachAsync(http, ledger, box, 4, 5);
        await PostAsync(http, """{"requestId":"c","action":"activate"}""", 202);
        await ProgressAsync(ledger, p => State(p) == "active");
        // Set again as it is: what was taught stays.
        Assert.Equal("provisional", await ThresholdStateAsync("taught"));
        NoisePicture.Write(Path.Combine(Path.GetDirectoryName(box.RecipeFile("board"))!, "ref1.png"), 77);
        Assert.Equal("by_hand", await ThresholdStateAsync("changed"));
        JsonElement sets = await JsonAsync(await http.GetAsync("/api/v1/recipes/board/references", Cancellation));
        Assert.Equal((3, 2), (sets.GetProperty("active").GetInt32(), sets.GetProperty("previous").GetInt32()));

        string picture = Path.Combine(box.DataFolder, "references", "board", "0002", "01.png");
        byte[] bytes = await File.ReadAllBytesAsync(picture, Cancellation);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(picture, bytes, Cancellation);
        await PostAsync(http, """{"requestId":"d","action":"rollback"}""", 202);
        JsonElement failed = await ProgressAsync(ledger, p => State(p) == "failed");
        Assert.Contains(picture, failed.GetProperty("errorText").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            "by_hand",
            (await JudgedAsync(broker, ledger, "still")).GetProperty("recipe").GetProperty("thresholdState").GetString()
        );

        // A finish that fails leaves the draft, and says why.
        await PostAsync(http, """{"requestId":"e","action":"start","recipe":"board"}""", 200);
        await SendAsync(http, HttpMethod.Post, "/pictures", await NoiseAsync(box, 8), 200);
        string recipe = await File.ReadAllTextAsync(box.RecipeFile("board"), Cancellation);
        await File.WriteAllTextAsync(box.RecipeFile("board"), "{", Cancellation);
        await PostAsync(http, """{"requestId":"f","action":"finish"}""", 202);
        failed = await ProgressAsync(ledger, p => State(p) == "failed");
        Assert.Equal(("RECIPE_FAILED", 1), (failed.GetProperty("error").GetString(), failed.GetProperty("pictures").GetInt32()));
        await File.WriteAllTextAsync(box.RecipeFile("board"), recipe, Cancellation);
        await PostAsync(http, """{"requestId":"g","action":"finish"}""", 202);
        Assert.Equal(4, (await ProgressAsync(ledger, p => State(p) == "ready")).GetProperty("set").GetInt32());

        async Task<string?> ThresholdStateAsync(string id)
        {
            await PublishAsync(broker, In + "recipe/set", $$"""{"requestId":"{{id}}","recipe":"board"}""");
            await ledger.NextAsync(
                e => e.Topic == Out + "recipe/ack" && e.Json.GetProperty("status").GetString() == "active",
                Cancellation
            );
            return (await JudgedAsync(broker, ledger, id)).GetProperty("recipe").GetProperty("thresholdState").GetString();
        }
    }

    /// <summary>A disk that is full while it is taught: the picture is refused, nothing is left of it, and the line goes on by the set that
    /// it has.</summary>
    [Fact]
    public async Task Draft_OnAFullDisk_IsWhatItWasAndGoesOnWhenThereIsRoom()
    {
        using var disk = new SmallDisk(24);
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker) with { DataFolder = disk.Folder });
        using HttpClient http = await ClientAsync(box);
        string before = (await JudgedAsync(broker, ledger, "before")).GetProperty("recipe").GetRawText();
        await PostAsync(http, """{"requestId":"a","action":"start","recipe":"board"}""", 200);
        await SendAsync(http, HttpMethod.Post, "/pictures", await NoiseAsync(box, 4), 200);
        disk.Fill();
        JsonElement refused = await SendAsync(http, HttpMethod.Post, "/pictures", await NoiseAsync(box, 5), 503);
        Assert.Equal(("STORAGE", 1), (refused.GetProperty("error").GetString(), refused.GetProperty("pictures").GetInt32()));
        Assert.Equal(before, (await JudgedAsync(broker, ledger, "full")).GetProperty("recipe").GetRawText());
        disk.Empty();
        await SendAsync(http, HttpMethod.Post, "/pictures", await NoiseAsync(box, 5), 200);
        await PostAsync(http, """{"requestId":"b","action":"finish"}""", 202);
        Assert.Equal(2, (await ProgressAsync(ledger, p => State(p) == "ready")).GetProperty("pictures").GetInt32());
        Assert.Equal(
            ["0001", "0002", "index.json"],
            Directory.GetFileSystemEntries(Path.Combine(disk.Folder, "references", "board")).Select(Path.GetFileName).Order()
        );
    }

    /// <summary>Without a word of the configuration MQTT teaches nothing.</summary>
    [Fact]
    public async Task Enroll_NotOnTheAllowList_IsRefusedOverMqtt()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        JsonElement refused = await StepAsync(broker, ledger, """{"requestId":"m1","action":"start","recipe":"board"}""");
        Assert.Equal(("refused", "NOT_ALLOWED"), (State(refused), refused.GetProperty("error").GetString()));
    }

    private static BoxOptions Options(Mosquitto broker) =>
        new()
        {
            Port = broker.Port,
            Commands = Allowed,
            Recipes = [BoxRecipe.Fast(7, "board") with { References = [("ref0.png", 0), ("ref1.png", 1)] }],
        };

    private static string? State(JsonElement progress) => progress.GetProperty("state").GetString();

    private static string? Recipe(JsonElement progress) => progress.GetProperty("recipe").GetString();

    private async Task<byte[]> NoiseAsync(ApplianceBox box, int seed)
    {
        string file = Path.Combine(Path.GetDirectoryName(box.ConfigFile)!, $"noise{seed}.png");
        NoisePicture.Write(file, seed, 320, 240);
        return await File.ReadAllBytesAsync(file, Cancellation);
    }

    private async Task<JsonElement> JudgedAsync(Mosquitto broker, Ledger ledger, string id)
    {
        await TriggerAsync(broker, id);
        return (await ledger.NextAsync(e => Heard.IsVerdictOf(e, id), Cancellation)).Json;
    }

    /// <summary>Publishes a step, and waits for its first answer.</summary>
    private async Task<JsonElement> StepAsync(Mosquitto broker, Ledger ledger, string step)
    {
        await PublishAsync(broker, In + "enroll", step);
        string id = JsonNode.Parse(step)!["requestId"]!.GetValue<string>();
        return await ProgressAsync(ledger, p => p.GetProperty("requestId").GetString() == id);
    }

    private async Task<JsonElement> ProgressAsync(Ledger ledger, Predicate<JsonElement> wanted) =>
        (await ledger.NextAsync(e => e.Topic == Out + "enroll/progress" && wanted(e.Json), Cancellation)).Json;

    private async Task<HttpClient> ClientAsync(ApplianceBox box)
    {
        var http = new HttpClient { BaseAddress = await box.PageAsync(Cancellation), Timeout = TimeSpan.FromMinutes(2) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BoxFolder.HttpToken);
        return http;
    }

    /// <summary>Teaches a set of these pictures; nothing judges by it yet.</summary>
    private async Task TeachAsync(HttpClient http, Ledger ledger, ApplianceBox box, params int[] seeds)
    {
        await PostAsync(http, """{"requestId":"a","action":"start","recipe":"board"}""", 200);
        foreach (int seed in seeds)
            await SendAsync(http, HttpMethod.Post, "/pictures", await NoiseAsync(box, seed), 200);
        await PostAsync(http, """{"requestId":"b","action":"finish"}""", 202);
        await ProgressAsync(ledger, p => State(p) == "ready");
    }

    private async Task<JsonElement> GetAsync(HttpClient http) =>
        await JsonAsync(await http.GetAsync("/api/v1/stations/line1/enrollment", Cancellation));

    private Task<JsonElement> PostAsync(HttpClient http, string step, int expected) =>
        SendAsync(http, HttpMethod.Post, "", Encoding.UTF8.GetBytes(step), expected, "application/json");

    private async Task<JsonElement> SendAsync(
        HttpClient http,
        HttpMethod method,
        string path,
        byte[]? body,
        int expected,
        string type = "image/png"
    )
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/stations/line1/enrollment{path}");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        using HttpResponseMessage answer = await http.SendAsync(request, Cancellation);
        string said = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)answer.StatusCode == expected, $"{(int)answer.StatusCode}: {said}");
        return JsonDocument.Parse(said).RootElement;
    }

    private async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using (answer)
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
    }
}
