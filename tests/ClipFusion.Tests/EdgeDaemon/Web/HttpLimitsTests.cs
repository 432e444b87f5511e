using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ClipFusion.EdgeDaemon.Web.Limits;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>Clients that take all that they can get: what is vital is answered all the same.</summary>
[Trait("speed", "slow")]
public sealed class HttpLimitsTests : IAsyncLifetime
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);
    private readonly List<Socket> _clients = [];
    private WebHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WebHost.StartAsync(hasBox: true);
        await _host.ReadyAsync("line1");
    }

    public ValueTask DisposeAsync()
    {
        foreach (Socket client in _clients)
            client.Dispose();
        return _host.DisposeAsync();
    }

    [Theory]
    [InlineData("", "127.0.0.1")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "127.0.0.1")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")]
    public async Task Connections_HeldOpenByTheHundred_LockNobodyOut(string sent, params string[] addresses)
    {
        for (int i = 0; i < 2 * ConnectionTable.Maximum; i++)
            await OpenAsync(sent, addresses[i % addresses.Length]);
        foreach (string path in (string[])["/health/live", "/api/v1/stations", "/", "/page/main.js"])
        {
            using HttpResponseMessage answer = await _host.GetAsync(path).WaitAsync(AtOnce, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("/api/v1/inspections?station=line1&limit=100")]
    [InlineData("/api/v1/stations/line1/latest")]
    [InlineData("/openapi.yaml")]
    [InlineData("/no/such/thing")]
    [InlineData("/health/live")]
    public async Task Requests_PipelinedWithoutEnd_LeaveRoomForWhatIsVital(string path)
    {
        Task[] floods = [.. await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => FloodAsync(path)))];
        for (int i = 0; i < 20; i++)
        {
            foreach (string vital in (string[])["/health/live", "/api/v1/stations/line1", "/api/v1/device"])
            {
                using HttpResponseMessage answer = await _host.GetAsync(vital).WaitAsync(AtOnce, TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }

            using HttpResponseMessage taken = await _host
                .TriggerAsync($$"""{"triggerId":"t{{i}}"}""", waitMs: 60_000)
                .WaitAsync(AtOnce, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        }

        Assert.All(floods, f => Assert.False(f.IsFaulted));
    }

    [Fact]
    public async Task Requests_MoreThanTheShare_AreRefusedWithTheTimeToComeAgain()
    {
        _host.Limits.LimiterOf(RequestClass.Ordinary).Charge(10_000);
        Task<HttpResponseMessage> ordinary = _host.GetAsync("/api/v1/codes");
        using (HttpResponseMessage vital = await _host.GetAsync("/health/live"))
            Assert.Equal(HttpStatusCode.OK, vital.StatusCode);
        using HttpResponseMessage refused = await ordinary;
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (refused.StatusCode, refused.Headers.RetryAfter!.Delta));
        Assert.Contains("fewer requests", (await WebHost.JsonAsync(refused)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspections_AskedForByMany_AreReadOnceAndHaveWhatWasJudgedBefore()
    {
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage judged = await _host.TriggerAsync($$"""{"triggerId":"p{{i}}"}""", waitMs: 60_000);
            string latest = (await WebHost.JsonAsync(judged)).GetProperty("inspectionId").GetString()!;
            JsonElement[] pages = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(n => _host.JsonAsync($"/api/v1/inspections?station=line1&limit={n % 3 + 1}"))
            );
            for (int n = 0; n < pages.Length; n++)
            {
                Assert.Equal(Math.Min(n % 3 + 1, i + 1), pages[n].GetArrayLength());
                Assert.Equal(latest, pages[n][0].GetProperty("inspectionId").GetString());
            }

            Assert.Equal(latest, (await _host.JsonAsync("/api/v1/stations/line1/latest")).GetProperty("inspectionId").GetString());
        }
    }

    private async Task<Socket> OpenAsync(string sent, string address = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _clients.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        await socket.ConnectAsync(IPAddress.Loopback, _host.Port, TestContext.Current.CancellationToken);
        if (sent.Length > 0)
            await socket.SendAsync(Encoding.ASCII.GetBytes(sent), TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>Sends requests without waiting for answers, and reads what comes.</summary>
    /// <returns>The flood, which ends with the connection.</returns>
    private async Task<Task> FloodAsync(string path)
    {
        Socket socket = await OpenAsync("");
        byte[] request = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{_host.Port}\r\n\r\n", 20))
        );
        byte[] answers = new byte[64 * 1024];
        async Task SendAsync()
        {
            while (await socket.SendAsync(request) > 0) { }
        }

        async Task ReadAsync()
        {
            while (await socket.ReceiveAsync(answers) > 0) { }
        }

        async Task BothAsync()
        {
            try
            {
                await Task.WhenAll(SendAsync(), ReadAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over, or the device has closed it.
            }
        }

        return BothAsync();
    }
}
