using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A running <c>clipfusion demo</c> and what it prints.</summary>
internal sealed partial class DemoProcess : IAsyncDisposable
{
    private readonly Child _child;
    private int _seen;

    public DemoProcess(params string[] arguments) => _child = Child.Start(Programs.ClipFusion, ["demo", .. arguments]);

    /// <summary>All that was printed until now.</summary>
    public string Output => string.Join('\n', _child.Log.Lines);

    /// <summary>Waits for a line.</summary>
    public async Task<string> UntilAsync(Regex wanted, CancellationToken cancellation)
    {
        try
        {
            (string line, _seen) = await _child.Log.NextAsync(wanted.IsMatch, _seen, cancellation);
            return line;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no line like {wanted} in:{Environment.NewLine}{Output}");
        }
    }

    /// <summary>Page and broker as it prints them.</summary>
    public async Task<(Uri Page, int Broker)> PlacesAsync(CancellationToken cancellation)
    {
        string page = Page().Match(await UntilAsync(Page(), cancellation)).Groups[1].Value,
            broker = Subscribe().Match(await UntilAsync(Subscribe(), cancellation)).Groups[1].Value;
        return (new Uri(page), int.Parse(broker, CultureInfo.InvariantCulture));
    }

    public Task SignalAsync(string name, CancellationToken cancellation) => _child.SignalAsync(name, cancellation);

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> EndAsync(CancellationToken cancellation) => _child.EndAsync(cancellation);

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    [GeneratedRegex(@"^page: +(http://127\.0\.0\.1:\d+/)$")]
    private static partial Regex Page();

    [GeneratedRegex(@"mosquitto_sub -h 127\.0\.0\.1 -p (\d+) ")]
    private static partial Regex Subscribe();
}

/// <summary><c>mosquitto_sub</c> on the demo's broker.</summary>
internal sealed class DemoEar : IAsyncDisposable
{
    private const string Out = "clipfusion/v1/demo/out/";
    private readonly Child _sub;
    private readonly Channel<(string Topic, string Payload)> _heard = Channel.CreateUnbounded<(string, string)>();

    private DemoEar(int port)
    {
        string[] topics = [.. ((string[])["status", "line1/verdict", "line1/verdict/replay"]).SelectMany(t => (string[])["-t", Out + t])];
        _sub = Mosquitto.Subscribe(
            port,
            ["-I", "ear-", "-q", "1", .. topics, "-F", "%t %p"],
            line =>
            {
                if (line.Split(' ', 2) is [var topic, var payload])
                    _heard.Writer.TryWrite((topic, payload));
            }
        );
    }

    /// <summary>Subscribes; the box starts later, so that nothing can be missed.</summary>
    public static DemoEar Listen(int port) => new(port);

    /// <summary>The verdicts, live and replayed, until the box says that it is offline.</summary>
    public async Task<JsonElement[]> VerdictsUntilOfflineAsync(CancellationToken cancellation)
    {
        var verdicts = new List<JsonElement>();
        while (true)
        {
            (string topic, string payload) = await _heard.Reader.ReadAsync(cancellation);
            JsonElement json = JsonDocument.Parse(payload).RootElement;
            if (topic != Out + "status")
                verdicts.Add(json);
            else if (json.GetProperty("status").GetString() == "offline")
                return [.. verdicts];
        }
    }

    public ValueTask DisposeAsync() => _sub.DisposeAsync();
}
