using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace ClipFusion.TestSupport;

/// <summary>A message as <c>mosquitto_sub</c> printed it.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Retained">Whether the broker had kept it.</param>
/// <param name="Payload">What.</param>
/// <param name="BrokerLife">Which start of the broker it was heard after. Between broker and ledger nothing is ever cut: within one life a
/// message that comes twice was published twice.</param>
public sealed record Entry(string Topic, bool Retained, string Payload, int BrokerLife)
{
    private JsonElement? _json;

    /// <summary>Whether this may be the broker's own repetition of another one: the same to the byte, and the broker was restarted between
    /// the two (QoS 1).</summary>
    public bool MayBeBrokersRepeatOf(Entry earlier) => this == earlier && BrokerLife > earlier.BrokerLife;

    public JsonElement Json => _json ??= JsonDocument.Parse(Payload).RootElement;

    public bool Equals(Entry? other) => other is not null && (Topic, Retained, Payload) == (other.Topic, other.Retained, other.Payload);

    public override int GetHashCode() => HashCode.Combine(Topic, Payload);
}

/// <summary>What an independent program heard, without pictures: <c>mosquitto_sub</c> with a session that outlives restarts of the
/// broker.</summary>
public sealed class Ledger : IAsyncDisposable
{
    private const string Marker = "ledger/marker";
    private readonly Child _sub;
    private readonly Channel<Entry> _entries = Channel.CreateUnbounded<Entry>();

    private Ledger(int port, string clientId, Func<int> starts) =>
        _sub = Mosquitto.Subscribe(
            port,
            ["-i", clientId, "-c", "-q", "1", "-t", "clipfusion/#", "-T", "clipfusion/v1/+/out/+/heatmap", "-t", Marker, "-F", "%t %r %p"],
            line =>
            {
                if (line.Split(' ', 3) is [var topic, var retained, var payload])
                    _entries.Writer.TryWrite(new Entry(topic, retained == "1", payload, starts()));
            }
        );

    public static Task<Ledger> StartAsync(Mosquitto broker, CancellationToken cancellationToken) =>
        StartAsync(broker.Port, cancellationToken, starts: () => broker.Starts);

    /// <param name="port">Port of any broker.</param>
    /// <param name="cancellationToken">Ends the wait for the subscription.</param>
    /// <param name="clientId">Its session's name.</param>
    /// <param name="starts">How often the broker was started; null for one that is not restarted.</param>
    public static async Task<Ledger> StartAsync(
        int port,
        CancellationToken cancellationToken,
        string clientId = "ledger",
        Func<int>? starts = null
    )
    {
        // A retained marker comes back as soon as the subscription stands.
        await PublishAsync(port, ["-t", Marker, "-m", "here", "-r", "-q", "1"], [], cancellationToken);
        var ledger = new Ledger(port, clientId, starts ?? (static () => 1));
        await ledger.NextAsync(e => e.Topic == Marker, cancellationToken);
        return ledger;
    }

    /// <summary>Runs <c>mosquitto_pub</c> to its end.</summary>
    public static Task PublishAsync(Mosquitto broker, string[] arguments, string input, CancellationToken cancellationToken) =>
        PublishAsync(broker, arguments, Encoding.UTF8.GetBytes(input), cancellationToken);

    /// <summary>Runs <c>mosquitto_pub</c> to its end, with any bytes as its input.</summary>
    public static Task PublishAsync(Mosquitto broker, string[] arguments, byte[] input, CancellationToken cancellationToken) =>
        PublishAsync(broker.Port, arguments, input, cancellationToken);

    /// <summary>Runs <c>mosquitto_pub</c> to its end, at any broker's port.</summary>
    public static async Task PublishAsync(int port, string[] arguments, byte[] input, CancellationToken cancellationToken)
    {
        ProgramResult end = await Programs.RunAsync(
            DefaultSignals.Start(Programs.Find("mosquitto_pub"), ["-p", $"{port}", "-h", "127.0.0.1", .. arguments]),
            input,
            cancellationToken
        );
        if (end.Code != 0)
            throw new InvalidOperationException($"mosquitto_pub {string.Join(' ', arguments)} ended with {end.Code}: {end.Errors}");
    }

    /// <summary>The next entry of a kind; others are passed over.</summary>
    public async Task<Entry> NextAsync(Predicate<Entry> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = await _entries.Reader.ReadAsync(cancellationToken);
            if (wanted(entry))
                return entry;
        }
    }

    /// <summary>Reads up to and with the first entry of a kind, each entry looked at once; gives back all that was read.</summary>
    public async Task<List<Entry>> ThroughAsync(Predicate<Entry> last, CancellationToken cancellationToken)
    {
        var all = new List<Entry>();
        do all.Add(await _entries.Reader.ReadAsync(cancellationToken));
        while (!last(all[^1]));
        return all;
    }

    /// <summary>Reads until enough was heard.</summary>
    public async Task<List<Entry>> UntilAsync(Predicate<List<Entry>> enough, CancellationToken cancellationToken)
    {
        var all = new List<Entry>();
        while (!enough(all))
            all.Add(await _entries.Reader.ReadAsync(cancellationToken));
        return all;
    }

    public ValueTask DisposeAsync() => _sub.DisposeAsync();
}
