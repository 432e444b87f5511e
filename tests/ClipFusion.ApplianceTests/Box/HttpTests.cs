using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>Page and API of the real program, beside what an independent ledger hears of the same inspections.</summary>
public sealed class HttpTests : BoxTest
{
    [Fact]
    public async Task Trigger_OverHttp_GivesTheVerdictThatIsHeardOverMqtt()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        using HttpClient http = await ClientAsync(box);

        using HttpResponseMessage given = await TriggerAsync(http, """{"triggerId":"h1","partId":"p1"}""", "?waitMs=60000");
        Assert.Equal(HttpStatusCode.OK, given.StatusCode);
        JsonElement verdict = await JsonAsync(given),
            heard = (await ledger.NextAsync(e => Heard.IsVerdictOf(e, "h1"), Cancellation)).Json;
        foreach (
            string key in (string[])
                [
                    "inspectionId",
                    "seq",
                    "partId",
                    "source",
                    "verdict",
                    "score",
                    "threshold",
                    "regions",
                    "recipe",
                    "timingsMs",
                    "completedAt",
                ]
        )
            Assert.True(
                JsonElement.DeepEquals(heard.GetProperty(key), verdict.GetProperty(key)),
                $"{key}: {heard} over MQTT, {verdict} over HTTP"
            );

        using HttpResponseMessage conflict = await TriggerAsync(http, """{"triggerId":"h1","partId":"p2"}"""),
            wrong = await TriggerAsync(http, """{"triggerId":"h2"}""", token: "another-token-of-the-tests");
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Unauthorized), (conflict.StatusCode, wrong.StatusCode));
        // Sent again over MQTT too, as for a duplicate that came over MQTT.
        using HttpResponseMessage again = await TriggerAsync(http, """{"triggerId":"h1","partId":"p1"}""");
        Assert.True((await JsonAsync(again)).GetProperty("duplicate").GetBoolean());
        Assert.True(
            (await ledger.NextAsync(e => Heard.IsVerdictOf(e, "h1"), Cancellation))
                .Json.GetProperty("flags")
                .GetProperty("duplicate")
                .GetBoolean()
        );
    }

    [Fact]
    public async Task Health_WhileTheRecipeLoads_IsLiveAndNotReady()
    {
        Mosquitto broker = await BrokerAsync();
        // Only the box's own configuration decides where it listens.
        ApplianceBox box = Own(
            new ApplianceBox(
                Options(broker) with
                {
                    Environment =
                    [
                        ("ASPNETCORE_URLS", "http://127.0.0.1:1"),
                        ("URLS", "http://127.0.0.1:1"),
                        ("DOTNET_URLS", "http://127.0.0.1:1"),
                    ],
                }
            )
        );
        await box.BlockWarmUpAsync(Cancellation);
        box.Start();
        using HttpClient http = await ClientAsync(box);
        using HttpResponseMessage live = await http.GetAsync("/health/live", Cancellation),
            ready = await http.GetAsync("/health/ready", Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (live.StatusCode, ready.StatusCode));
        Assert.Equal("a recipe is being loaded", (await JsonAsync(ready)).GetProperty("stations")[0].GetProperty("errorText").GetString());
        using HttpResponseMessage refused = await TriggerAsync(http, """{"triggerId":"early"}""");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "NOT_READY"),
            (refused.StatusCode, (await JsonAsync(refused)).GetProperty("error").GetString())
        );
    }

    [Fact]
    public async Task Stop_WithAListenerAndAReadyBox_IsClean()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        using HttpClient http = await ClientAsync(box);
        using (HttpResponseMessage ready = await http.GetAsync("/health/ready", Cancellation))
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        using HttpResponseMessage stream = await http.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var events = new StreamReader(await stream.Content.ReadAsStreamAsync(Cancellation));
        while (await events.ReadLineAsync(Cancellation) is { } line && line != "event: state") { }

        Assert.Equal(0, await box.StopAsync(Cancellation));
    }

    [Fact]
    public async Task Run_PortTaken_SaysSoAndEndsWithOne()
    {
        Mosquitto broker = await BrokerAsync();
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        ApplianceBox box = Own(new ApplianceBox(Options(broker) with { HttpPort = port }));
        box.Start();
        await box.Log.SaysAsync($"port {port} of 127.0.0.1 is taken", Cancellation);
        Assert.Equal(1, await box.EndAsync(Cancellation));
        Assert.DoesNotContain(box.Log.Lines, l => l.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_InARealBrowser_ShowsTheVerdict()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, Options(broker));
        using HttpClient http = await ClientAsync(box);
        await using Chromium browser = await Chromium.OpenAsync(await box.PageAsync(Cancellation), Cancellation);
        await browser.ShowsAsync(Cancellation, "✓ ready", "Broker connected", "7 board");

        // A page that is open already hears of it.
        using HttpResponseMessage given = await TriggerAsync(http, """{"triggerId":"shown"}""", "?waitMs=60000");
        JsonElement verdict = await JsonAsync(given);
        string kind = verdict.GetProperty("verdict").GetString()!,
            score = verdict.GetProperty("score").GetDouble().ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);
        string page = await browser.ShowsAsync(Cancellation, kind.Replace('_', ' '), $"score {score}", "threshold 0.300");
        Assert.Contains($"data-verdict=\"\" data-kind=\"{kind}\"", page, StringComparison.Ordinal);

        // However close a score is to its threshold, the page says by how much.
        string close = await browser.EvaluateAsync(
            """
            import("/page/station.js").then(m => [0.12, 0.0004, -0.0000321]
              .map(margin => m.reasonOf({ verdict: margin > 0 ? "NG" : "OK", reason: null, margin, flags: {} })).join("; "))
            """,
            Cancellation
        );
        Assert.Equal("anomaly: 0.120 above the threshold; anomaly: 0.0004 above the threshold; 0.00003 below the threshold", close);

        // A box without a demo is not asked for one.
        Assert.Empty(await browser.ErrorsAsync(Cancellation));
        await box.KillAsync(Cancellation);
        await browser.ShowsAsync(Cancellation, "What you see is old");
    }

    [Fact]
    public async Task Page_OpenedWhileTheLineRuns_MissesNoPart()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(
            ledger,
            Options(broker) with
            {
                Stations =
                [
                    new("line1")
                    {
                        HttpTriggers = true,
                        IntervalMs = 100,
                        QueueDepth = 16,
                    },
                ],
            }
        );
        await using Chromium browser = await Chromium.OpenAsync(await box.PageAsync(Cancellation), Cancellation);
        long[] first = Strip(await browser.ShowsAsync(Cancellation, "✓ ready", "7 board"));
        // Some more, heard while they came; the strip has room for twenty.
        long[] then = Strip(await browser.ShowsAsync(Cancellation, $"{first[0] + 6}"));
        Assert.InRange(then.Length, 6, 20);
        Assert.Equal(Enumerable.Range(0, then.Length).Select(i => then[0] - i), then);
    }

    /// <summary>Sequence numbers of the strip of latest verdicts, newest first.</summary>
    private static long[] Strip(string page) =>
        [
            .. Regex
                .Matches(page, "<small>([0-9]+)</small>")
                .Select(m => long.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)),
        ];

    private static BoxOptions Options(Mosquitto broker) => new() { Port = broker.Port, Stations = [new("line1") { HttpTriggers = true }] };

    private async Task<HttpClient> ClientAsync(ApplianceBox box) =>
        new() { BaseAddress = await box.PageAsync(Cancellation), Timeout = TimeSpan.FromMinutes(2) };

    private async Task<HttpResponseMessage> TriggerAsync(
        HttpClient http,
        string body,
        string query = "",
        string token = BoxFolder.HttpToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/stations/line1/triggers{query}")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request, Cancellation);
    }

    private async Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;
}
