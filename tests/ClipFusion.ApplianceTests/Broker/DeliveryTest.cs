using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.ApplianceTests.Broker;

/// <summary>A broker, a link and a limit on how long anything may take.</summary>
public abstract class DeliveryTest : IAsyncDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly List<IAsyncDisposable> _open = [];

    private protected static Topics Topics { get; } = new("box");

    private protected CancellationToken Cancellation => _limit.Token;

    private protected async Task<Mosquitto> BrokerAsync(params string[] lines) => Own(await Mosquitto.StartAsync(lines, Cancellation));

    private protected async Task<Ledger> LedgerAsync(Mosquitto broker) => Own(await Ledger.StartAsync(broker, Cancellation));

    private protected static LinkOptions Options(int port) =>
        new()
        {
            Broker = new BrokerOptions
            {
                Host = "127.0.0.1",
                Port = port,
                FirstDelay = TimeSpan.FromMilliseconds(20),
                LongestDelay = TimeSpan.FromMilliseconds(200),
                TakenOverDelay = TimeSpan.FromHours(1),
            },
            Device = "box",
            BootId = "boot",
            Stations = ["line1", "line2"],
        };

    private protected MqttLink Link(LinkOptions options)
    {
        var link = Own(new MqttLink(options, TimeProvider.System));
        link.Start();
        return link;
    }

    private protected async Task<MqttLink> ConnectedAsync(LinkOptions options)
    {
        var link = Link(options);
        await link.WhenAsync(s => s.IsConnected, Cancellation);
        return link;
    }

    private protected T Own<T>(T thing)
        where T : IAsyncDisposable
    {
        _open.Add(thing);
        return thing;
    }

    private protected async Task<string?> NextStatusAsync(Ledger ledger) =>
        (await ledger.NextAsync(e => e.Topic == Topics.Status, Cancellation)).Json.GetProperty("status").GetString();

    public async ValueTask DisposeAsync()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
            await _open[i].DisposeAsync();
        _limit.Dispose();
        GC.SuppressFinalize(this);
    }
}
