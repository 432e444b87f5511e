using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Whom an answer is for, and whether it says no: what decides its place in an <see cref="ReplyQueue"/>.</summary>
/// <param name="Id">The caller's id; null where the caller gave none.</param>
/// <param name="IsRefusal">Whether it says no.</param>
internal readonly record struct AnswerTo(string? Id, bool IsRefusal);

/// <summary>An answer that was queued.</summary>
/// <param name="Handed">Completes when the connection has it, or never will: what is handed over from then on comes behind it.</param>
/// <param name="Told">What became of it, once the broker has answered.</param>
internal readonly record struct QueuedAnswer(Task Handed, Task<PublishStatus> Told)
{
    /// <summary>One that the caller has already.</summary>
    public static QueuedAnswer Arrived { get; } = new(Task.CompletedTask, Task.FromResult(PublishStatus.Delivered));
}

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

    /// <summary>Takes an answer without waiting; <see cref="PublishStatus.NotSent"/> when too many wait already.</summary>
    public QueuedAnswer Send(OutMessage message, AnswerTo to)
    {
        var progress = new Progress();
        return TryTake(message, to, progress)
            ? new QueuedAnswer(progress.Handed.Task, progress.Told.Task)
            : new QueuedAnswer(Task.CompletedTask, Task.FromResult(PublishStatus.NotSent));
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
            Task<PublishOutcome> outcome = await send(answer.Message, CancellationToken.None);
            answer.Progress?.Handed.SetResult();
            _ = NoteAsync(outcome, answer.Progress);
            // The next one is chosen when there is room for it, not before.
            await _window.WaitAsync();
        }

        for (int i = 1; i < Window; i++)
            await _window.WaitAsync();
    }

    private async Task NoteAsync(Task<PublishOutcome> outcome, Progress? progress)
    {
        PublishStatus status = (await outcome).Status;
        if (status != PublishStatus.Delivered)
            Interlocked.Increment(ref _dropped);
        progress?.Told.SetResult(status);
        _window.Release();
    }

    private bool TryTake(OutMessage message, AnswerTo? to, Progress? progress)
    {
        lock (_gate)
        {
            string? yieldsAs = to is { } answer && (answer.IsRefusal || _yielding.ContainsKey(answer.Id ?? "")) ? answer.Id ?? "" : null;
            if (_waiting < _capacity && _answers.Writer.TryWrite(new Answer(message, progress, yieldsAs, _taken++)))
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

    private sealed class Progress
    {
        public TaskCompletionSource Handed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<PublishStatus> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <param name="Message">What is said.</param>
    /// <param name="Progress">Told of its way; null where nobody asks.</param>
    /// <param name="YieldsAs">The id under which it waits for everything else; null for what does not.</param>
    /// <param name="Number">Order of arrival.</param>
    private sealed record Answer(OutMessage Message, Progress? Progress, string? YieldsAs, long Number) : IComparable<Answer>
    {
        public int CompareTo(Answer? other) =>
            other is null ? 1 : (YieldsAs is not null, Number).CompareTo((other.YieldsAs is not null, other.Number));
    }
}
