using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ClipFusion.ApplianceTests.Box;

namespace ClipFusion.ApplianceTests.Integrators;

/// <summary>OpenAPI and AsyncAPI as the tools of others read them, and the running program's answers against them.</summary>
public sealed class DescriptionTests : BoxTest
{
    [Fact]
    public async Task OpenApi_ByRedoclysRecommendedRules_HasNoProblem()
    {
        string output = await Checkers.PassAsync(
            Checkers.Redocly,
            ["lint", "--extends=recommended", "--format=json", Checkers.Doc("openapi.yaml")],
            Cancellation
        );
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.Equal(
            [],
            report
                .RootElement.GetProperty("problems")
                .EnumerateArray()
                .Select(p => $"{p.GetProperty("ruleId")}: {p.GetProperty("message")}")
        );
    }

    [Fact]
    public Task AsyncApi_ByItsOwnParser_IsValid() =>
        Checkers.PassAsync(
            "node",
            [Path.Combine(Checkers.Root, "tests", "Checkers", "asyncapi.js"), Checkers.Doc("asyncapi.yaml")],
            Cancellation
        );

    [Fact]
    public async Task Answers_OfTheRunningProgram_AreAsOpenApiSays()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(
            ledger,
            new BoxOptions { Port = broker.Port, Stations = [new("line1") { HttpTriggers = true }] }
        );
        using var http = new HttpClient { BaseAddress = await box.PageAsync(Cancellation) };

        var answers = new List<string>();
        async Task AskAsync(string path, string route, string? body = null, string host = "")
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
            if (body is not null)
                request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", BoxFolder.HttpToken);
            if (host.Length > 0)
                request.Headers.Host = host;
            using HttpResponseMessage answer = await http.SendAsync(request, Cancellation);
            string type = answer.Content.Headers.ContentType!.MediaType!,
                method = body is null ? "get" : "post";
            string pointer = $"/paths/{Escaped(route)}/{method}/responses/{(int)answer.StatusCode}/content/{Escaped(type)}/schema";
            answers.Add($"{method} {path} {(int)answer.StatusCode}\t{pointer}\t{await answer.Content.ReadAsStringAsync(Cancellation)}");
        }

        const string Station = "/api/v1/stations/{station}";
        await AskAsync("/api/v1/stations/line1/triggers?waitMs=60000", $"{Station}/triggers", """{"triggerId":"a1"}""");
        await AskAsync("/api/v1/stations/line1/triggers", $"{Station}/triggers", """{"triggerId":"a1"}""");
        await AskAsync("/api/v1/stations/line1/triggers", $"{Station}/triggers", """{"triggerId":"a1","partId":"other"}""");
        await AskAsync("/api/v1/stations/line1/triggers", $"{Station}/triggers", "nonsense");
        await AskAsync("/api/v1/stations/nowhere/triggers", $"{Station}/triggers", "{}");
        foreach (string path in (string[])["/health/live", "/health/ready", "/api/v1/codes", "/api/v1/device", "/api/v1/stations"])
            await AskAsync(path, path);
        await AskAsync("/api/v1/stations/line1", Station);
        await AskAsync("/api/v1/stations/line1/latest", $"{Station}/latest");
        await AskAsync("/api/v1/stations/nowhere", Station);
        await AskAsync("/api/v1/inspections?station=line1", "/api/v1/inspections");
        await AskAsync("/api/v1/inspections?station=line1&limit=0", "/api/v1/inspections");
        await AskAsync("/api/v1/device", "/api/v1/device", host: "evil.example");

        using var folder = new TemporaryFolder();
        string whole = folder["openapi.json"];
        await Checkers.PassAsync(Checkers.Redocly, ["bundle", "--dereferenced", "-o", whole, Checkers.Doc("openapi.yaml")], Cancellation);
        await Checkers.PassAsync(
            "node",
            [Path.Combine(Checkers.Root, "tests", "Checkers", "validate.js"), whole],
            Cancellation,
            string.Join('\n', answers)
        );
    }

    /// <summary>A key as a JSON pointer has it (RFC 6901).</summary>
    private static string Escaped(string key) => key.Replace("/", "~1", StringComparison.Ordinal);
}
