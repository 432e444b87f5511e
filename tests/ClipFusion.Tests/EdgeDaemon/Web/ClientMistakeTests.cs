using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>What a caller does wrong is said to the caller, and is no error of the program.</summary>
[Trait("speed", "slow")]
public sealed class ClientMistakeTests : IAsyncLifetime
{
    private readonly LogLines<ClientMistakeTests> _log = new();
    private WebHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WebHost.StartAsync(hasBox: true, more: services => services.AddLogging(l => l.AddProvider(new OneLogger(_log))));
        await _host.ReadyAsync("line1");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("Content-Type: text/plain\r\nContent-Length: 17\r\n", "{\"triggerId\":\"a\"}", 415)]
    [InlineData("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", "11\r\n{\"triggerId\":\"a\"}\r\n0\r\n\r\n", 415)]
    [InlineData("Content-Type: application/json\r\nContent-Length: 50\r\n", "{\"triggerId\"", 408)]
    [InlineData("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "zz\r\n", 400)]
    [InlineData("Content-Type: application/json\r\nContent-Length: 9000\r\n", "{", 413)]
    [InlineData("Content-Length: nine\r\n", "", 400)]
    public async Task Trigger_WithABodyThatIsWrong_IsToldSo(string headers, string body, int status)
    {
        using TcpClient client = await SendAsync(headers, body);
        using var answer = new StreamReader(client.GetStream());
        Assert.StartsWith(
            $"HTTP/1.1 {status} ",
            await answer.ReadLineAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        await NothingIsWrongAsync();
    }

    [Theory]
    [InlineData("Content-Type: application/json\r\nContent-Length: 50\r\n", "{\"triggerId\"")]
    [InlineData("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", "5\r\n{\"tri\r\n")]
    [InlineData("Content-Type: application/json\r\nContent-Length: 17\r\n", "{\"triggerId\":\"r\"}")]
    public async Task Trigger_ResetByItsCaller_IsNoError(string headers, string body)
    {
        foreach (bool isReset in (bool[])[true, false])
        {
            using TcpClient client = await SendAsync(headers, body);
            client.LingerState = new LingerOption(isReset, 0);
            client.Close();
        }

        await NothingIsWrongAsync();
    }

    [Theory]
    [InlineData("/api/v1/events")]
    [InlineData("/api/v1/inspections?station=line1")]
    [InlineData("/metrics")]
    public async Task Look_AbortedByItsCaller_IsNoError(string path)
    {
        for (int i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _host.Port, TestContext.Current.CancellationToken);
            await client
                .GetStream()
                .WriteAsync(
                    Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost:{_host.Port}\r\n\r\n"),
                    TestContext.Current.CancellationToken
                );
            client.LingerState = new LingerOption(true, 0);
        }

        await NothingIsWrongAsync();
    }

    [Theory]
    [InlineData("\uFEFF{\"triggerId\":\"m\"}")]
    [InlineData("{\"triggerId\":\"m\"}\0")]
    public async Task Trigger_WithMarksThatEditorsAndPlcsAdd_IsTaken(string body)
    {
        using HttpResponseMessage answer = await _host.TriggerAsync(body);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("m", (await WebHost.JsonAsync(answer)).GetProperty("triggerId").GetString());
    }

    private async Task<TcpClient> SendAsync(string headers, string body)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.Port, TestContext.Current.CancellationToken);
        string request =
            $"POST /api/v1/stations/line1/triggers HTTP/1.1\r\nHost: localhost:{_host.Port}\r\nAuthorization: Bearer "
            + $"{WebHost.Token}\r\n{headers}\r\n{body}";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        return client;
    }

    /// <summary>Waits until no connection but ours is left, and looks at what was logged.</summary>
    private async Task NothingIsWrongAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (_host.Connections.Count > 1)
        {
            limit.Token.ThrowIfCancellationRequested();
            Assert.Equal("live", (await _host.JsonAsync("/health/live")).GetProperty("status").GetString());
        }

        Assert.Empty(
            _log.Lines.Where(l => l.Level >= LogLevel.Error || l.Text.Contains("mistake", StringComparison.Ordinal)).Select(l => l.Text)
        );
    }

    private sealed class OneLogger(ILogger log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose() { }
    }
}
