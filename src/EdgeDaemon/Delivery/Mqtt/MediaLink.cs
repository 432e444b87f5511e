using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What heatmaps go over.</summary>
internal enum MediaRoute
{
    /// <summary>Nothing now: no station wants heatmaps, or there is no connection.</summary>
    None,

    /// <summary>A connection of their own.</summary>
    Own,

    /// <summary>The main connection, one at a time, because the broker allows this device no second one.</summary>
    Main,
}

/// <summary>
/// A second connection (client id <c>clipfusion-{device}-media</c>) for heatmaps, so that no picture delays a verdict. QoS 0; while the
/// broker is slow or away the oldest are dropped, and counted. There is none while no station wants heatmaps. A broker that allows the
/// device one connection gets them over the main one: one at a time, and
/// only while nothing else is under way there.
/// </summary>
internal sealed class MediaLink : IHeatmapPublisher, IAsyncDisposable
{
    /// <summary>How long a picture on the main connection waits for verdicts, which a station in trouble may hold for long.</summary>
    private static readonly TimeSpan VerdictsFirst = TimeSpan.FromSeconds(2);

    private readonly Topics _topics;
    private readonly TimeProvider _time;
    private readonly MqttLink? _main;
    private readonly SecondConnection _second;
    private readonly MqttConnection _connection;
    private readonly Channel<Picture> _queue;
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private long _sent,
        _dropped;

    /// <param name="broker">The broker.</param>
    /// <param name="device">Name of the device.</param>
    /// <param name="time">Clock of back-off and time-outs.</param>
    /// <param name="capacity">Most pictures that wait.</param>
    /// <param name="beside">The main connection, without which this one is not made: a box that another one of its name has displaced stays
    /// away with both. Null for none.</param>
    public MediaLink(BrokerOptions broker, string device, TimeProvider time, int capacity = 8, MqttLink? beside = null)
    {
        (_topics, _time) = (new Topics(device), time);
        _main = beside;
        _second = beside?.Second ?? new SecondConnection(time);
        _connection = new MqttConnection(broker, $"clipfusion-{device}-media", null, beside?.Guard ?? new TopicGuard(time, _ => { }), time)
        {
            Allowed = WhenAllowedAsync,
            Opened = (_, _) =>
            {
                _second.Opened();
                return Task.FromResult<(LinkError, string)?>(null);
            },
            Explain = (end, _) =>
            {
                _second.Ended(end, beside?.State.IsConnected ?? false);
                return Task.FromResult((end.Error, end.Text));
            },
        };
        _second.GaveUp += given => _connection.Leave(LinkError.OneConnection, given.Why);
        _queue = Channel.CreateBounded<Picture>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest }, Drop);
        IsWanted = true;
    }

    /// <summary>Completes when the verdicts that are stored by now are out: on the main connection no picture comes before its
    /// own.</summary>
    public Func<Task> Verdicts { get; set; } = () => Task.CompletedTask;

    /// <summary>How its own connection is doing.</summary>
    public LinkState State => _connection.State;

    /// <summary>What pictures go over now.</summary>
    public MediaRoute Route =>
        State.IsConnected ? MediaRoute.Own
        : IsWanted && _second.GivenUp is not null && _main is { State.IsConnected: true } ? MediaRoute.Main
        : MediaRoute.None;

    /// <summary>Why there is no connection for pictures alone; null where there is one, none is wanted, or the main one is missing
    /// too.</summary>
    public string? WhyNotOwn => Route == MediaRoute.Main ? _second.GivenUp?.Why : null;

    /// <summary>Whether any station publishes heatmaps; without, there is no connection for them.</summary>
    public bool IsWanted
    {
        get => _wanted.Task.IsCompleted;
        set
        {
            if (value == IsWanted)
                return;
            if (value)
            {
                _wanted.SetResult();
                return;
            }
            _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _second.Left();
            _connection.Leave(LinkError.None, "");
        }
    }

    /// <summary>Pictures handed to the broker.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Pictures given up: too many waited, too large, or refused by the broker's limits.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Begins to connect; to be called once.</summary>
    public void Start()
    {
        _connection.Start();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Waits until the connection is in some state.</summary>
    public Task<LinkState> WhenAsync(Predicate<LinkState> wanted, CancellationToken cancellationToken) =>
        _connection.WhenAsync(wanted, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>The inspection's id is sent as user property <c>inspectionId</c>.</remarks>
    public bool TrySend(string station, string inspectionId, string contentType, ReadOnlyMemory<byte> picture, IDisposable? memory = null)
    {
        var taken = new Picture(
            new OutMessage(_topics.Heatmap(station), picture)
            {
                Acknowledged = false,
                ContentType = contentType,
                UserProperties = [new("inspectionId", inspectionId)],
            },
            memory
        );
        if (picture.Length <= IHeatmapPublisher.MaximumBytes)
            return _queue.Writer.TryWrite(taken);
        Drop(taken);
        return false;
    }

    /// <summary>Ends the connection; what still waits is dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
            await _stop.CancelAsync();
        await _loop;
        while (_queue.Reader.TryRead(out Picture left))
            Drop(left);
        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WhenAllowedAsync(CancellationToken cancellationToken)
    {
        await _second.WhenAllowedAsync(cancellationToken);
        await _wanted.Task.WaitAsync(cancellationToken);
        if (_main is not null)
            await _main.WhenStoodAsync(_second.MainMustStand, cancellationToken);
        _second.Trying();
    }

    private void Drop(Picture picture)
    {
        Interlocked.Increment(ref _dropped);
        picture.Memory?.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                // Connection first, picture second: pictures wait where newer ones push them out.
                await WhenRouteAsync();
                await _queue.Reader.WaitToReadAsync(_stop.Token);
                MediaRoute route = Route;
                if (route == MediaRoute.Main)
                    await WhenVerdictsAreOutAsync();
                if (route == MediaRoute.None || !_queue.Reader.TryRead(out var picture))
                    continue;
                PublishOutcome outcome = await (
                    route == MediaRoute.Own
                        ? _connection.PublishAsync(picture.Message, _stop.Token)
                        : _main!.PublishAsync(picture.Message, _stop.Token)
                );
                Interlocked.Increment(ref outcome.Status == PublishStatus.Delivered ? ref _sent : ref _dropped);
                // What was broken off may still be being written to the socket: its memory is left to the collector.
                if (outcome.Status != PublishStatus.Unknown)
                    picture.Memory?.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the link.
        }
    }

    private async Task WhenVerdictsAreOutAsync()
    {
        await Verdicts().WaitAsync(VerdictsFirst, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Token.ThrowIfCancellationRequested();
        await _main!.WhenQuietAsync(_stop.Token);
    }

    private async Task WhenRouteAsync()
    {
        if (Route != MediaRoute.None)
            return;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await await Task.WhenAny(_connection.WhenAsync(s => s.IsConnected, end.Token), WhenMainAsync(end.Token));
        await end.CancelAsync();
    }

    private async Task WhenMainAsync(CancellationToken cancellationToken)
    {
        await _second.WhenGivenUpAsync(cancellationToken);
        await _wanted.Task.WaitAsync(cancellationToken);
        await (_main?.WhenAsync(s => s.IsConnected, cancellationToken) ?? Task.Delay(Timeout.Infinite, cancellationToken));
    }

    private readonly record struct Picture(OutMessage Message, IDisposable? Memory);
}
