namespace ClipFusion.TestSupport;

/// <summary>What a box tells its page while it happens (server-sent events): for tests that wait for something that no broker
/// hears.</summary>
public sealed class PageEvents : IDisposable
{
    private readonly HttpClient _http;
    private readonly StreamReader _lines;

    private PageEvents(HttpClient http, Stream stream) => (_http, _lines) = (http, new StreamReader(stream));

    /// <summary>Listens to a box from now on.</summary>
    /// <param name="page">Address of its page.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async Task<PageEvents> ListenAsync(Uri page, CancellationToken cancellation)
    {
        var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        return new PageEvents(http, await http.GetStreamAsync(new Uri(page, "api/v1/events"), cancellation));
    }

    /// <summary>Waits for so many events of a name: <c>verdict</c> for every stored one, <c>device</c> every second.</summary>
    public async Task HearAsync(string name, int count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            string line =
                await _lines.ReadLineAsync(cancellation)
                ?? throw new EndOfStreamException($"the box ended its events; {count} more '{name}' were expected");
            if (line == $"event: {name}")
                count--;
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        _http.Dispose();
    }
}
