using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ClipFusion.ApplianceTests.Box;

namespace ClipFusion.ApplianceTests.Recorded;

/// <summary>
/// Makes <c>tests/fixtures/data-vN</c>: the data folder of a real run under schema N, and what Debian's <c>sqlite3</c> reads from its
/// views. Run by hand, once, when a schema gets its number (<c>-explicit only -trait kind=fixture</c>); a folder that is there is never
/// made anew.
/// </summary>
public sealed class DataFolderMaker : BoxTest
{
    private static readonly string[] Kept =
    [
        "inspections.db",
        "sequences.mark",
        "sequences.last",
        "line1.active-recipe",
        "line2.active-recipe",
    ];
    private static readonly string[] Views = ["v1_inspections", "v1_regions", "v1_outbox"];

    [Fact(Explicit = true)]
    [Trait("kind", "fixture")]
    public async Task Make()
    {
        Mosquitto broker = Own(new Mosquitto("allow_anonymous true", "acl_file {folder}/acl", "max_queued_messages 100000"));
        await File.WriteAllTextAsync(broker.Path("acl"), $"topic readwrite #\ntopic deny {Prefix}out/line2/verdict\n", Cancellation);
        await broker.StartAsync(Cancellation);
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = Own(
            new ApplianceBox(
                new BoxOptions
                {
                    Port = broker.Port,
                    // Every part is NG for the first recipe and OK for the second.
                    Recipes =
                    [
                        BoxRecipe.Fast(7, "board") with
                        {
                            Thresholds = new() { ["patchclip"] = 0.0001 },
                        },
                        BoxRecipe.Fast(8, "plate") with
                        {
                            Thresholds = new() { ["patchclip"] = 2 },
                        },
                    ],
                    Stations = [new("line1") { HttpTriggers = true }, new("line2") { HttpTriggers = true, Inbox = "in" }],
                }
            )
        );
        string database = Path.Combine(box.DataFolder, "inspections.db");

        // Judged and delivered; what is not judged, refused by the broker and so parked.
        await File.WriteAllTextAsync(Path.Combine(box.Inbox, "a.png"), "no picture", Cancellation);
        box.Start();
        await ReadyAsync(ledger, "line1", "line2");
        foreach (string id in (string[])["ng1", "ng2"])
            await JudgedAsync(broker, ledger, id);
        await PublishAsync(broker, In + "recipe/set", """{"requestId":"r","recipe":"plate"}""");
        await ledger.NextAsync(e => e.Topic == Out + "recipe/ack" && e.Json.GetProperty("status").GetString() == "active", Cancellation);
        foreach (string id in (string[])["ok1", "ok2"])
            await JudgedAsync(broker, ledger, id);
        await TriggerAsync(broker, "unread", "line2");
        await box.Log.SaysAsync("is parked", Cancellation);

        // Without a broker: waiting rows, one of which is damaged.
        await broker.StopAsync(Cancellation);
        using (HttpClient http = await ClientAsync(box))
        {
            foreach (string id in (string[])["waits1", "waits2", "waits3"])
                Assert.Equal(HttpStatusCode.OK, await TriggerAsync(http, "line1", id));
        }

        await box.KillAsync(Cancellation);
        await Programs.PassAsync(
            "sqlite3",
            [database, "UPDATE inspections SET body = x'7b00ff' WHERE trigger_id = 'waits2'"],
            Cancellation
        );

        // The next run sets that one aside, and dies with a file in its hands.
        box.Start(killAt: "settling:1");
        NoisePicture.Write(Path.Combine(box.Inbox, "b.png"), 3);
        using (HttpClient http = await ClientAsync(box))
        {
            try
            {
                HttpStatusCode status;
                using PageEvents events = await PageEvents.ListenAsync(http.BaseAddress!, Cancellation);
                // Refused until the station is ready.
                while ((status = await TriggerAsync(http, "line2", "handed")) != HttpStatusCode.OK)
                    await events.HearAsync("device", 1, Cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // It died.
            }
        }

        Assert.Equal(ApplianceBox.Killed, await box.EndAsync(Cancellation));
        string version = (
            await Programs.PassAsync("sqlite3", [database, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA user_version"], Cancellation)
        )
            .Trim()
            .Split('\n')[^1];
        string target = Repository.File("tests", "fixtures", $"data-v{version}");
        Assert.False(Directory.Exists(target), $"{target} is there already");
        Directory.CreateDirectory(target);
        foreach (string name in Kept.Where(n => File.Exists(Path.Combine(box.DataFolder, n))))
            File.Copy(Path.Combine(box.DataFolder, name), Path.Combine(target, name));
        foreach (string view in Views)
        {
            string rows = await Programs.PassAsync(
                "sqlite3",
                ["-readonly", "-json", database, $"SELECT * FROM {view} ORDER BY station, seq"],
                Cancellation
            );
            await File.WriteAllTextAsync(Path.Combine(target, $"{view}.json"), rows, Cancellation);
        }
    }

    private async Task JudgedAsync(Mosquitto broker, Ledger ledger, string id)
    {
        await TriggerAsync(broker, id);
        await ledger.NextAsync(e => Heard.IsVerdictOf(e, id), Cancellation);
    }

    private async Task<HttpClient> ClientAsync(ApplianceBox box) =>
        new() { BaseAddress = await box.PageAsync(Cancellation), Timeout = TimeSpan.FromMinutes(2) };

    private async Task<HttpStatusCode> TriggerAsync(HttpClient http, string station, string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/stations/{station}/triggers?waitMs=10000")
        {
            Content = new StringContent($$"""{"triggerId":"{{id}}"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BoxFolder.HttpToken);
        using HttpResponseMessage answer = await http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}
