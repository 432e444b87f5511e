using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// A second connection (client id <c>clipfusion-{device}-media</c>) for heatmaps, so that no picture delays a verdict. QoS 0; while the broker is slow or away the oldest
/// are dropped, and counted.
/// </summary>
public sealed class MediaLink : IAsyncDisposable
{
    /// <summary>Largest picture in bytes.</summary>
    public const int MaximumPicture = 512 << 10;

    private readonly Topics _topics;
    private readonly MqttConnection _connection;
    private readonly Channel<Picture> _queue;
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private long _sent, _dropped;

    /// <param name="broker">The broker.</param>
    /// <param name="device">Name of the device.</param>
    /// <param name="time">Clock of back-off and time-outs.</param>
    /// <param name="capacity">Most pictures that wait.</param>
    /// <param name="beside">The main connection, without which this one is not made: a box that another one of its name has displaced stays away with both. Null for none.</param>
    public MediaLink(BrokerOptions broker, string device, TimeProvider time, int capacity = 8, MqttLink? beside = null)
    {
        _topics = new Topics(device);
        _connection = new MqttConnection(broker, $"clipfusion-{device}-media", null, time)
        {
            Allowed = cancellation => beside?.WhenAsync(s => s.IsConnected, cancellation) ?? Task.CompletedTask,
        };
        _queue = Channel.CreateBounded<Picture>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest }, Drop);
    }

    /// <summary>How the connection is doing.</summary>
    public LinkState State => _connection.State;

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
    public Task<LinkState> WhenAsync(Predicate<LinkState> wanted, CancellationToken cancellationToken) => _connection.WhenAsync(wanted, cancellationToken);

    /// <summary>Takes a picture without waiting.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="inspectionId">ULID, sent as user property <c>inspectionId</c>.</param>
    /// <param name="contentType">Media type, for example image/jpeg.</param>
    /// <param name="picture">The encoded picture; owned by the link from here.</param>
    /// <param name="memory">Where the picture lies: disposed when nobody reads it any more. Null for memory that is nobody's.</param>
    /// <returns>False when it is larger than <see cref="MaximumPicture"/> and was dropped.</returns>
    public bool TrySend(string station, string inspectionId, string contentType, ReadOnlyMemory<byte> picture, IDisposable? memory = null)
    {
        var taken = new Picture(
            new OutMessage(_topics.Heatmap(station), picture) { Acknowledged = false, ContentType = contentType, UserProperties = [new("inspectionId", inspectionId)] }, memory);
        if (picture.Length <= MaximumPicture) return _queue.Writer.TryWrite(taken);
        Drop(taken);
        return false;
    }

    /// <summary>Ends the connection; what still waits is dropped.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested) await _stop.CancelAsync();
        await _loop;
        while (_queue.Reader.TryRead(out Picture left)) Drop(left);
        await _connection.DisposeAsync();
        _stop.Dispose();
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
                await _connection.WhenAsync(s => s.IsConnected, _stop.Token);
                await _queue.Reader.WaitToReadAsync(_stop.Token);
                if (!State.IsConnected || !_queue.Reader.TryRead(out var picture)) continue;
                var outcome = await _connection.PublishAsync(picture.Message, _stop.Token);
                Interlocked.Increment(ref outcome.Status == PublishStatus.Delivered ? ref _sent : ref _dropped);
                // What was broken off may still be being written to the socket: its memory is left to the collector.
                if (outcome.Status != PublishStatus.Unknown) picture.Memory?.Dispose();
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the link.
        }
    }

    private readonly record struct Picture(OutMessage Message, IDisposable? Memory);
}
