using System.Net;
using System.Net.Sockets;
using System.Text;
using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Configuration;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>What stands before the endpoints, with no box behind them.</summary>
public sealed class GuardTests : IAsyncLifetime
{
    private WebHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WebHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("localhost:{port}", 200)]
    [InlineData("LOCALHOST:{port}", 200)]
    [InlineData("127.0.0.1:{port}", 200)]
    [InlineData("[::1]:{port}", 200)]
    [InlineData("evil.example:{port}", 421)]
    [InlineData("localhost.evil.example:{port}", 421)]
    [InlineData("192.168.1.5:{port}", 421)]
    [InlineData("127.0.0.1:9", 421)]
    [InlineData("localhost", 421)]
    public async Task Request_HostHeader_HasToBeOurs(string host, int status)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        request.Headers.Host = host.Replace("{port}", $"{_host.Port}", StringComparison.Ordinal);
        using HttpResponseMessage answer = await _host.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status != 200)
            Assert.Contains(
                $"port {_host.Port}",
                (await WebHost.JsonAsync(answer)).GetProperty("detail").GetString(),
                StringComparison.Ordinal
            );
    }

    [Theory]
    [InlineData("http://127.0.0.1:{port}", 200)]
    [InlineData("http://localhost:{port}", 403)]
    [InlineData("https://127.0.0.1:{port}", 403)]
    [InlineData("http://127.0.0.1:9", 403)]
    [InlineData("http://evil.example", 403)]
    [InlineData("null", 403)]
    public async Task Request_OriginHeader_HasToBeTheSame(string origin, int status)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/codes");
        request.Headers.Add("Origin", origin.Replace("{port}", $"{_host.Port}", StringComparison.Ordinal));
        using HttpResponseMessage answer = await _host.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page/main.js")]
    [InlineData("/health/ready")]
    [InlineData("/api/v1/stations")]
    [InlineData("/no/such/thing")]
    [InlineData("/page/..%2f..%2fetc%2fpasswd")]
    public async Task Answer_Any_HasSecurityHeaders(string path)
    {
        using HttpResponseMessage answer = await _host.GetAsync(path);
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("GET", "/no/such/thing", 404)]
    [InlineData("DELETE", "/api/v1/stations", 405)]
    [InlineData("GET", "/page/nothing.js", 404)]
    public async Task Request_ThatNothingAnswers_GetsAProblem(string method, string path, int status)
    {
        using HttpResponseMessage answer = await _host.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
    }

    [Theory]
    [InlineData("line1.example", "https://line1.example", 200)]
    [InlineData("LINE1.example", null, 200)]
    [InlineData("127.0.0.1:{port}", "https://line1.example", 200)]
    [InlineData("127.0.0.1:{port}", "http://127.0.0.1:{port}", 200)]
    [InlineData("line1.example", "http://line1.example", 403)]
    [InlineData("line1.example", "https://evil.example", 403)]
    [InlineData("127.0.0.1:{port}", "https://evil.example", 403)]
    [InlineData("line1.example:443", null, 421)]
    [InlineData("evil.example", null, 421)]
    public async Task Request_BehindAProxy_HasToBeOfThePublicOrigin(string host, string? origin, int status)
    {
        await using WebHost proxied = await WebHost.StartAsync(publicOrigin: "https://line1.example");
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/codes");
        request.Headers.Host = host.Replace("{port}", $"{proxied.Port}", StringComparison.Ordinal);
        if (origin is not null)
            request.Headers.Add("Origin", origin.Replace("{port}", $"{proxied.Port}", StringComparison.Ordinal));
        using HttpResponseMessage answer = await proxied.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status != 200)
            Assert.Contains(
                "$.http.publicOrigin",
                (await WebHost.JsonAsync(answer)).GetProperty("detail").GetString(),
                StringComparison.Ordinal
            );
    }

    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/", 200)]
    [InlineData("/api/v1/codes", 200)]
    [InlineData("/metrics", 200)]
    [InlineData("/page/nothing.js", 404)]
    [InlineData("/no/such/thing", 404)]
    public async Task Head_Path_IsAnsweredAsGetWithoutABody(string path, int status)
    {
        using HttpResponseMessage head = await _host.SendAsync(new HttpRequestMessage(HttpMethod.Head, path)),
            get = await _host.GetAsync(path);
        Assert.Equal((status, status), ((int)head.StatusCode, (int)get.StatusCode));
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/api/v1/codes", 204, "GET, HEAD, OPTIONS")]
    [InlineData("/metrics", 204, "GET, HEAD, OPTIONS")]
    [InlineData("/api/v1/stations/line1/triggers", 204, "POST, OPTIONS")]
    [InlineData("/no/such/thing", 404, "")]
    public async Task Options_Path_SaysWhatIsAllowed(string path, int status, string allowed)
    {
        using HttpResponseMessage answer = await _host.SendAsync(new HttpRequestMessage(HttpMethod.Options, path));
        Assert.Equal((status, allowed), ((int)answer.StatusCode, string.Join(", ", answer.Content.Headers.Allow)));
        Assert.DoesNotContain(answer.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Request_WithTooManyOrTooLongHeaders_IsRefused()
    {
        var many = new HttpRequestMessage(HttpMethod.Get, "/health/live");
        for (int i = 0; i < 50; i++)
            many.Headers.Add($"X-Many-{i}", "1");
        using HttpResponseMessage answer = await _host.SendAsync(many, anyStatus: true);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Request_WithoutHost_IsRefused()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Port, TestContext.Current.CancellationToken);
        await client
            .GetStream()
            .WriteAsync(Encoding.ASCII.GetBytes("GET /health/live HTTP/1.0\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(client.GetStream());
        Assert.Contains(" 421 ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void Create_PortTaken_NamesAddressAndPort()
    {
        string config = File.ReadAllText(_host.ConfigFile).Replace("\"port\":0", $"\"port\":{_host.Port}", StringComparison.Ordinal);
        string file = _host.ConfigFile + ".taken";
        File.WriteAllText(file, config);
        IOException error = Assert.Throws<IOException>(() => ApplianceHost.Create(LiveConfig.Load(file)));
        Assert.Contains($"port {_host.Port} of 127.0.0.1 is taken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_WithoutBox_IsLiveAndNotReady()
    {
        Assert.Equal("live", (await _host.JsonAsync("/health/live")).GetProperty("status").GetString());
        var ready = await _host.JsonAsync("/health/ready", HttpStatusCode.ServiceUnavailable);
        Assert.Equal(
            [("line1", "NOT_READY"), ("line2", "NOT_READY")],
            ready
                .GetProperty("stations")
                .EnumerateArray()
                .Select(s => (s.GetProperty("station").GetString(), s.GetProperty("error").GetString()))
        );
    }

    [Theory]
    [InlineData("/api/v1/device")]
    [InlineData("/api/v1/stations")]
    [InlineData("/api/v1/stations/line1")]
    [InlineData("/api/v1/stations/line1/latest")]
    [InlineData("/api/v1/stations/line1/latest-overlay.jpg")]
    [InlineData("/api/v1/events")]
    public async Task Look_WithoutBox_IsAnsweredTryAgain(string path)
    {
        using HttpResponseMessage answer = await _host.GetAsync(path);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }
}
