using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What the publishers of all stations share.</summary>
internal sealed record PublisherContext(
    Topics Topics,
    Outbox Outbox,
    Publish Publish,
    Func<CancellationToken, Task> Connected,
    DeliveryOptions Options,
    TimeProvider Time,
    LiveTraffic Traffic,
    AckOrder Acks,
    Signal Replay,
    Heartbeats? Heartbeats,
    ILogger Log
)
{
    /// <summary>How long one row may take, with a broker that does not answer and a disk that is slow, before the loop counts as
    /// hung.</summary>
    public static readonly TimeSpan RowLimit = TimeSpan.FromMinutes(2);
}

/// <summary>
/// Delivers one station's verdicts live: in order, one row at a time. It alone decides which rows are too old; those up to
/// <see cref="ReplayThrough"/> belong to replay.
/// </summary>
internal sealed class StationVerdictPublisher(string station, PublisherContext context)
{
    private readonly Freshness _freshness = new(context.Options, context.Time);
    private readonly Channel<OutboxRow> _resends = Channel.CreateBounded<OutboxRow>(
        new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private readonly Signal _wake = new();
    private readonly LiveTraffic _waiting = new();
    private Task _marking = Task.CompletedTask;
    private Heartbeat? _heartbeat;
    private long _cursor,
        _replayThrough,
        _told,
        _seen;
    private int _isUnheard;

    public string Station => station;

    public VerdictSender Sender { get; } = new(context.Topics, context.Publish, new Freshness(context.Options, context.Time));

    public DeliveryCounters Counters { get; } = new();

    /// <summary>Rows up to this sequence that are still in the outbox are replay's.</summary>
    public long ReplayThrough => Interlocked.Read(ref _replayThrough);

    public void Wake()
    {
        _waiting.Enter();
        Interlocked.Increment(ref _told);
        _wake.Set();
    }

    /// <summary>Completes when every row that <see cref="Wake"/> told of by now is out or has become replay's.</summary>
    public Task WhenCaughtUp() => _waiting.WhenIdle();

    public void Resend(OutboxRow row)
    {
        _resends.Writer.TryWrite(row);
        _wake.Set();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using Heartbeat? heartbeat = _heartbeat = context.Heartbeats?.Add($"{station}: delivery");
        while (true)
        {
            try
            {
                await WaitAsync(context.Connected(cancellationToken));
                using Heartbeat.Work? looking = heartbeat?.Begin(PublisherContext.RowLimit);
                await SendResendsAsync(cancellationToken);
                long told = Interlocked.Read(ref _told);
                var page = await context.Outbox.Read(station, _cursor, context.Options.PageSize, cancellationToken);
                if (page.Count == 0)
                {
                    for (; _seen < told; _seen++)
                        _waiting.Leave();
                    await WaitAsync(_wake.WaitAsync(cancellationToken));
                }
                else
                {
                    await SendPageAsync(page, cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await _marking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }
            catch (Exception e)
            {
                // The store failed: nothing is lost, everything is tried again.
                Counters.Failed($"the outbox of {station}: {e.Message}");
                _marking = Task.CompletedTask;
                await Task.Delay(context.Options.RetryDelay, context.Time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SendPageAsync(IReadOnlyList<OutboxRow> page, CancellationToken cancellationToken)
    {
        foreach (var row in page)
        {
            if (_freshness.LiveFor(row) is not { } liveFor)
            {
                await LeaveToReplayAsync(row, cancellationToken);
                return;
            }
            if (!await SendAsync(row, liveFor, cancellationToken))
                return;
            await SendResendsAsync(cancellationToken);
        }
    }

    /// <summary>Sends one row; false when it has to be looked at again.</summary>
    private async Task<bool> SendAsync(OutboxRow row, TimeSpan liveFor, CancellationToken cancellationToken)
    {
        _ = _heartbeat?.Begin(PublisherContext.RowLimit);
        // Rows stored while the broker was away; the others were noted when they were stored, which spares the line a wait for the disk.
        if (row.Handed == Handed.Never)
            await context.Outbox.Handing(row, cancellationToken);
        await context.Acks.WhenSaid(row.Verdict.Inspection.Id).WaitAsync(cancellationToken);
        context.Traffic.Enter();
        PublishOutcome outcome;
        try
        {
            outcome = await TrySendAsync(row, () => Sender.SendLiveAsync(row, liveFor, isResend: false, cancellationToken));
        }
        finally
        {
            context.Traffic.Leave();
        }
        switch (outcome.Status)
        {
            case PublishStatus.Delivered when outcome.IsUnheard && context.Options.NoSubscriber == NoSubscriber.Replay:
                NoteUnheard(row);
                await context.Outbox.Unheard(row, !Sender.MaybeSent(row), cancellationToken);
                await HandToReplayAsync(row.Sequence);
                return true;
            case PublishStatus.Delivered:
                // The commit of this row's mark and the next row's publish overlap; marks stay in order.
                await _marking;
                _marking = MarkDeliveredAsync(row);
                Counters.Live();
                if (!outcome.IsUnheard)
                    NoteHeard(row);
                _cursor = row.Sequence;
                return true;
            case PublishStatus.Refused:
                bool isParked = await context.Outbox.Refused(row, outcome.Why!, cancellationToken);
                Counters.Refused(outcome.Why!, isParked);
                if (isParked)
                    _cursor = row.Sequence;
                else
                    await Task.Delay(context.Options.RetryDelay, context.Time, cancellationToken);
                return isParked;
            default:
                // The connection is gone or going; its loop says so in a moment.
                await Task.Yield();
                return false;
        }
    }

    /// <summary>Sends a row; one that no message can be made of counts as refused, so that it is parked and holds nobody back.</summary>
    public async Task<PublishOutcome> TrySendAsync(OutboxRow row, Func<Task<PublishOutcome>> send)
    {
        try
        {
            return await send();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            DeliveryLog.CannotSend(context.Log, row.Verdict.Inspection.Id, station, row.Sequence, e);
            return new(PublishStatus.Refused, $"no message can be made of it: {e.Message}");
        }
    }

    /// <summary>Nobody heard a row: said once, until somebody hears one.</summary>
    public void NoteUnheard(OutboxRow row)
    {
        if (Interlocked.Exchange(ref _isUnheard, 1) == 0)
            DeliveryLog.NobodyListens(context.Log, station, row.Sequence);
    }

    /// <summary>Somebody heard a row.</summary>
    public void NoteHeard(OutboxRow row)
    {
        if (Interlocked.Exchange(ref _isUnheard, 0) == 1)
            DeliveryLog.HeardAgain(context.Log, station, row.Sequence);
    }

    private Task WaitAsync(Task task) => _heartbeat?.WaitAsync(task) ?? task;

    private async Task MarkDeliveredAsync(OutboxRow row)
    {
        await context.Outbox.Delivered(row, CancellationToken.None);
        Sender.Forget(row);
    }

    private async Task HandToReplayAsync(long through)
    {
        // Without its mark a row that went out live would be replayed as well.
        await _marking;
        _cursor = through;
        Interlocked.Exchange(ref _replayThrough, through);
        context.Replay.Set();
    }

    /// <summary>
    /// Age grows with sequence, so all rows up to the last old one are replay's. That one is found by doubling steps and halving: after a
    /// week without a broker the first live verdict must not wait until a million rows have been read.
    /// </summary>
    private async Task LeaveToReplayAsync(OutboxRow old, CancellationToken cancellationToken)
    {
        long last = old.Sequence,
            step = 1;
        while (await FirstOldAfterAsync(last + step, cancellationToken) is { } found)
            (last, step) = (found, step * 2);
        while (step > 1)
        {
            step /= 2;
            if (await FirstOldAfterAsync(last + step, cancellationToken) is { } found)
                last = found;
        }
        if (await FirstOldAfterAsync(last, cancellationToken) is { } next)
            last = next;

        await HandToReplayAsync(last);
    }

    private async Task<long?> FirstOldAfterAsync(long sequence, CancellationToken cancellationToken)
    {
        var rows = await context.Outbox.Read(station, sequence, 1, cancellationToken);
        return rows.Count > 0 && _freshness.LiveFor(rows[0]) is null ? rows[0].Sequence : null;
    }

    private async Task SendResendsAsync(CancellationToken cancellationToken)
    {
        while (_resends.Reader.TryRead(out var row))
        {
            // What is in the outbox still will go out by itself, and first.
            await _marking;
            var pending = await context.Outbox.Read(station, row.Sequence - 1, 1, cancellationToken);
            if (pending.Count > 0 && pending[0].Sequence == row.Sequence)
                continue;
            if (_freshness.LiveFor(row) is { } liveFor)
                await Sender.SendLiveAsync(row, liveFor, isResend: true, cancellationToken);
            else
                await Sender.SendReplayAsync(row, isResend: true, cancellationToken);
        }
    }
}
