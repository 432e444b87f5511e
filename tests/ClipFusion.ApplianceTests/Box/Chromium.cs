using System.Net.WebSockets;
using System.Text.Json;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A page in a real browser without a window, spoken to over the browser's own debugging protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private const string Listening = "DevTools listening on ";

    private readonly TemporaryFolder _profile = new();
    private readonly ClientWebSocket _socket = new();
    private readonly Child _child;
    private readonly List<string> _errors = [];
    private int _calls;

    private Chromium(Uri page) =>
        _child = Child.Start(
            DefaultSignals.Start(
                Find(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-proxy-server",
                "--no-first-run",
                "--remote-debugging-port=0",
                "--window-size=1280,800",
                $"--user-data-dir={_profile.Root}",
                page.ToString()
            ),
            hasChildren: true
        );

    public static async Task<Chromium> OpenAsync(Uri page, CancellationToken cancellation)
    {
        var browser = new Chromium(page);
        try
        {
            string line = await browser._child.SaysAsync(Listening, cancellation);
            var debugger = new Uri(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
            using var http = new HttpClient();
            while (true)
            {
                string tabs = await http.GetStringAsync(new Uri($"http://127.0.0.1:{debugger.Port}/json/list"), cancellation);
                JsonElement tab = JsonDocument
                    .Parse(tabs)
                    .RootElement.EnumerateArray()
                    .FirstOrDefault(t =>
                        t.GetProperty("type").GetString() == "page"
                        && t.GetProperty("url").GetString()!.StartsWith(page.ToString(), StringComparison.Ordinal)
                    );
                if (tab.ValueKind == JsonValueKind.Undefined)
                    continue;
                await browser._socket.ConnectAsync(new Uri(tab.GetProperty("webSocketDebuggerUrl").GetString()!), cancellation);
                return browser;
            }
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the page's text has all of some words.</summary>
    /// <returns>The page as HTML then.</returns>
    public async Task<string> ShowsAsync(CancellationToken cancellation, params string[] words)
    {
        string script = $$"""
            new Promise(done => {
              const words = {{JsonSerializer.Serialize(words)}};
              const look = () => words.every(w => document.body?.innerText.includes(w)) ? done(document.documentElement.outerHTML) : setTimeout(look, 50);
              look();
            })
            """;
        while (true)
        {
            // No answer where the page was exchanged meanwhile: a tab is empty at first.
            JsonElement? result = await CallAsync(
                "Runtime.evaluate",
                new
                {
                    expression = script,
                    awaitPromise = true,
                    returnByValue = true,
                },
                cancellation
            );
            if (result is { } found && found.GetProperty("result").TryGetProperty("value", out JsonElement page))
                return page.GetString()!;
        }
    }

    /// <summary>What the window shows now.</summary>
    /// <returns>A PNG.</returns>
    public async Task<byte[]> CaptureAsync(CancellationToken cancellation) =>
        (await CallAsync("Page.captureScreenshot", new { format = "png" }, cancellation))!.Value.GetProperty("data").GetBytesFromBase64();

    /// <summary>What a script's promise comes to, as a text.</summary>
    public async Task<string> EvaluateAsync(string script, CancellationToken cancellation)
    {
        var call = new
        {
            expression = script,
            awaitPromise = true,
            returnByValue = true,
        };
        JsonElement result = (await CallAsync("Runtime.evaluate", call, cancellation))!.Value;
        return result.GetProperty("result").GetProperty("value").GetString()!;
    }

    /// <summary>What the console says of errors since the page was opened.</summary>
    public async Task<IReadOnlyList<string>> ErrorsAsync(CancellationToken cancellation)
    {
        // The browser tells what it has gathered before it answers.
        await CallAsync("Log.enable", new { }, cancellation);
        await CallAsync("Runtime.enable", new { }, cancellation);
        await CallAsync("Runtime.evaluate", new { expression = "1" }, cancellation);
        return [.. _errors];
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _child.DisposeAsync();
        try
        {
            _profile.Dispose();
        }
        catch (IOException)
        {
            // A helper process of the browser may still write there as it ends.
        }
    }

    private static string Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("there is no chromium; ./build.sh setup installs it");

    private static bool IsError(JsonElement told) =>
        told.TryGetProperty("method", out JsonElement method)
        && method.GetString() switch
        {
            "Log.entryAdded" => told.GetProperty("params").GetProperty("entry").GetProperty("level").GetString() == "error",
            "Runtime.consoleAPICalled" => told.GetProperty("params").GetProperty("type").GetString() == "error",
            "Runtime.exceptionThrown" => true,
            _ => false,
        };

    private async Task<JsonElement?> CallAsync(string method, object parameters, CancellationToken cancellation)
    {
        int id = ++_calls;
        await _socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    id,
                    method,
                    @params = parameters,
                }
            ),
            WebSocketMessageType.Text,
            true,
            cancellation
        );
        while (true)
        {
            using var message = new MemoryStream();
            byte[] part = new byte[64 * 1024];
            for (ValueWebSocketReceiveResult received = default; !received.EndOfMessage; )
            {
                received = await _socket.ReceiveAsync(part.AsMemory(), cancellation);
                message.Write(part, 0, received.Count);
            }

            JsonElement answer = JsonDocument.Parse(message.ToArray()).RootElement;
            if (IsError(answer))
                _errors.Add(answer.GetProperty("params").ToString());
            if (answer.TryGetProperty("id", out JsonElement of) && of.GetInt32() == id)
                return answer.TryGetProperty("result", out JsonElement result) ? result : null;
        }
    }
}
