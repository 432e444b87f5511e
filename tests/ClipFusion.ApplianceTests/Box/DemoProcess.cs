using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using ClipFusion.ApplianceTests.Broker;
using ClipFusion.TestSupport;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A running <c>clipfusion demo</c> and what it prints.</summary>
internal sealed partial class DemoProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _all = [];

    public DemoProcess(params string[] arguments)
    {
        _process = Process.Start(DefaultSignals.Start(Path.Combine(AppContext.BaseDirectory, "clipfusion"), ["demo", .. arguments]))!;
        _process.OutputDataReceived += (_, e) => Note(e.Data);
        _process.ErrorDataReceived += (_, e) => Note(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>All that was printed until now.</summary>
    public string Output
    {
        get
        {
            lock (_all) return string.Join('\n', _all);
        }
    }

    /// <summary>Waits for a line.</summary>
    public async Task<string> UntilAsync(Regex wanted, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                string line = await _lines.Reader.ReadAsync(cancellation);
                if (wanted.IsMatch(line)) return line;
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no line like {wanted} in:{Environment.NewLine}{Output}");
        }
    }

    /// <summary>Page and broker as it prints them.</summary>
    public async Task<(Uri Page, int Broker)> PlacesAsync(CancellationToken cancellation)
    {
        string page = Page().Match(await UntilAsync(Page(), cancellation)).Groups[1].Value, broker = Subscribe().Match(await UntilAsync(Subscribe(), cancellation)).Groups[1].Value;
        return (new Uri(page), int.Parse(broker, CultureInfo.InvariantCulture));
    }

    public async Task SignalAsync(string name, CancellationToken cancellation)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(cancellation);
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_all) _all.Add(line);
        _lines.Writer.TryWrite(line);
    }

    [GeneratedRegex(@"^page: +(http://127\.0\.0\.1:\d+/)$")]
    private static partial Regex Page();

    [GeneratedRegex(@"mosquitto_sub -h 127\.0\.0\.1 -p (\d+) ")]
    private static partial Regex Subscribe();
}

/// <summary><c>mosquitto_sub</c> on the demo's broker.</summary>
internal sealed class DemoEar : IAsyncDisposable
{
    private const string Out = "clipfusion/v1/demo/out/";
    private readonly Process _process;
    private readonly Channel<(string Topic, string Payload)> _heard = Channel.CreateUnbounded<(string, string)>();

    private DemoEar(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data?.Split(' ', 2) is [var topic, var payload]) _heard.Writer.TryWrite((topic, payload));
        };
        process.BeginOutputReadLine();
    }

    /// <summary>Subscribes; the box starts later, so that nothing can be missed.</summary>
    public static DemoEar Listen(int port)
    {
        string[] topics = [.. ((string[])["status", "line1/verdict", "line1/verdict/replay"]).SelectMany(t => (string[])["-t", Out + t])];
        return new DemoEar(Process.Start(new ProcessStartInfo(
            Mosquitto.Find("mosquitto_sub"), ["-h", "127.0.0.1", "-p", $"{port}", "-I", "ear-", "-q", "1", .. topics, "-F", "%t %p"])
        { RedirectStandardOutput = true })!);
    }

    /// <summary>The verdicts, live and replayed, until the box says that it is offline.</summary>
    public async Task<JsonElement[]> VerdictsUntilOfflineAsync(CancellationToken cancellation)
    {
        var verdicts = new List<JsonElement>();
        while (true)
        {
            (string topic, string payload) = await _heard.Reader.ReadAsync(cancellation);
            JsonElement json = JsonDocument.Parse(payload).RootElement;
            if (topic != Out + "status") verdicts.Add(json);
            else if (json.GetProperty("status").GetString() == "offline") return [.. verdicts];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
