using System.Text.RegularExpressions;
using ClipFusion.EdgeDaemon.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipFusion.Tests.EdgeDaemon.Web;

public sealed partial class OpenApiTests
{
    private static readonly string Text = File.ReadAllText(Fixtures.Path("..", "..", "docs", "openapi.yaml"));

    [Fact]
    public async Task Document_HasEveryRouteMethodAndStatusAndNoOther()
    {
        await using WebHost host = await WebHost.StartAsync();
        var mapped =
            from endpoint in host.Endpoints
            from method in WebHost.MethodsOf(endpoint)
            from status in endpoint.Metadata.GetMetadata<Statuses>()!.Codes.Concat([403, 421]).Distinct()
            select $"{method} /{endpoint.RoutePattern.RawText!.TrimStart('/')} {status}";
        Assert.Equal(mapped.Order(StringComparer.Ordinal), Documented().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Document_References_ArePresent()
    {
        foreach (string name in LocalReference().Matches(Text).Select(m => m.Groups[1].Value).Distinct())
            Assert.Matches($@"(?m)^    {Regex.Escape(name)}:", Text);
        foreach (string file in SchemaReference().Matches(Text).Select(m => m.Groups[1].Value).Distinct())
            Assert.True(File.Exists(Fixtures.Path("..", "..", "docs", file)), file);
    }

    [Fact]
    public async Task Server_ServesTheDocumentItsSchemasAndThePage()
    {
        await using WebHost host = await WebHost.StartAsync();
        foreach (
            (string path, string type) in ((string, string)[])
                [
                    ("/openapi.yaml", "application/yaml"),
                    ("/asyncapi.yaml", "application/yaml"),
                    ("/schema/verdict.json", "application/json"),
                    ("/", "text/html"),
                    ("/page/page.css", "text/css"),
                    ("/page/main.js", "text/javascript"),
                ]
        )
        {
            using HttpResponseMessage answer = await host.GetAsync(path);
            Assert.Equal((200, type), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
            if (type.StartsWith("text", StringComparison.Ordinal))
                Assert.Equal("utf-8", answer.Content.Headers.ContentType.CharSet);
        }
    }

    [Fact]
    public async Task ExtraEndpoints_StandBehindTheSameChecks()
    {
        await using WebHost host = await WebHost.StartAsync(more: services =>
            services.AddSingleton(
                new ExtraEndpoints(
                    "demo",
                    app => app.MapGet("/api/v1/demo/score", c => Reply.JsonAsync(c, 200, new { Parts = 3 })).Answers(200)
                )
            )
        );
        Assert.Equal(3, (await host.JsonAsync("/api/v1/demo/score")).GetProperty("parts").GetInt32());
        Assert.Equal("demo", (await host.JsonAsync("/api/v1/extras"))[0].GetString());
        var strange = new HttpRequestMessage(HttpMethod.Get, "/api/v1/demo/score");
        strange.Headers.Host = "evil.example";
        using HttpResponseMessage answer = await host.SendAsync(strange);
        Assert.Equal(421, (int)answer.StatusCode);
    }

    private static IEnumerable<string> Documented()
    {
        string path = "",
            method = "";
        foreach (string line in Text.Split('\n'))
        {
            if (line == "components:")
                yield break;
            if (Path().Match(line) is { Success: true } p)
                path = p.Groups[1].Value;
            else if (Method().Match(line) is { Success: true } m)
                method = m.Groups[1].Value.ToUpperInvariant();
            else if (Status().Match(line) is { Success: true } s)
                yield return $"{method} {path} {s.Groups[1].Value}";
        }
    }

    [GeneratedRegex(@"^  (/\S*):$")]
    private static partial Regex Path();

    [GeneratedRegex(@"^    (get|post|put|patch|delete):$")]
    private static partial Regex Method();

    [GeneratedRegex(@"^        '(\d{3})':")]
    private static partial Regex Status();

    [GeneratedRegex(@"\$ref: '#/(?:[^'/]+/)+([^'/]+)'")]
    private static partial Regex LocalReference();

    [GeneratedRegex(@"\$ref: '(schema/[^']+)'")]
    private static partial Regex SchemaReference();
}
