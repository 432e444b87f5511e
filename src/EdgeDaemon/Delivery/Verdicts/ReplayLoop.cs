using ClipFusion.EdgeDaemon.Diagnostics;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Delivers old verdicts of all stations, station by station in turn, each in order, slowly, and never while a live one is under way.</summary>
internal sealed class ReplayLoop(IReadOnlyList<StationLane> lanes, LaneContext context)
{
    private readonly Dictionary<StationLane, (long Sequence, int Refusals, long RetryAt)> _refused = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using Heartbeat? heartbeat = context.Heartbeats?.Add("replay");
        Task WaitAsync(Task task) => heartbeat?.WaitAsync(task) ?? task;
        while (true)
        {
            try
            {
                await WaitAsync(context.Connected(cancellationToken));
                bool any = false;
                foreach (var lane in lanes)
                {
                    using Heartbeat.Work? replaying = heartbeat?.Begin(LaneContext.RowLimit);
                    any |= await ReplayOneAsync(lane, cancellationToken);
                }

                if (any) continue;
                if (_refused.Count > 0) await WaitAsync(context.Replay.WaitAsync(context.Options.RetryDelay, context.Time, cancellationToken));
                else await WaitAsync(context.Replay.WaitAsync(cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                foreach (var lane in lanes) lane.Counters.Failed($"the outbox: {e.Message}");
                await Task.Delay(context.Options.RetryDelay, context.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Sends a station's oldest row; false when there is nothing to send now.</summary>
    private async Task<bool> ReplayOneAsync(StationLane lane, CancellationToken cancellationToken)
    {
        if (_refused.TryGetValue(lane, out var refused) && context.Time.GetTimestamp() < refused.RetryAt) return false;
        long through = lane.ReplayThrough;
        if (through == 0) return false;
        var rows = await context.Outbox.Read(lane.Station, 0, 1, cancellationToken);
        if (rows.Count == 0 || rows[0].Sequence > through) return false;

        var row = rows[0];
        await context.Traffic.WhenIdle().WaitAsync(cancellationToken);
        var outcome = await lane.Sender.SendReplayAsync(row, isResend: false, cancellationToken);
        if (outcome.Status == PublishStatus.Delivered)
        {
            await context.Outbox.Delivered(row, CancellationToken.None);
            _refused.Remove(lane);
            lane.Counters.Replayed();
        }
        else if (outcome.Status == PublishStatus.Refused)
        {
            await RefuseAsync(lane, row, refused.Sequence == row.Sequence ? refused.Refusals + 1 : 1, outcome.Why!, cancellationToken);
        }
        await Task.Delay(context.Options.ReplayInterval, context.Time, cancellationToken);
        return true;
    }

    private async Task RefuseAsync(StationLane lane, OutboxRow row, int refusals, string why, CancellationToken cancellationToken)
    {
        bool isParked = refusals >= context.Options.RefusalsToPark;
        lane.Counters.Refused(why, isParked);
        await context.Outbox.Refused(row, why, isParked, cancellationToken);
        if (isParked) _refused.Remove(lane);
        else _refused[lane] = (row.Sequence, refusals, context.Time.GetTimestamp() + (long)(context.Options.RetryDelay.TotalSeconds * context.Time.TimestampFrequency));
    }
}
