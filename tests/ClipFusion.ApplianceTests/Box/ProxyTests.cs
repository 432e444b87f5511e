using System.Text.RegularExpressions;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>
/// The page through a real nginx in a real browser: with the block of the documentation, and where something is wrong with it.
/// </summary>
public sealed partial class ProxyTests : BoxTest
{
    [Fact]
    public async Task Page_ThroughTheDocumentedBlock_ShowsTheStationAndItsVerdict()
    {
        (Mosquitto broker, Ledger ledger, Nginx proxy, Uri page) = await OpenAsync(isPublic: true);
        await proxy.StartAsync(Documented(proxy, page), Cancellation);
        await using Chromium browser = await Chromium.OpenAsync(proxy.Address, Cancellation);
        await browser.ShowsAsync(Cancellation, "✓ ready", "Broker connected", "7 board");
        await TriggerAsync(broker, "through");
        string verdict = (await ledger.NextAsync(e => Heard.IsVerdictOf(e, "through"), Cancellation))
            .Json.GetProperty("verdict")
            .GetString()!;
        await browser.ShowsAsync(Cancellation, verdict.Replace('_', ' '), "threshold 0.300");
        Assert.Empty(await browser.ErrorsAsync(Cancellation));
    }

    [Fact]
    public async Task Page_ThroughAnNginxAsItComes_ShowsTheStation()
    {
        (_, _, Nginx proxy, Uri page) = await OpenAsync(isPublic: true);
        await proxy.StartAsync(Bare(proxy, page), Cancellation);
        await using Chromium browser = await Chromium.OpenAsync(proxy.Address, Cancellation);
        await browser.ShowsAsync(Cancellation, "✓ ready", "Broker connected", "7 board");
    }

    [Fact]
    public async Task Page_ThroughAProxyThatTheBoxDoesNotKnow_SaysWhatIsMissing()
    {
        (_, _, Nginx proxy, Uri page) = await OpenAsync(isPublic: false);
        await proxy.StartAsync(Bare(proxy, page), Cancellation);
        await using Chromium browser = await Chromium.OpenAsync(proxy.Address, Cancellation);
        await browser.ShowsAsync(Cancellation, "stays empty", $"localhost:{proxy.Port}", "$.http.publicOrigin");
    }

    [Fact]
    public async Task Page_ThroughAProxyThatHoldsEventsBack_SaysSo()
    {
        (_, _, Nginx proxy, Uri page) = await OpenAsync(isPublic: true);
        await proxy.StartAsync(
            Bare(
                proxy,
                page,
                "proxy_ignore_headers X-Accel-Buffering; proxy_buffering on; proxy_buffers 8 1m; proxy_buffer_size 1m; "
                    + "proxy_busy_buffers_size 2m;"
            ),
            Cancellation
        );
        await using Chromium browser = await Chromium.OpenAsync(proxy.Address, Cancellation);
        await browser.ShowsAsync(Cancellation, "no event arrives", "without buffering");
    }

    /// <summary>The block of the documentation, with the test's own ports and name.</summary>
    private static string Documented(Nginx proxy, Uri page)
    {
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "../../../../../docs/http.md"));
        return Block()
            .Match(text)
            .Groups[1]
            .Value.Replace("listen 80;", $"listen 127.0.0.1:{proxy.Port};", StringComparison.Ordinal)
            .Replace("line1.example;", "localhost;", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:8080;", $"http://{page.Authority};", StringComparison.Ordinal);
    }

    private static string Bare(Nginx proxy, Uri page, string more = "") =>
        $"server {{ listen 127.0.0.1:{proxy.Port}; location / {{ proxy_pass http://{page.Authority}; {more} }} }}";

    private async Task<(Mosquitto Broker, Ledger Ledger, Nginx Proxy, Uri Page)> OpenAsync(bool isPublic)
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        Nginx proxy = Own(new Nginx());
        ApplianceBox box = await ReadyBoxAsync(
            ledger,
            new BoxOptions { Port = broker.Port, PublicOrigin = isPublic ? proxy.Address.GetLeftPart(UriPartial.Authority) : null }
        );
        return (broker, ledger, proxy, await box.PageAsync(Cancellation));
    }

    [GeneratedRegex("```nginx\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
