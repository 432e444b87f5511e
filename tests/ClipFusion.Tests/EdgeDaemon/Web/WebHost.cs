using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Web;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>The real host with its web server on a port that the system picks: with a small real box (no broker there), or with
/// none.</summary>
internal sealed class WebHost : IAsyncDisposable
{
    public const string Token = BoxFolder.HttpToken;

    private readonly BoxFolder _folder;
    private readonly WebApplication _app;

    private WebHost(bool hasBox, bool hasToken, string? publicOrigin, Action<IServiceCollection>? more)
    {
        _folder = new BoxFolder(
            new BoxOptions
            {
                Port = 1,
                Recipes = hasBox ? [BoxRecipe.Fast(7, "board")] : [],
                HasPack = hasBox,
                HasToken = hasToken,
                PublicOrigin = publicOrigin,
                Stations =
                [
                    new("line1")
                    {
                        MqttTriggers = false,
                        HttpTriggers = true,
                        MinTriggerIntervalMs = 60_000,
                    },
                    new("line2", null),
                ],
            }
        );
        _app = ApplianceHost.Create(
            LiveConfig.Load(ConfigFile),
            services =>
            {
                services.AddLogging(l => l.ClearProviders());
                if (!hasBox)
                    services.RemoveAll<IHostedService>();
                more?.Invoke(services);
            }
        );
        Http = new HttpClient
        {
            BaseAddress = new Uri($"http://{_app.Services.GetRequiredService<HttpSocket>().Address}"),
            Timeout = TimeSpan.FromMinutes(2),
        };
    }

    public HttpClient Http { get; }

    public int Port => Http.BaseAddress!.Port;

    public string TokenFile => _folder.TokenFile;

    public string ConfigFile => _folder.ConfigFile;

    public RunningAppliance Box => _app.Services.GetRequiredService<ApplianceAccessor>().Current!;

    public ConnectionTable Connections => _app.Services.GetRequiredService<ConnectionTable>();

    public HttpLimits Limits => _app.Services.GetRequiredService<HttpLimits>();

    public IReadOnlyList<RouteEndpoint> Endpoints =>
        [.. ((IEndpointRouteBuilder)_app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>()];

    public static async Task<WebHost> StartAsync(
        bool hasBox = false,
        bool hasToken = true,
        string? publicOrigin = null,
        Action<IServiceCollection>? more = null
    )
    {
        var host = new WebHost(hasBox, hasToken, publicOrigin, more);
        await host._app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    /// <summary>Runs a host as a verb does, until it ends by itself.</summary>
    public static async Task RunAsync(Action<IServiceCollection> more)
    {
        await using var host = new WebHost(hasBox: false, hasToken: true, publicOrigin: null, more);
        await ApplianceHost.RunAsync(host._app, ErrorReport.IsForeseen, TestContext.Current.CancellationToken);
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Sends a trigger with the token.</summary>
    public Task<HttpResponseMessage> TriggerAsync(string body, string station = "line1", int? waitMs = null, string? token = Token)
    {
        var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"/api/v1/stations/{station}/triggers{(waitMs is null ? "" : $"?waitMs={waitMs}")}"
        )
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return SendAsync(request);
    }

    /// <summary>Sends a request, and sees to it that the answer's status is one that its endpoint is said to give, unless the web server
    /// answers before any endpoint.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool anyStatus = false)
    {
        HttpResponseMessage answer = await Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        string path = request.RequestUri!.OriginalString.Split('?')[0];
        RouteEndpoint? endpoint = Endpoints.FirstOrDefault(e => Fits(e.RoutePattern, path) && MethodsOf(e).Contains(request.Method.Method));
        if (endpoint is not null && !anyStatus)
            Assert.Contains((int)answer.StatusCode, endpoint.Metadata.GetMetadata<Statuses>()!.Codes.Concat(Statuses.Everywhere));
        return answer;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public async Task<JsonElement> JsonAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using HttpResponseMessage answer = await GetAsync(path);
        Assert.Equal(status, answer.StatusCode);
        return await JsonAsync(answer);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;

    /// <summary>Waits until a station takes triggers.</summary>
    public async Task ReadyAsync(string name)
    {
        Station station = Box.Find(name)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (station.Readiness.Code == ClipFusion.EdgeDaemon.Domain.Code.None)
                ready.TrySetResult();
        }

        station.Changed += Look;
        Look();
        await ready.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        station.Changed -= Look;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>What an endpoint is asked with; the metrics' one says nothing and answers all.</summary>
    public static IReadOnlyList<string> MethodsOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];

    private static bool Fits(RoutePattern pattern, string path)
    {
        string[] parts = path.Trim('/').Split('/'),
            wanted = (pattern.RawText ?? "").Trim('/').Split('/');
        return parts.Length == wanted.Length && parts.Zip(wanted).All(p => p.Second.StartsWith('{') || p.First == p.Second);
    }
}
