using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What one station has to say that is worth nothing later: acks, states, ends of exposure. In order, one at a time, dropped while there is no connection.</summary>
internal sealed class AnswerLane : IAsyncDisposable
{
    private readonly Channel<(OutMessage Message, TaskCompletionSource<PublishStatus>? Told)> _messages;
    private readonly Task _loop;
    private long _dropped;

    /// <param name="publish">Where messages go.</param>
    /// <param name="capacity">Most that wait; one more is dropped.</param>
    public AnswerLane(Publish publish, int capacity)
    {
        _messages = Channel.CreateBounded<(OutMessage, TaskCompletionSource<PublishStatus>?)>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _loop = Task.Run(async () =>
        {
            await foreach (var (message, told) in _messages.Reader.ReadAllAsync())
            {
                var status = (await publish(message, CancellationToken.None)).Status;
                if (status != PublishStatus.Delivered) Interlocked.Increment(ref _dropped);
                told?.SetResult(status);
            }
        });
    }

    /// <summary>Messages that never reached the broker.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes a message without waiting; false when too many wait already.</summary>
    public bool TrySend(OutMessage message) => TryWrite(message, null);

    /// <summary>Takes a message without waiting, and tells what became of it once the broker has answered; <see cref="PublishStatus.NotSent"/> when too many wait already.</summary>
    public Task<PublishStatus> SendAsync(OutMessage message)
    {
        var told = new TaskCompletionSource<PublishStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        return TryWrite(message, told) ? told.Task : Task.FromResult(PublishStatus.NotSent);
    }

    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await _loop;
    }

    private bool TryWrite(OutMessage message, TaskCompletionSource<PublishStatus>? told)
    {
        if (_messages.Writer.TryWrite((message, told))) return true;
        Interlocked.Increment(ref _dropped);
        return false;
    }
}
