using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The triggers that nobody waits for: the station's own clock, and frames that come by themselves.</summary>
internal sealed class SelfTriggers(
    Func<StationConfig> config,
    IFrameSource camera,
    Acceptance acceptance,
    PartQueue parts,
    Func<bool> hasRoom,
    Heartbeats heartbeats,
    TimeProvider time
)
{
    private static readonly TimeSpan RoomCheck = TimeSpan.FromMilliseconds(20);

    /// <summary>Runs until the program ends.</summary>
    public Task RunAsync(CancellationToken stop) => Loops.RunAsync([ByClockAsync(stop), ByFramesAsync(stop)]);

    private async Task ByClockAsync(CancellationToken stop)
    {
        if (config().Triggers.Interval is not { } interval)
            return;
        using Heartbeat heartbeat = heartbeats.Add($"{config().Name}: own clock");
        using var timer = new PeriodicTimer(interval, time);
        while (await heartbeat.WaitAsync(timer.WaitForNextTickAsync(stop).AsTask()).ConfigureAwait(false))
        {
            await heartbeat
                .WaitAsync(
                    acceptance.TakeSelfTimedAsync(
                        new Trigger(config().Name, TriggerSource.Interval, time.GetTimestamp(), PartId: parts.Take()),
                        null,
                        stop
                    )
                )
                .ConfigureAwait(false);
        }
    }

    private async Task ByFramesAsync(CancellationToken stop)
    {
        if (!config().Triggers.FrameArrival)
            return;
        using Heartbeat heartbeat = heartbeats.Add($"{config().Name}: arriving frames");
        IAsyncEnumerator<Frame> frames = camera.StreamAsync(stop).GetAsyncEnumerator(stop);
        await using (frames.ConfigureAwait(false))
        {
            while (true)
            {
                // Files wait in their folder until they can be judged; what a camera sends can't wait and is answered whatever the state.
                if (camera.FramesWait)
                    await heartbeat.WaitAsync(RoomAsync(stop)).ConfigureAwait(false);
                if (!await heartbeat.WaitAsync(frames.MoveNextAsync().AsTask()).ConfigureAwait(false))
                    return;
                Frame frame = frames.Current;
                await heartbeat
                    .WaitAsync(
                        acceptance.TakeSelfTimedAsync(
                            new Trigger(config().Name, TriggerSource.FrameArrival, frame.Timestamp, PartId: frame.PartId ?? parts.Take()),
                            frame,
                            stop
                        )
                    )
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task RoomAsync(CancellationToken stop)
    {
        if (hasRoom())
            return;
        using var timer = new PeriodicTimer(RoomCheck, time);
        while (!hasRoom())
            await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
    }
}
