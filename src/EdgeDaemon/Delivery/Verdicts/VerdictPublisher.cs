using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Step 8, deliver: takes stored verdicts out of the outbox and hands them to the broker, until every one is delivered or parked. Live ones
/// go to <c>verdict</c> and
/// <c>verdict/simple</c>, in order per station; older ones to <c>verdict/replay</c> only, in order, below live traffic. One station's
/// trouble does not hold another.
/// </summary>
internal sealed class VerdictPublisher : IAsyncDisposable
{
    private readonly Dictionary<string, StationVerdictPublisher> _publishers;
    private readonly ReplayLoop _replay;
    private readonly CancellationTokenSource _stop = new();
    private Task _loops = Task.CompletedTask;

    /// <param name="topics">The device's topics.</param>
    /// <param name="stations">Names of the stations.</param>
    /// <param name="outbox">The store of undelivered verdicts.</param>
    /// <param name="publish">Hands a message to the broker, for example <see cref="MqttLink.PublishAsync"/>.</param>
    /// <param name="connected">Completes when there is a connection; at once when there is one already.</param>
    /// <param name="options">Windows, limits and intervals.</param>
    /// <param name="acks">Which acks a verdict has to wait for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="heartbeats">Where the loops give their signs of life; null for nowhere.</param>
    /// <param name="log">Event ids 4010-4019; null for nowhere.</param>
    public VerdictPublisher(
        Topics topics,
        IEnumerable<string> stations,
        Outbox outbox,
        Publish publish,
        Func<CancellationToken, Task> connected,
        DeliveryOptions options,
        AckOrder acks,
        TimeProvider time,
        Heartbeats? heartbeats = null,
        ILogger? log = null
    )
    {
        var context = new PublisherContext(
            topics,
            outbox,
            publish,
            connected,
            options,
            time,
            new LiveTraffic(),
            acks,
            new Signal(),
            heartbeats,
            log ?? NullLogger.Instance
        );
        _publishers = stations.ToDictionary(s => s, s => new StationVerdictPublisher(s, context), StringComparer.Ordinal);
        _replay = new ReplayLoop([.. _publishers.Values], context);
    }

    /// <summary>The publisher of a link's verdicts.</summary>
    public VerdictPublisher(
        MqttLink link,
        IEnumerable<string> stations,
        Outbox outbox,
        DeliveryOptions options,
        AckOrder acks,
        TimeProvider time,
        Heartbeats? heartbeats = null,
        ILogger? log = null
    )
        : this(
            (link ?? throw new ArgumentNullException(nameof(link))).Topics,
            stations,
            outbox,
            link.PublishAsync,
            c => link.WhenAsync(s => s.IsConnected, c),
            options,
            acks,
            time,
            heartbeats,
            log
        ) { }

    /// <summary>Begins to deliver what the outbox holds; to be called once.</summary>
    public void Start() =>
        _loops = Task.WhenAll([
            .. _publishers.Values.Select(p => Task.Run(() => p.RunAsync(_stop.Token))),
            Task.Run(() => _replay.RunAsync(_stop.Token)),
        ]);

    /// <summary>Says that a row of the station was committed; to be called after each commit. Never waits.</summary>
    public void Wake(string station) => _publishers[station].Wake();

    /// <summary>Completes when every verdict that <see cref="Wake"/> told of by now is out, or waits for replay.</summary>
    public Task WhenCaughtUp() => Task.WhenAll(_publishers.Values.Select(p => p.WhenCaughtUp()));

    /// <summary>Sends a verdict that was given already once more, flagged duplicate; never waits. One that has not gone out yet is not sent
    /// twice.</summary>
    public void Resend(OutboxRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        _publishers[row.Station].Resend(row);
    }

    /// <summary>Says that there is a new connection; verdicts that nobody heard are tried again. Never waits.</summary>
    public void Reconnected() => _replay.Reconnected();

    /// <summary>What became of a station's verdicts.</summary>
    public DeliveryCounts Counts(string station) => _publishers[station].Counters.Snapshot;

    /// <summary>Stops; what is under way is answered first. Rows that are not marked go out at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
            await _stop.CancelAsync();
        await _loops;
        _stop.Dispose();
    }
}
