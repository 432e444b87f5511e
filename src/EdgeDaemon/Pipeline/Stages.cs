using System.Collections.Concurrent;
using System.Threading.Channels;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Steps 2 to 8 of one station: an accepted inspection goes through frame and judge, and its verdict is stored when it is decided, whatever
/// the stages are doing then.
/// </summary>
/// <remarks>Both queues hold as many as the station has places, so writing into them never waits.</remarks>
internal sealed class Stages(
    string station,
    IFrameSource camera,
    StationCounts counts,
    StationLinks links,
    int places,
    TimeProvider time,
    CameraLog log,
    HandedFiles? files = null
)
{
    private static readonly TimeSpan DeadlineMargin = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan FrameTimeout = TimeSpan.FromSeconds(5);

    // Well above the camera's own limit: a folder on a slow network share is read inside it.
    private static readonly TimeSpan FrameLimit = FrameTimeout * 12;

    private readonly Channel<Work> _accepted = Channel.CreateBounded<Work>(places);
    private readonly Channel<(Work Work, Frame Frame)> _framed = Channel.CreateBounded<(Work, Frame)>(places);

    // Ends only with an error, of a frame that is waited for beside others.
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, Task<VerdictRecord?>> _open = new(StringComparer.Ordinal);

    /// <summary>The verdict of an inspection that is under way; null when it is not.</summary>
    public Task<VerdictRecord?>? Coming(string inspectionId) => _open.GetValueOrDefault(inspectionId);

    /// <summary>Starts an accepted inspection, for which a place was reserved.</summary>
    /// <param name="accepted">What was accepted.</param>
    /// <param name="received">Monotonic timestamp of the trigger's receipt.</param>
    /// <param name="recipe">What it was accepted under; its use is handed over.</param>
    /// <param name="frame">Its frame, handed over; null where the camera has yet to be asked.</param>
    /// <param name="memory">Told of the verdict.</param>
    /// <returns>The stored verdict; null when it could not be stored.</returns>
    public Task<VerdictRecord?> Start(AcceptedInspection accepted, long received, ActiveRecipe recipe, Frame? frame, TriggerMemory memory)
    {
        var run = new InspectionRun(accepted, received, time, DeadlineMargin);
        run.Lap("accept");
        counts.Accepted();
        var stored = new TaskCompletionSource<VerdictRecord?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[accepted.Id] = stored.Task;
        _ = StoreAsync(run, memory, stored);
        var work = new Work(run, recipe, stored.Task);
        if (frame is null)
        {
            if (_accepted.Writer.TryWrite(work))
                return stored.Task;
        }
        else
        {
            links.Events.TellFrameTaken(accepted);
            if (Hand(work, frame))
                return stored.Task;
            frame.Dispose();
        }

        // Cannot be: the places are counted.
        run.TryFail(Code.Overrun);
        recipe.Release();
        return stored.Task;
    }

    /// <summary>Runs until the program ends.</summary>
    public Task RunAsync(CancellationToken stop) => Loops.RunAsync([TakeFramesAsync(stop), JudgeAsync(stop), _broken.Task.WaitAsync(stop)]);

    private async Task StoreAsync(InspectionRun run, TriggerMemory memory, TaskCompletionSource<VerdictRecord?> stored)
    {
        VerdictRecord verdict = await run.Verdict.ConfigureAwait(false);
        KillPoint.Pass(KillStep.Decided);
        bool isStored = false;
        try
        {
            isStored = await links.Store.CompleteAsync(verdict).ConfigureAwait(false) == CompletionOutcome.Stored;
        }
        catch (StorageUnavailableException)
        {
            // The store owes this inspection NOT_JUDGED: storage and writes that by itself.
        }
        catch (ObjectDisposedException)
        {
            // The program ends; the next start answers "interrupted".
        }

        if (isStored)
        {
            memory.Judged(verdict);
            links.Metrics.Judged(verdict, run.Elapsed);
        }

        counts.Judged(isStored ? verdict.Verdict : Verdict.NotJudged);
        stored.SetResult(isStored ? verdict : null);
        _open.TryRemove(run.Inspection.Id, out _);
        if (isStored)
            links.Events.TellVerdictStored(verdict);
        run.Dispose();
    }

    // 2 frame
    private async Task TakeFramesAsync(CancellationToken stop)
    {
        using Heartbeat heartbeat = links.Heartbeats.Add($"{station}: frames");
        await foreach (Work work in _accepted.Reader.ReadAllAsync(heartbeat, stop).ConfigureAwait(false))
        {
            // Where triggers are told apart, one whose frame does not come must not use up the time of those behind it.
            if (camera.MatchesTriggers)
            {
                _ = TakeBesideAsync(work, stop);
                continue;
            }

            using Heartbeat.Work taking = heartbeat.Begin(FrameLimit);
            await TakeFrameAsync(work, stop).ConfigureAwait(false);
        }
    }

    private async Task TakeBesideAsync(Work work, CancellationToken stop)
    {
        try
        {
            await TakeFrameAsync(work, stop).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever it is, it comes out of the loops and ends the program as it would in the loop itself.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _broken.TrySetException(e);
        }
    }

    private async Task TakeFrameAsync(Work work, CancellationToken stop)
    {
        InspectionRun run = work.Run;
        AcceptedInspection asked = run.Inspection;
        try
        {
            var trigger = new TriggerContext(asked.Sequence, FrameTimeout, asked.TriggerId, asked.PartId, asked.AcceptedAt);
            Frame frame = await camera.TriggerAsync(trigger, run.DeadlinePassed).ConfigureAwait(false);
            if (frame.File is { } file && files is not null)
                _ = files.NoteAsync(asked, file);
            links.Events.TellFrameTaken(asked);
            if (Hand(work, frame))
                return;
            frame.Dispose();
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The deadline has decided.
        }
        catch (FrameException e)
        {
            Fail(run, ReasonOf(e.Fault), FramePixels.Describe(e.File, time.GetUtcNow()), e.Message);
        }

        work.Recipe.Release();
    }

    private void Fail(InspectionRun run, Code reason, FrameRecord? frame, string why)
    {
        if (run.TryFail(reason, frame, why))
            log.NotJudged(run.Inspection, reason, why);
    }

    /// <summary>Hands a frame on to be judged.</summary>
    private bool Hand(Work work, Frame frame)
    {
        work.Run.Lap("frame");
        KillPoint.Pass(KillStep.Framed);
        return _framed.Writer.TryWrite((work, frame));
    }

    // 3 prepare, 4 networks, 5 memory bank, 6 fuse, 7 decide
    private async Task JudgeAsync(CancellationToken stop)
    {
        using Heartbeat heartbeat = links.Heartbeats.Add($"{station}: judge");
        await foreach ((Work work, Frame frame) in _framed.Reader.ReadAllAsync(heartbeat, stop).ConfigureAwait(false))
        {
            PooledAnomalyMap? map = null;
            if (Unusable(work.Run.Inspection, frame) is var (reason, why))
                Fail(work.Run, reason, FramePixels.Describe(frame), why);
            else
                map = await links.Judge.JudgeAsync(work.Run, work.Recipe, frame, heartbeat, stop).ConfigureAwait(false);
            _ = FinishAsync(work, frame, map);
        }
    }

    /// <summary>Why a frame needs no judge; null when it is to be judged.</summary>
    private static (Code Reason, string Why)? Unusable(AcceptedInspection asked, Frame frame)
    {
        if (frame.Refusal is { } refusal)
            return (Code.BadImage, $"{frame.FileName}: {refusal}");
        if (!frame.IsComplete)
            return (Code.PartialFrame, $"frame {frame.Id}: rows are missing");
        if (asked.PartId is { } part && frame.PartId is { } other && part != other)
            return (Code.WrongFrame, $"{frame.FileName} is named for part {other}, the trigger is for part {part}");
        return null;
    }

    /// <summary>Hands the frame to the pictures, and puts its file away only when its verdict is on the disk: after a kill it is still
    /// where it was.</summary>
    private async Task FinishAsync(Work work, Frame frame, PooledAnomalyMap? map)
    {
        VerdictRecord? verdict = await work.Stored.ConfigureAwait(false);
        KillPoint.Pass(KillStep.Settling);
        Code reason = verdict?.Reason ?? Code.None;
        if (reason == Code.BadImage && frame.Refusal is null)
            log.NotJudged(verdict!.Inspection, reason, verdict.Detail ?? "");
        var judged = verdict is null || frame.Refusal is not null ? null : work.Recipe.Judged(verdict, frame, map);
        if (judged is null)
        {
            frame.Dispose();
            map?.Dispose();
            work.Recipe.Release();
        }
        else
        {
            links.Events.TellFrameJudged(judged);
        }

        if (reason is Code.BadImage or Code.PartialFrame)
            frame.Settle(FrameOutcome.Rejected, verdict!.Detail ?? CodeTable.Describe(reason));
        else
            frame.Settle(FrameOutcome.Done);
    }

    private static Code ReasonOf(FrameFault fault) =>
        fault switch
        {
            FrameFault.Incomplete => Code.PartialFrame,
            FrameFault.WrongSize => Code.WrongFrame,
            FrameFault.BadImage => Code.BadImage,
            _ => Code.NoFrame,
        };

    /// <summary>An accepted inspection on its way through the stages.</summary>
    /// <param name="Run">Its deadline and verdict.</param>
    /// <param name="Recipe">What it was accepted under.</param>
    /// <param name="Stored">Done when the verdict is stored, or can't be.</param>
    private sealed record Work(InspectionRun Run, ActiveRecipe Recipe, Task<VerdictRecord?> Stored);
}
