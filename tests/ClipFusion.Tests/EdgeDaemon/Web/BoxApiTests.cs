using System.Net;
using System.Text.Json;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Web;
using ClipFusion.Tests.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>The API in front of a small real box, whose broker is not there.</summary>
[Trait("speed", "slow")]
public sealed class BoxApiTests : IAsyncLifetime
{
    private WebHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WebHost.StartAsync(hasBox: true);
        await _host.ReadyAsync("line1");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Triggers_OfAllKinds_AreAnsweredAsOverMqtt()
    {
        using HttpResponseMessage judged = await _host.TriggerAsync("""{"triggerId":"a","partId":"p"}""", waitMs: 60_000);
        JsonElement verdict = await WebHost.JsonAsync(judged);
        Assert.Equal(HttpStatusCode.OK, judged.StatusCode);
        Assert.Empty(JsonSchema.Of("verdict").Check(verdict));
        Assert.Equal(
            ("a", "p", "http"),
            (
                verdict.GetProperty("triggerId").GetString(),
                verdict.GetProperty("partId").GetString(),
                verdict.GetProperty("source").GetString()
            )
        );
        Assert.Equal(
            verdict.GetProperty("inspectionId").GetString(),
            (await _host.JsonAsync("/api/v1/stations/line1/latest")).GetProperty("inspectionId").GetString()
        );
        Assert.Equal(1, (await _host.JsonAsync("/api/v1/inspections?station=line1&limit=5")).GetArrayLength());

        using HttpResponseMessage again = await _host.TriggerAsync("""{"triggerId":"a","partId":"p"}""", waitMs: 60_000);
        JsonElement same = await WebHost.JsonAsync(again);
        Assert.True(same.GetProperty("flags").GetProperty("duplicate").GetBoolean());
        Assert.Equal(verdict.GetProperty("inspectionId").GetString(), same.GetProperty("inspectionId").GetString());

        using HttpResponseMessage taken = await _host.TriggerAsync("""{"triggerId":"b"}""");
        JsonElement ack = await WebHost.JsonAsync(taken);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        Assert.Empty(JsonSchema.Of("trigger-ack").Check(ack));
        Assert.Equal(
            (true, false, 2),
            (ack.GetProperty("accepted").GetBoolean(), ack.GetProperty("duplicate").GetBoolean(), ack.GetProperty("seq").GetInt32())
        );

        await RefusedAsync("""{"triggerId":"a","partId":"other"}""", "line1", 409, "TRIGGER_ID_CONFLICT");
        await RefusedAsync("""{"triggerId":"c","recipe":"8"}""", "line1", 409, "RECIPE_NOT_ACTIVE");
        await RefusedAsync("""{"triggerId":"../x"}""", "line1", 400, "MALFORMED");
        await RefusedAsync("""{"triggerId":"c","unknown":1}""", "line1", 400, "MALFORMED");
        await RefusedAsync("""{"triggerId":"c"}""", "line2", 403, "NOT_ALLOWED");
        await RefusedAsync($$"""{"triggerId":"c","partId":"{{new string('x', 5000)}}"}""", "line1", 400, "MALFORMED");
        using HttpResponseMessage anonymous = await _host.TriggerAsync("");
        Assert.Equal(HttpStatusCode.Accepted, anonymous.StatusCode);
        await RefusedAsync("", "line1", 429, "TOO_FAST");
        using HttpResponseMessage nowhere = await _host.TriggerAsync("""{"triggerId":"c"}""", "line9"),
            huge = await _host.TriggerAsync(new string(' ', 9000)),
            wait = await _host.TriggerAsync("""{"triggerId":"c"}""", waitMs: 60_001);
        Assert.Equal((404, 413, 400), ((int)nowhere.StatusCode, (int)huge.StatusCode, (int)wait.StatusCode));
    }

    [Fact]
    public async Task Trigger_NotDeclaredAsJson_IsRefused()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/stations/line1/triggers")
        {
            Content = new StringContent("""{"triggerId":"a"}"""),
        };
        request.Headers.Authorization = new("Bearer", WebHost.Token);
        using HttpResponseMessage answer = await _host.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Fact]
    public async Task Ready_ByStation_SaysWhyNot()
    {
        JsonElement ready = await _host.JsonAsync("/health/ready", HttpStatusCode.ServiceUnavailable);
        Assert.Equal(
            [("line1", true, null), ("line2", false, "no recipe is active")],
            ready
                .GetProperty("stations")
                .EnumerateArray()
                .Select(s =>
                    (s.GetProperty("station").GetString(), s.GetProperty("ready").GetBoolean(), s.GetProperty("errorText").GetString())
                )
        );
        JsonElement station = (await _host.JsonAsync("/api/v1/stations")).EnumerateArray().First();
        Assert.Empty(JsonSchema.Of("state").Check(station.GetProperty("state")));
        Assert.Equal(
            ("connected", false),
            (
                station.GetProperty("camera").GetProperty("status").GetString(),
                (await _host.JsonAsync("/api/v1/device")).GetProperty("broker").GetProperty("connected").GetBoolean()
            )
        );
    }

    [Fact]
    public async Task Events_SeeStateAndVerdict()
    {
        using HttpResponseMessage answer = await _host.GetAsync("/api/v1/stations/line1/events");
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        Assert.Equal("line1", (await NextAsync(events, "state")).GetProperty("station").GetString());
        using HttpResponseMessage judged = await _host.TriggerAsync("""{"triggerId":"seen"}""", waitMs: 60_000);
        JsonElement verdict = (await NextAsync(events, "verdict")).GetProperty("verdict");
        Assert.Equal(
            (await WebHost.JsonAsync(judged)).GetProperty("inspectionId").GetString(),
            verdict.GetProperty("inspectionId").GetString()
        );
        while ((await NextAsync(events, "state")).GetProperty("state").GetProperty("counters").GetProperty("accepted").GetInt32() == 0) { }
    }

    [Fact]
    public async Task Events_OneClientTooMany_IsRefusedUntilAnotherGoes()
    {
        List<HttpResponseMessage> clients = [];
        for (int i = 0; i < EventStreams.MaximumClients; i++)
            clients.Add(await _host.GetAsync("/api/v1/events"));
        Assert.All(clients, c => Assert.Equal(HttpStatusCode.OK, c.StatusCode));
        using (HttpResponseMessage refused = await _host.GetAsync("/api/v1/events"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        clients[0].Dispose();
        while (true)
        {
            using HttpResponseMessage next = await _host.GetAsync("/api/v1/events");
            if (next.StatusCode == HttpStatusCode.OK)
                break;
        }

        clients.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task Pictures_OfTheGallery_AreServedWithTheirInspection()
    {
        using HttpResponseMessage nothing = await _host.GetAsync("/api/v1/stations/line1/latest.jpg");
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        StationGallery gallery = _host.Box.Pictures.Galleries["line1"];
        Assert.True(gallery.IsWanted);
        gallery.Show(new ShownInspection(Samples.Judged(Samples.Accepted(1), Verdict.Ng), (byte[])[1, 2], (byte[])[3]));
        gallery.Show(new ShownInspection(Samples.NotJudged(Samples.Accepted(2), Code.NoFrame), default, default));
        using HttpResponseMessage ng = await _host.GetAsync("/api/v1/stations/line1/latest-ng-overlay.jpg"),
            latest = await _host.GetAsync("/api/v1/stations/line1/latest.jpg");
        Assert.Equal([3], await ng.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Samples.Accepted(1).Id, ng.Headers.GetValues(PictureEndpoints.InspectionHeader).Single());
        Assert.Equal(HttpStatusCode.NotFound, latest.StatusCode);
        Assert.Equal(1, (await _host.JsonAsync("/api/v1/stations/line1/latest-ng")).GetProperty("seq").GetInt32());
    }

    [Fact]
    public async Task Stop_WithListeners_EndsTheirStreams()
    {
        using HttpResponseMessage answer = await _host.GetAsync("/api/v1/events");
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        await NextAsync(events, "device");
        Task stopped = _host.StopAsync();
        while (await events.ReadLineAsync(TestContext.Current.CancellationToken) is not null) { }

        await stopped;
    }

    private async Task RefusedAsync(string body, string station, int status, string error)
    {
        using HttpResponseMessage answer = await _host.TriggerAsync(body, station, waitMs: 1000);
        JsonElement ack = await WebHost.JsonAsync(answer);
        Assert.Equal((status, error), ((int)answer.StatusCode, ack.GetProperty("error").GetString()));
        Assert.Empty(JsonSchema.Of("trigger-ack").Check(ack));
    }

    private static async Task<JsonElement> NextAsync(StreamReader events, string name)
    {
        while (await events.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line == $"event: {name}")
                return JsonDocument
                    .Parse((await events.ReadLineAsync(TestContext.Current.CancellationToken))!["data: ".Length..])
                    .RootElement;
        }

        throw new EndOfStreamException($"the stream ended before an event {name}");
    }
}
