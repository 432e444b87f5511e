using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Whom an answer is for, and whether it says no: what decides its place in an <see cref="ReplyQueue"/>.</summary>
/// <param name="Id">The caller's id; null where the caller gave none.</param>
/// <param name="IsRefusal">Whether it says no.</param>
internal readonly record struct AnswerTo(string? Id, bool IsRefusal);

/// <summary>
/// What one station has to say that is worth nothing later: acks, states, ends of exposure. Dropped while there is no connection. In order,
/// except that refusals wait until everything else is out: a controller waits 500 ms for its ack, and must get it behind a flood of ten
/// thousand refused triggers too. Answers with the same id never overtake each other, so that whoever asks twice hears the last word last.
/// Several messages are under way at once, because a round trip to the broker for each would be most of the time.
/// </summary>
internal sealed class ReplyQueue : IAsyncDisposable
{
    /// <summary>Most that are under way: fewer than brokers allow (20 by mosquitto's default), so that verdicts and other stations find
    /// room between them.</summary>
    public const int Window = 12;

    private readonly Lock _gate = new();
    private readonly Channel<Answer> _answers = Channel.CreateUnboundedPrioritized(
        new UnboundedPrioritizedChannelOptions<Answer> { SingleReader = true }
    );
    private readonly Dictionary<string, int> _yielding = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _window = new(Window);
    private readonly int _capacity;
    private readonly Task _loop;
    private long _taken,
        _dropped;
    private int _waiting;

    /// <param name="send">Where messages go.</param>
    /// <param name="capacity">Most that wait; one more is dropped.</param>
    public ReplyQueue(Send send, int capacity)
    {
        _capacity = capacity;
        _loop = Task.Run(() => RunAsync(send));
    }

    /// <summary>Messages that never reached the broker.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes a message that answers nobody, without waiting; false when too many wait already.</summary>
    public bool TrySend(OutMessage message) => TryTake(message, null, null);

    /// <summary>Takes an answer without waiting, and tells what became of it once the broker has answered;
    /// <see cref="PublishStatus.NotSent"/> when too many wait already.</summary>
    public Task<PublishStatus> SendAsync(OutMessage message, AnswerTo to)
    {
        var told = new TaskCompletionSource<PublishStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        return TryTake(message, to, told) ? told.Task : Task.FromResult(PublishStatus.NotSent);
    }

    /// <summary>Ends when everything that was taken has been answered.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_answers.Writer.TryComplete())
            return;
        await _loop;
        _window.Dispose();
    }

    private async Task RunAsync(Send send)
    {
        await _window.WaitAsync();
        await foreach (Answer answer in _answers.Reader.ReadAllAsync())
        {
            Leave(answer);
            _ = NoteAsync(await send(answer.Message, CancellationToken.None), answer.Told);
            // The next one is chosen when there is room for it, not before.
            await _window.WaitAsync();
        }

        for (int i = 1; i < Window; i++)
            await _window.WaitAsync();
    }

    private async Task NoteAsync(Task<PublishOutcome> outcome, TaskCompletionSource<PublishStatus>? told)
    {
        PublishStatus status = (await outcome).Status;
        if (status != PublishStatus.Delivered)
            Interlocked.Increment(ref _dropped);
        told?.SetResult(status);
        _window.Release();
    }

    private bool TryTake(OutMessage message, AnswerTo? to, TaskCompletionSource<PublishStatus>? told)
    {
        lock (_gate)
        {
            string? yieldsAs = to is { } answer && (answer.IsRefusal || _yielding.ContainsKey(answer.Id ?? "")) ? answer.Id ?? "" : null;
            if (_waiting < _capacity && _answers.Writer.TryWrite(new Answer(message, told, yieldsAs, _taken++)))
            {
                _waiting++;
                if (yieldsAs is not null)
                    _yielding[yieldsAs] = _yielding.GetValueOrDefault(yieldsAs) + 1;
                return true;
            }
        }

        Interlocked.Increment(ref _dropped);
        return false;
    }

    private void Leave(Answer answer)
    {
        lock (_gate)
        {
            _waiting--;
            if (answer.YieldsAs is { } id && --_yielding[id] == 0)
                _yielding.Remove(id);
        }
    }

    /// <param name="Message">What is said.</param>
    /// <param name="Told">Completed with what became of it.</param>
    /// <param name="YieldsAs">The id under which it waits for everything else; null for what does not.</param>
    /// <param name="Number">Order of arrival.</param>
    private sealed record Answer(OutMessage Message, TaskCompletionSource<PublishStatus>? Told, string? YieldsAs, long Number)
        : IComparable<Answer>
    {
        public int CompareTo(Answer? other) =>
            other is null ? 1 : (YieldsAs is not null, Number).CompareTo((other.YieldsAs is not null, other.Number));
    }
}
