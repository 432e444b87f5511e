using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

public sealed class VerdictPublisherTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private TimeSpan _liveWindow = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _time = new(Samples.Noon) { AutoAdvanceAmount = TimeSpan.Zero };
    private readonly MemoryOutbox _outbox = new();
    private readonly AckOrder _acks = new();
    private readonly Channel<OutMessage> _published = Channel.CreateUnbounded<OutMessage>();
    private readonly CancellationTokenSource _limit = new(Limit);
    private Func<OutMessage, PublishOutcome> _broker = _ => new(PublishStatus.Delivered);
    private readonly List<OutMessage> _seen = [];
    private NoSubscriber _noSubscriber = NoSubscriber.Replay;
    private VerdictPublisher? _publisher;

    private CancellationToken Cancellation => _limit.Token;

    [Fact]
    public async Task Publisher_LiveRows_GoOutInOrderOnBothTopics()
    {
        for (int i = 1; i <= 200; i++)
            _outbox.Add(Row(i));
        Start();
        await _outbox.WhenEmptyAsync(Cancellation);

        var messages = Drain();
        Assert.Equal(Sequences(1, 200), SequencesOn(messages, "/verdict"));
        Assert.Equal(Sequences(1, 200), SequencesOn(messages, "/verdict/simple"));
        Assert.Empty(SequencesOn(messages, "/verdict/replay"));
        Assert.Equal(Sequences(1, 200), _outbox.Delivered);
        Assert.All(messages, m => Assert.Equal(TimeSpan.FromSeconds(10), m.Expiry));
    }

    [Fact]
    public async Task WhenCaughtUp_VerdictThatTheBrokerHasNotTakenYet_WaitsForIt()
    {
        using var isTaken = new ManualResetEventSlim();
        _broker = _ =>
        {
            isTaken.Wait(Cancellation);
            return new(PublishStatus.Delivered);
        };
        Start();
        Assert.True(_publisher!.WhenCaughtUp().IsCompletedSuccessfully);
        _outbox.Add(Row(1));
        _publisher.Wake("line1");
        Task caughtUp = _publisher.WhenCaughtUp();
        OutMessage first = await _published.Reader.ReadAsync(Cancellation);
        Assert.False(caughtUp.IsCompleted);
        isTaken.Set();
        await caughtUp.WaitAsync(Cancellation);
        List<OutMessage> all = [first, .. Drain()];
        Assert.Equal([1], SequencesOn(all, "/verdict"));
        Assert.Equal([1], SequencesOn(all, "/verdict/simple"));
    }

    [Fact]
    public async Task Publisher_VerdictQuickerThanItsAck_GoesOutBehindItAndHoldsNoOtherStation()
    {
        OutboxRow quick = Row(1);
        _acks.Owe(quick.Verdict.Inspection.Id);
        _outbox.Add(quick);
        _outbox.Add(Row(2));
        _outbox.Add(Row(3, "line2"));
        Start("line1", "line2");
        List<OutMessage> first = [await _published.Reader.ReadAsync(Cancellation), await _published.Reader.ReadAsync(Cancellation)];
        Assert.All([.. first, .. Drain()], m => Assert.Contains("/line2/", m.Topic, StringComparison.Ordinal));

        _acks.Said(quick.Verdict.Inspection.Id);
        await _outbox.WhenEmptyAsync(Cancellation);
        Assert.Equal([1, 2], SequencesOn(Drain(), "/line1/verdict"));
    }

    [Fact]
    public async Task Publisher_OldRows_GoToReplayOnlyAndLiveOnesDoNotWaitForThem()
    {
        for (int i = 1; i <= 1000; i++)
            _outbox.Add(Row(i, age: TimeSpan.FromSeconds(11)));
        for (int i = 1001; i <= 1003; i++)
            _outbox.Add(Row(i));
        Start();
        var live = new List<long>();
        while (live.Count < 3)
        {
            var message = await _published.Reader.ReadAsync(Cancellation);
            if (message.Topic.EndsWith("/verdict", StringComparison.Ordinal))
                live.Add(Sequence(message));
            else
                Assert.False(
                    message.Topic.EndsWith("/replay", StringComparison.Ordinal) && Sequence(message) > 5,
                    "a thousand old rows went before a live one"
                );
        }
        Assert.Equal(Sequences(1001, 1003), live);
        Assert.InRange(_outbox.Reads, 1, 60);
    }

    [Fact]
    public async Task Publisher_OldRows_AreReplayedInOrderAndFlagged()
    {
        for (int i = 1; i <= 5; i++)
            _outbox.Add(Row(i, age: TimeSpan.FromMinutes(1)));
        Start();
        var replayed = new List<OutMessage>();
        while (replayed.Count < 5)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            while (_published.Reader.TryRead(out var message))
                replayed.Add(message);
            await Task.Yield();
            Cancellation.ThrowIfCancellationRequested();
        }
        Assert.Equal(Sequences(1, 5), SequencesOn(replayed, "/verdict/replay"));
        Assert.All(replayed, m => Assert.True(Flags(m).GetProperty("replayed").GetBoolean()));
        Assert.All(replayed, m => Assert.Null(m.Expiry));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(11, false)]
    [InlineData(-1, false)]
    public async Task Publisher_RowOfAnEarlierRun_IsJudgedByTheWallClock(int secondsOld, bool isLive)
    {
        var accepted = Samples.Accepted(at: _time.GetUtcNow() - TimeSpan.FromSeconds(secondsOld));
        _outbox.Add(new OutboxRow(Samples.NotJudged(accepted, Code.Interrupted), "earlier", long.MaxValue, null));
        Start();
        var first = await _published.Reader.ReadAsync(Cancellation);
        Assert.Equal(isLive, !first.Topic.EndsWith("/replay", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Publisher_RowRefusedThreeTimes_IsParkedAndOtherStationsGoOn()
    {
        _broker = m =>
            m.Topic.Contains("/bad/", StringComparison.Ordinal)
            && m.Topic.EndsWith("/verdict", StringComparison.Ordinal)
            && Sequence(m) == 1
                ? new(PublishStatus.Refused, "quota")
                : new(PublishStatus.Delivered);
        _outbox.Add(Row(1, "bad"));
        _outbox.Add(Row(2, "bad"));
        for (int i = 1; i <= 50; i++)
            _outbox.Add(Row(i, "good"));
        // The clock below runs as fast as the loop: a window of years keeps every row live whatever the machine is doing.
        _liveWindow = TimeSpan.FromDays(1000);
        Start("bad", "good");

        var seen = new List<OutMessage>();
        while (SequencesOn(seen, "/good/verdict/simple").Count < 50)
            seen.Add(await _published.Reader.ReadAsync(Cancellation));
        Assert.DoesNotContain(2, SequencesOn(seen, "/bad/verdict"));
        while (!SequencesOn(seen, "/bad/verdict").Contains(2))
        {
            _time.Advance(TimeSpan.FromMilliseconds(1100));
            while (_published.Reader.TryRead(out var message))
                seen.Add(message);
            await Task.Yield();
            Cancellation.ThrowIfCancellationRequested();
        }
        await _outbox.WhenEmptyAsync(Cancellation);

        Assert.Equal([1L], _outbox.Parked);
        Assert.Equal(3, SequencesOn(seen, "/bad/verdict").Count(s => s == 1));
        Assert.Single(SequencesOn(seen, "/bad/verdict/simple"), 1L);
        Assert.Equal((3, 1), (_publisher!.Counts("bad").Refused, _publisher.Counts("bad").Parked));
    }

    [Fact]
    public async Task Publisher_AnswerLost_SendsAgainFlaggedDuplicate()
    {
        int cut = 0;
        _broker = m =>
            m.Topic.EndsWith("/verdict", StringComparison.Ordinal) && Interlocked.Increment(ref cut) == 1
                ? new(PublishStatus.Unknown, "cut")
                : new(PublishStatus.Delivered);
        _outbox.Add(Row(1));
        _outbox.Add(Row(2));
        Start();
        await _outbox.WhenEmptyAsync(Cancellation);

        var verdicts = Drain().Where(m => m.Topic.EndsWith("/verdict", StringComparison.Ordinal)).ToList();
        Assert.Equal([1L, 1, 2], verdicts.Select(Sequence));
        Assert.Equal([false, true, false], verdicts.Select(m => Flags(m).GetProperty("duplicate").GetBoolean()));
    }

    [Fact]
    public async Task Publisher_RowsOfAnEarlierProcess_AreFlaggedWhereItMayHaveHandedThemOver()
    {
        _outbox.Add(Row(1) with { Handed = Handed.ByAnEarlierProcess });
        _outbox.Add(Row(2) with { Handed = Handed.Never });
        _outbox.Add(Row(3) with { Handed = Handed.ByThisProcess });
        Start();
        await _outbox.WhenEmptyAsync(Cancellation);
        var messages = Drain();
        Assert.Equal([true, false, false], On(messages, "/verdict").Select(IsDuplicate));
        Assert.Equal(["1", "0", "0"], On(messages, "/verdict/simple").Select(m => Encoding.ASCII.GetString(m.Payload.Span)[28..29]));
        Assert.Equal([2L], _outbox.Handing);
    }

    [Fact]
    public async Task Publisher_OldRowsOfAnEarlierProcess_AreReplayedFlagged()
    {
        _outbox.Add(Row(1, age: TimeSpan.FromMinutes(1)) with { Handed = Handed.ByAnEarlierProcess });
        _outbox.Add(Row(2, age: TimeSpan.FromMinutes(1)) with { Handed = Handed.Never });
        Start();
        await AdvanceUntilEmptyAsync();
        Assert.Equal([true, false], On(Drain(), "/verdict/replay").Select(IsDuplicate));
        Assert.Equal([2L], _outbox.Handing);
    }

    [Fact]
    public async Task Publisher_DeliveredButNotMarked_SaysDuplicateWhenItIsSentAgain()
    {
        _outbox.FailDelivered = 1;
        _outbox.Add(Row(1, age: TimeSpan.FromMinutes(1)) with { Handed = Handed.ByThisProcess });
        Start();
        await AdvanceUntilEmptyAsync();
        Assert.Equal([false, true], On(Drain(), "/verdict/replay").Select(IsDuplicate));
    }

    [Fact]
    public async Task Publisher_NobodySubscribes_WaitsForReplayAndIsTriedAgainEvery10sAndAtAConnection()
    {
        _broker = _ => new(PublishStatus.Delivered) { IsUnheard = true };
        _outbox.Add(Row(1) with { Handed = Handed.ByThisProcess });
        _outbox.Add(Row(2) with { Handed = Handed.ByThisProcess });
        Start();
        // Live ones go out at once, before any clock moves: one that runs ahead of the loop would make them old.
        while (On(_seen, "/verdict").Count < 2)
            _seen.Add(await _published.Reader.ReadAsync(Cancellation));
        while (On(_seen, "/verdict/replay").Count < 1)
            await SeeAsync(TimeSpan.FromMilliseconds(5));
        Assert.Equal(0, _publisher!.Counts("line1").Live);
        Assert.Contains((1L, true), _outbox.Unheard);
        int tried = On(_seen, "/verdict/replay").Count;
        Assert.InRange(tried, 1, 2);
        _publisher.Reconnected();
        while (On(_seen, "/verdict/replay").Count == tried)
            await SeeAsync(TimeSpan.FromMilliseconds(1));
        tried = On(_seen, "/verdict/replay").Count;
        long before = _time.GetTimestamp();
        while (On(_seen, "/verdict/replay").Count == tried)
            await SeeAsync(TimeSpan.FromMilliseconds(100));
        // The clock runs ahead of the loop: it may have been tried later than that, but not before.
        Assert.True(_time.GetElapsedTime(before) > TimeSpan.FromSeconds(8), "tried again too soon");

        _broker = _ => new(PublishStatus.Delivered);
        _publisher.Reconnected();
        await AdvanceUntilEmptyAsync();
        while (_published.Reader.TryRead(out var message))
            _seen.Add(message);
        var replayed = On(_seen, "/verdict/replay");
        Assert.Equal([1L, 2], replayed.TakeLast(2).Select(Sequence));
        Assert.All(replayed, m => Assert.False(IsDuplicate(m)));
        Assert.Equal((0, 2, 0), (_publisher.Counts("line1").Live, _publisher.Counts("line1").Replayed, _publisher.Counts("line1").Unheard));
    }

    [Theory]
    [InlineData("/verdict")]
    [InlineData("/verdict/simple")]
    public async Task Publisher_OneLiveTopicIsHeard_IsDelivered(string heard)
    {
        _broker = m => new(PublishStatus.Delivered) { IsUnheard = !m.Topic.EndsWith(heard, StringComparison.Ordinal) };
        _outbox.Add(Row(1));
        Start();
        await _outbox.WhenEmptyAsync(Cancellation);
        Assert.Equal([1L], _outbox.Delivered);
        Assert.Empty(On(Drain(), "/verdict/replay"));
    }

    [Fact]
    public async Task Publisher_NobodySubscribesAndNobodyShall_CountsAsDelivered()
    {
        _noSubscriber = NoSubscriber.Delivered;
        _broker = _ => new(PublishStatus.Delivered) { IsUnheard = true };
        _outbox.Add(Row(1));
        _outbox.Add(Row(2, age: TimeSpan.FromMinutes(1)));
        Start();
        await AdvanceUntilEmptyAsync();
        Assert.Equal([1L, 2], _outbox.Delivered.Order());
    }

    [Fact]
    public async Task Publisher_UnheardForADay_IsGivenUpAndCountedAndTheNextIsTried()
    {
        _broker = m => new(PublishStatus.Delivered) { IsUnheard = Sequence(m) == 1 };
        _outbox.Add(Row(1, age: TimeSpan.FromDays(2)) with { UnheardFor = TimeSpan.FromHours(24) });
        _outbox.Add(Row(2, age: TimeSpan.FromDays(2)));
        Start();
        await AdvanceUntilEmptyAsync();
        Assert.Equal([1L], _outbox.GivenUp);
        Assert.Equal([2L], _outbox.Delivered);
        Assert.Equal(1, _publisher!.Counts("line1").Unheard);
    }

    [Fact]
    public async Task Publisher_RowThatNoMessageCanBeMadeOf_IsParkedAndOtherStationsGoOn()
    {
        // The clock below runs as fast as the loop: a window of years keeps live what is live.
        _liveWindow = TimeSpan.FromDays(1000);
        foreach ((long first, TimeSpan age) in ((long, TimeSpan)[])[(1, TimeSpan.FromDays(2000)), (11, TimeSpan.Zero)])
        {
            OutboxRow bad = Row(first, "bad", age);
            _outbox.Add(bad with { Verdict = bad.Verdict with { Regions = new Unreadable() } });
            _outbox.Add(Row(first + 1, "bad", age));
            _outbox.Add(Row(first, "good", age));
        }
        Start("bad", "good");
        await AdvanceUntilEmptyAsync();
        Assert.Equal([1L, 11], _outbox.Parked.Order());
        Assert.Equal([1L, 2, 11, 12], _outbox.Delivered.Order());
        Assert.DoesNotContain(SequencesOn(Drain(), "/bad/verdict/simple"), s => s == 11);
    }

    [Fact]
    public async Task Publisher_AfterTheDeadline_FlagsLate()
    {
        _outbox.Add(Row(1) with { DueTimestamp = _time.GetTimestamp() - 1 });
        _outbox.Add(Row(2) with { DueTimestamp = _time.GetTimestamp() + 1 });
        Start();
        await _outbox.WhenEmptyAsync(Cancellation);
        var verdicts = Drain().Where(m => m.Topic.EndsWith("/verdict", StringComparison.Ordinal));
        Assert.Equal([true, false], verdicts.Select(m => Flags(m).GetProperty("late").GetBoolean()));
    }

    [Fact]
    public async Task Publisher_Resend_IsFlaggedDuplicateOnBothTopics()
    {
        _outbox.Add(Row(1));
        Start();
        await _outbox.WhenEmptyAsync(Cancellation);
        Drain();
        _publisher!.Resend(Row(1));
        var text = await _published.Reader.ReadAsync(Cancellation);
        var json = await _published.Reader.ReadAsync(Cancellation);
        Assert.EndsWith(
            ";0110;T-1                                 ",
            Encoding.ASCII.GetString(text.Payload.Span),
            StringComparison.Ordinal
        );
        Assert.True(Flags(json).GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task Publisher_RowCommittedLater_GoesOutOnWake()
    {
        Start();
        for (int i = 1; i <= 20; i++)
        {
            _outbox.Add(Row(i));
            _publisher!.Wake("line1");
            await _outbox.WhenEmptyAsync(Cancellation);
        }
        Assert.Equal(Sequences(1, 20), SequencesOn(Drain(), "/verdict"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_publisher is not null)
            await _publisher.DisposeAsync();
        _limit.Dispose();
    }

    private void Start(params string[] stations)
    {
        _publisher = new VerdictPublisher(
            new Topics("box"),
            stations is [] ? ["line1"] : stations,
            _outbox.Seam,
            (message, _) =>
            {
                _published.Writer.TryWrite(message);
                return Task.FromResult(_broker(message));
            },
            _ => Task.CompletedTask,
            new DeliveryOptions
            {
                BootId = "boot",
                LiveWindow = _liveWindow,
                NoSubscriber = _noSubscriber,
            },
            _acks,
            _time
        );
        _publisher.Start();
    }

    private OutboxRow Row(long sequence, string station = "line1", TimeSpan age = default) =>
        new(
            Samples.Judged(Samples.Accepted(sequence, station, at: _time.GetUtcNow() - age)),
            "boot",
            _time.GetTimestamp() - (long)(age.TotalSeconds * _time.TimestampFrequency),
            null
        );

    private List<OutMessage> Drain()
    {
        var all = new List<OutMessage>();
        while (_published.Reader.TryRead(out var message))
            all.Add(message);
        return all;
    }

    /// <summary>Regions that can't be told.</summary>
    private sealed class Unreadable : IReadOnlyList<RegionRecord>
    {
        public int Count => 1;

        public RegionRecord this[int index] => throw new NotSupportedException();

        public IEnumerator<RegionRecord> GetEnumerator() => throw new NotSupportedException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static List<OutMessage> On(IEnumerable<OutMessage> messages, string topicEnd) =>
        [.. messages.Where(m => m.Topic.EndsWith(topicEnd, StringComparison.Ordinal))];

    private static bool IsDuplicate(OutMessage message) => Flags(message).GetProperty("duplicate").GetBoolean();

    private async Task SeeAsync(TimeSpan step)
    {
        _time.Advance(step);
        while (_published.Reader.TryRead(out var message))
            _seen.Add(message);
        await Task.Yield();
        Cancellation.ThrowIfCancellationRequested();
    }

    private async Task AdvanceUntilEmptyAsync()
    {
        Task empty = _outbox.WhenEmptyAsync(Cancellation);
        while (!empty.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }
        await empty;
    }

    private static List<long> SequencesOn(IEnumerable<OutMessage> messages, string topicEnd) =>
        [.. messages.Where(m => m.Topic.EndsWith(topicEnd, StringComparison.Ordinal)).Select(Sequence)];

    private static IEnumerable<long> Sequences(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => (long)i);

    private static long Sequence(OutMessage message) =>
        message.Topic.EndsWith("/simple", StringComparison.Ordinal)
            ? long.Parse(Encoding.ASCII.GetString(message.Payload.Span[..10]))
            : JsonDocument.Parse(message.Payload).RootElement.GetProperty("seq").GetInt64();

    private static JsonElement Flags(OutMessage message) => JsonDocument.Parse(message.Payload).RootElement.GetProperty("flags");
}
