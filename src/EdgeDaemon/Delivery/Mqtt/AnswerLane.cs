using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What one station has to say that is worth nothing later: acks, states, ends of exposure. In order, one at a time, dropped while there is no connection.</summary>
internal sealed class AnswerLane : IAsyncDisposable
{
    private readonly Channel<OutMessage> _messages;
    private readonly Task _loop;
    private long _dropped;

    /// <param name="publish">Where messages go.</param>
    /// <param name="capacity">Most that wait; one more is dropped.</param>
    public AnswerLane(Publish publish, int capacity)
    {
        _messages = Channel.CreateBounded<OutMessage>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _loop = Task.Run(async () =>
        {
            await foreach (var message in _messages.Reader.ReadAllAsync())
                if ((await publish(message, CancellationToken.None)).Status != PublishStatus.Delivered) Interlocked.Increment(ref _dropped);
        });
    }

    /// <summary>Messages that never reached the broker.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes a message without waiting; false when too many wait already.</summary>
    public bool TrySend(OutMessage message)
    {
        if (_messages.Writer.TryWrite(message)) return true;
        Interlocked.Increment(ref _dropped);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await _loop;
    }
}
