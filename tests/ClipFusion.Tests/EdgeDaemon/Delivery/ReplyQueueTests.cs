using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>In which order a station's answers go out.</summary>
public sealed class ReplyQueueTests : IDisposable
{
    private readonly List<string> _sent = [];
    private readonly Queue<TaskCompletionSource<PublishOutcome>> _unanswered = new();
    private readonly SemaphoreSlim _changed = new(0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _changed.Dispose();

    [Fact]
    public async Task Send_BehindAThousandRefusals_GoesOutNext()
    {
        await using var lane = new ReplyQueue(Send, 4096);
        for (int i = 0; i < 1000; i++)
            lane.Send(Message($"no {i}"), new AnswerTo($"t{i}", IsRefusal: true));
        await SentAsync(ReplyQueue.Window);

        Task<PublishStatus> told = lane.Send(Message("yes"), new AnswerTo("mine", IsRefusal: false)).Told;
        Assert.True(lane.TrySend(Message("state")));
        await AnswerAsync(2);
        await SentAsync(ReplyQueue.Window + 2);

        Assert.Equal(["yes", "state"], _sent[ReplyQueue.Window..]);
        await AnswerAsync(1000);
        Assert.Equal(PublishStatus.Delivered, await told);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"no {i}"), _sent.Where(s => s.StartsWith("no", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Send_UnderWayOrDropped_IsHandedBeforeTheBrokerAnswers()
    {
        await using var lane = new ReplyQueue(Send, 1);
        QueuedAnswer sent = lane.Send(Message("sent"), new AnswerTo("a", IsRefusal: false));
        await sent.Handed.WaitAsync(Cancellation);
        Assert.False(sent.Told.IsCompleted);
        for (int i = 1; i < ReplyQueue.Window; i++)
        {
            lane.Send(Message("way"), new AnswerTo("b", IsRefusal: false));
            await SentAsync(i + 1);
        }

        QueuedAnswer waiting = lane.Send(Message("waiting"), new AnswerTo("c", IsRefusal: false)),
            dropped = lane.Send(Message("dropped"), new AnswerTo("d", IsRefusal: false));
        Assert.False(waiting.Handed.IsCompleted);
        await dropped.Handed.WaitAsync(Cancellation);
        Assert.Equal(PublishStatus.NotSent, await dropped.Told);
        await AnswerAsync(ReplyQueue.Window + 1);
        await waiting.Handed.WaitAsync(Cancellation);
    }

    [Theory]
    [InlineData("mine")]
    [InlineData(null)]
    public async Task Send_BehindARefusalOfTheSameId_DoesNotOvertakeIt(string? id)
    {
        await using var lane = new ReplyQueue(Send, 4096);
        for (int i = 0; i < ReplyQueue.Window + 5; i++)
            lane.Send(Message("other"), new AnswerTo("other", IsRefusal: true));
        lane.Send(Message("first no"), new AnswerTo(id, IsRefusal: true));
        lane.Send(Message("then yes"), new AnswerTo(id, IsRefusal: false));
        lane.Send(Message("yes again"), new AnswerTo(id, IsRefusal: false));
        await AnswerAsync(ReplyQueue.Window + 8);

        Assert.Equal(["first no", "then yes", "yes again"], _sent.Where(s => s != "other"));
    }

    [Fact]
    public async Task Send_BrokerThatDoesNotAnswer_HasAWindowUnderWayAndDropsBeyondItsCapacity()
    {
        await using var lane = new ReplyQueue(Send, 10);
        for (int i = 0; i < ReplyQueue.Window; i++)
        {
            lane.Send(Message("way"), new AnswerTo("a", IsRefusal: false));
            await SentAsync(i + 1);
        }

        Task<PublishStatus>[] waiting =
        [
            .. Enumerable.Range(0, 11).Select(i => lane.Send(Message($"{i}"), new AnswerTo("b", IsRefusal: false)).Told),
        ];

        Assert.Equal(PublishStatus.NotSent, await waiting[10].WaitAsync(Cancellation));
        Assert.Equal(ReplyQueue.Window, _sent.Count);
        await AnswerAsync(ReplyQueue.Window + 10);
        Assert.All(await Task.WhenAll(waiting[..10]), s => Assert.Equal(PublishStatus.Delivered, s));
        Assert.Equal(1, lane.Dropped);
    }

    [Fact]
    public async Task DisposeAsync_WithAnswersUnderWay_WaitsForTheBroker()
    {
        var lane = new ReplyQueue(Send, 10);
        Task<PublishStatus> told = lane.Send(Message("last"), new AnswerTo("a", IsRefusal: false)).Told;
        Task disposed = lane.DisposeAsync().AsTask();
        await SentAsync(1);
        Assert.False(disposed.IsCompleted);

        await AnswerAsync(1);
        await disposed.WaitAsync(Cancellation);
        Assert.True(told.IsCompleted);
    }

    private static OutMessage Message(string text) => new("topic", System.Text.Encoding.UTF8.GetBytes(text));

    private ValueTask<Task<PublishOutcome>> Send(OutMessage message, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<PublishOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_sent)
        {
            _sent.Add(System.Text.Encoding.UTF8.GetString(message.Payload.Span));
            _unanswered.Enqueue(answer);
        }

        _changed.Release();
        return ValueTask.FromResult(answer.Task);
    }

    /// <summary>Waits until so many were sent in all.</summary>
    private Task SentAsync(int count) => UntilAsync(() => _sent.Count >= count);

    /// <summary>Answers the oldest that are under way, waiting for each to be sent.</summary>
    private async Task AnswerAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await UntilAsync(() => _unanswered.Count > 0);
            lock (_sent)
                _unanswered.Dequeue().SetResult(new PublishOutcome(PublishStatus.Delivered));
        }
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        while (true)
        {
            lock (_sent)
            {
                if (isSo())
                    return;
            }

            await _changed.WaitAsync(Cancellation);
        }
    }
}
