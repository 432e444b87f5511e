using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>
/// Delivers old verdicts of all stations, station by station in turn, each in order, slowly, and never while a live one is under way. A
/// station whose row was refused, whose store failed or whose replay topic nobody hears pauses; the others go on.
/// </summary>
internal sealed class ReplayLoop(IReadOnlyList<StationVerdictPublisher> publishers, PublisherContext context)
{
    private readonly Dictionary<StationVerdictPublisher, long> _pausedUntil = [];
    private int _connections,
        _knownConnections;

    /// <summary>There is a new connection: who did not listen before may listen now.</summary>
    public void Reconnected()
    {
        Interlocked.Increment(ref _connections);
        context.Replay.Set();
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using Heartbeat? heartbeat = context.Heartbeats?.Add("replay");
        Task WaitAsync(Task task) => heartbeat?.WaitAsync(task) ?? task;
        while (true)
        {
            try
            {
                await WaitAsync(context.Connected(cancellationToken));
                if (Interlocked.Exchange(ref _knownConnections, Volatile.Read(ref _connections)) != Volatile.Read(ref _connections))
                    _pausedUntil.Clear();
                bool any = false;
                foreach (var publisher in publishers)
                {
                    using Heartbeat.Work? replaying = heartbeat?.Begin(PublisherContext.RowLimit);
                    any |= await TryReplayOneAsync(publisher, cancellationToken);
                }

                if (any)
                    continue;
                if (UntilNextPause() is { } pause)
                    await WaitAsync(context.Replay.WaitAsync(pause, context.Time, cancellationToken));
                else
                    await WaitAsync(context.Replay.WaitAsync(cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<bool> TryReplayOneAsync(StationVerdictPublisher publisher, CancellationToken cancellationToken)
    {
        if (_pausedUntil.TryGetValue(publisher, out long until) && context.Time.GetTimestamp() < until)
            return false;
        _pausedUntil.Remove(publisher);
        try
        {
            return await ReplayOneAsync(publisher, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The store failed for this station: nothing is lost, everything is tried again.
            publisher.Counters.Failed($"the outbox: {e.Message}");
            Pause(publisher, context.Options.RetryDelay);
            return false;
        }
    }

    /// <summary>Sends a station's oldest row; false when there is nothing to send now.</summary>
    private async Task<bool> ReplayOneAsync(StationVerdictPublisher publisher, CancellationToken cancellationToken)
    {
        long through = publisher.ReplayThrough;
        if (through == 0)
            return false;
        var rows = await context.Outbox.Read(publisher.Station, 0, 1, cancellationToken);
        if (rows.Count == 0 || rows[0].Sequence > through)
            return false;

        var row = rows[0];
        if (row.Handed == Handed.Never)
            await context.Outbox.Handing(row, cancellationToken);
        await context.Traffic.WhenIdle().WaitAsync(cancellationToken);
        var outcome = await publisher.TrySendAsync(row, () => publisher.Sender.SendReplayAsync(row, isResend: false, cancellationToken));
        switch (outcome.Status)
        {
            case PublishStatus.Delivered when outcome.IsUnheard && context.Options.NoSubscriber == NoSubscriber.Replay:
                await UnheardAsync(publisher, row, cancellationToken);
                break;
            case PublishStatus.Delivered:
                await context.Outbox.Delivered(row, CancellationToken.None);
                publisher.Sender.Forget(row);
                publisher.Counters.Replayed();
                publisher.NoteHeard(row);
                break;
            case PublishStatus.Refused:
                bool isParked = await context.Outbox.Refused(row, outcome.Why!, cancellationToken);
                publisher.Counters.Refused(outcome.Why!, isParked);
                if (!isParked)
                    Pause(publisher, context.Options.RetryDelay);
                break;
            default:
                // The connection is gone or going; its loop says so in a moment.
                break;
        }
        await Task.Delay(context.Options.ReplayInterval, context.Time, cancellationToken);
        return true;
    }

    private async Task UnheardAsync(StationVerdictPublisher publisher, OutboxRow row, CancellationToken cancellationToken)
    {
        publisher.NoteUnheard(row);
        if (row.UnheardFor >= context.Options.UnheardLimit)
        {
            await context.Outbox.GiveUp(row, cancellationToken);
            publisher.Sender.Forget(row);
            publisher.Counters.Unheard();
            DeliveryLog.GivenUp(context.Log, row.Verdict.Inspection.Id, row.Station, row.Sequence, context.Options.UnheardLimit.TotalHours);
            return;
        }

        await context.Outbox.Unheard(row, !publisher.Sender.MaybeSent(row), cancellationToken);
        Pause(publisher, context.Options.UnheardRetry);
    }

    private void Pause(StationVerdictPublisher publisher, TimeSpan time) =>
        _pausedUntil[publisher] = context.Time.GetTimestamp() + (long)(time.TotalSeconds * context.Time.TimestampFrequency);

    private TimeSpan? UntilNextPause()
    {
        if (_pausedUntil.Count == 0)
            return null;
        TimeSpan left = context.Time.GetElapsedTime(context.Time.GetTimestamp(), _pausedUntil.Values.Min());
        return left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
    }
}
