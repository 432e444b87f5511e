using System.Threading.Channels;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// One camera view: its triggers become accepted inspections, those become verdicts.
/// <code>
///   1 trigger  ->  accept (committed, then acked)  ->  2 frame  ->  3-7 judge  ->  8 store  ->  outbox
///                         \______________ deadline: whichever comes first ______________/
/// </code>
/// </summary>
/// <remarks>Every queue is bounded by the station's queue depth: more than that many inspections without a verdict are never accepted.</remarks>
internal sealed class Station : IAsyncDisposable
{
    private static readonly TimeSpan DeadlineMargin = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan FrameTimeout = TimeSpan.FromSeconds(5);

    private readonly StationConfig _config;
    private readonly StationLinks _links;
    private readonly TimeProvider _time;
    private readonly TriggerMemory _memory;
    private readonly Channel<Work> _accepted;
    private readonly Channel<(Work Work, Frame Frame)> _framed;
    private readonly StationCounts _counts = new();
    private ActiveRecipe? _recipe;
    private int _isChanging;
    private long _lastAnonymous;

    public Station(StationConfig config, IFrameSource camera, StationLinks links, TimeProvider time)
    {
        (_config, Camera, _links, _time) = (config, camera, links, time);
        _memory = new TriggerMemory(time, config.TriggerIdTtl, 4096, links.Store.ReadRecent(config.Name, 1024));
        _accepted = Channel.CreateBounded<Work>(config.QueueDepth);
        _framed = Channel.CreateBounded<(Work, Frame)>(config.QueueDepth);
        _lastAnonymous = time.GetTimestamp() - time.TimestampFrequency * 3600;
    }

    public string Name => _config.Name;

    public IFrameSource Camera { get; }

    /// <summary>What triggers are accepted under; null while there is none.</summary>
    public RecipeStamp? Recipe => Volatile.Read(ref _recipe)?.Stamp;

    public StationCounts Counts => _counts;

    /// <summary>Why a trigger would be refused now; <see cref="Code.None"/> when it would not.</summary>
    public Code Readiness => Volatile.Read(ref _recipe) is null || Volatile.Read(ref _isChanging) != 0 || Camera.State.Status != SourceStatus.Connected ? Code.NotReady : !_links.Store.State.CanWrite ? Code.Storage : Code.None;

    /// <summary>Begins a recipe change, during which triggers are refused.</summary>
    /// <returns>Whether none was under way.</returns>
    public bool TryBeginChange() => Interlocked.Exchange(ref _isChanging, 1) == 0;

    /// <summary>Ends a recipe change; queued inspections keep the recipe of their acceptance.</summary>
    /// <param name="next">What is active from now on; null leaves what was.</param>
    public void EndChange(ActiveRecipe? next)
    {
        if (next is not null) Interlocked.Exchange(ref _recipe, next)?.Release();
        Volatile.Write(ref _isChanging, 0);
    }

    /// <summary>Runs the stages until the program ends.</summary>
    public Task RunAsync(CancellationToken stop) => Loops.RunAsync([TakeFramesAsync(stop), JudgeAsync(stop), TriggerByClockAsync(stop)]);

    /// <summary>Answers a trigger: accepted and committed, duplicate, or refused with a code.</summary>
    /// <returns>The ack, and for a duplicate the verdict that was given already and is to be sent again after the ack.</returns>
    public async Task<(TriggerAckMessage Ack, VerdictRecord? Again)> TakeAsync(Trigger trigger, CancellationToken stop)
    {
        (TriggerAckMessage, VerdictRecord?) Refuse(Code code, string why)
        {
            _counts.Missed();
            return (TriggerAckMessage.ForRefused(trigger.TriggerId, code, why, _time.GetUtcNow()), null);
        }

        TriggerClaim claim = _memory.Claim(trigger);
        if (claim.Match == TriggerMatch.Conflict) return Refuse(Code.TriggerIdConflict, $"the id '{trigger.TriggerId}' was used with another part or recipe less than {_config.TriggerIdTtl.TotalSeconds:0} s ago");
        if (claim.Match == TriggerMatch.Duplicate)
        {
            if (await claim.First!.WaitAsync(stop).ConfigureAwait(false) is not { } first) return Refuse(Code.NotReady, "the first trigger with this id was refused");
            return (TriggerAckMessage.ForAccepted(first, duplicate: true, _time.GetUtcNow()), claim.Verdict);
        }

        ActiveRecipe? recipe = KeptRecipe();
        (Code code, string why) = Refusal(trigger, recipe);
        if (code != Code.None)
        {
            recipe?.Release();
            _memory.Refused(trigger);
            return Refuse(code, why);
        }

        try
        {
            AcceptedInspection accepted = await _links.Store.AcceptAsync(trigger, recipe!.Stamp, trigger.Deadline ?? recipe.Recipe.Deadline, stop).ConfigureAwait(false);
            _memory.Accepted(accepted);
            Start(accepted, trigger.ReceivedTimestamp, recipe);
            return (TriggerAckMessage.ForAccepted(accepted, duplicate: false, _time.GetUtcNow()), null);
        }
        catch (StorageUnavailableException e)
        {
            recipe!.Release();
            _memory.Refused(trigger);
            return Refuse(Code.Storage, e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Camera.DisposeAsync().ConfigureAwait(false);
        Interlocked.Exchange(ref _recipe, null)?.Release();
    }

    private ActiveRecipe? KeptRecipe()
    {
        // One that was replaced between the two lines is gone; its successor is there then.
        while (Volatile.Read(ref _recipe) is { } recipe)
        {
            if (recipe.TryKeep()) return recipe;
        }

        return null;
    }

    private (Code Code, string Why) Refusal(Trigger trigger, ActiveRecipe? recipe)
    {
        if (Readiness is not Code.None and var code) return (code, recipe is null ? "no recipe is active" : Volatile.Read(ref _isChanging) != 0 ? "a recipe is being changed" : Camera.State.Reason ?? "the camera or the storage is not ready");
        if (trigger.Recipe is { } asserted && asserted != recipe!.Stamp.Name && asserted != recipe.Stamp.Number.ToString()) return (Code.RecipeNotActive, $"'{asserted}' is not active, '{recipe.Stamp.Name}' ({recipe.Stamp.Number}) is");
        if (trigger.TriggerId is null && !trigger.IsSelfTimed)
        {
            if (_time.GetElapsedTime(_lastAnonymous) < _config.MinTriggerInterval) return (Code.TooFast, $"triggers without id may come every {_config.MinTriggerInterval.TotalMilliseconds:0} ms");
            _lastAnonymous = _time.GetTimestamp();
        }

        return _counts.Open >= _config.QueueDepth ? (Code.QueueFull, $"{_config.QueueDepth} inspections wait already") : (Code.None, "");
    }

    private void Start(AcceptedInspection accepted, long received, ActiveRecipe recipe)
    {
        var run = new InspectionRun(accepted, received, _time, DeadlineMargin);
        _counts.Accepted();
        // The verdict is stored when it is decided, whatever the stages are doing then.
        var work = new Work(run, recipe, StoreAsync(run));
        if (_accepted.Writer.TryWrite(work)) return;
        run.TryFail(Code.Overrun);
        recipe.Release();
    }

    private async Task StoreAsync(InspectionRun run)
    {
        VerdictRecord verdict = await run.Verdict.ConfigureAwait(false);
        try
        {
            if (await _links.Store.CompleteAsync(verdict).ConfigureAwait(false) == CompletionOutcome.Stored)
            {
                _memory.Judged(verdict);
                _counts.Judged(verdict.Verdict);
                return;
            }
        }
        catch (StorageUnavailableException)
        {
            // The store owes this inspection NOT_JUDGED: storage and writes that by itself.
        }

        _counts.Judged(Verdict.NotJudged);
    }

    private async Task TakeFramesAsync(CancellationToken stop)
    {
        await foreach (Work work in _accepted.Reader.ReadAllAsync(stop).ConfigureAwait(false))
        {
            InspectionRun run = work.Run;
            try
            {
                Frame frame = await Camera.TriggerAsync(new TriggerContext(run.Inspection.Sequence, FrameTimeout), run.DeadlinePassed).ConfigureAwait(false);
                _links.FrameTaken(run.Inspection);
                if (frame.IsComplete)
                {
                    await _framed.Writer.WriteAsync((work, frame), stop).ConfigureAwait(false);
                    continue;
                }

                run.TryFail(Code.PartialFrame, FramePixels.Describe(frame));
                frame.Dispose();
                await SettleAsync(work, frame).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // The deadline has decided.
            }
            catch (FrameException e)
            {
                run.TryFail(ReasonOf(e.Fault));
            }

            work.Recipe.Release();
        }
    }

    private async Task JudgeAsync(CancellationToken stop)
    {
        await foreach ((Work work, Frame frame) in _framed.Reader.ReadAllAsync(stop).ConfigureAwait(false))
        {
            using (frame) await _links.Judge.JudgeAsync(work.Run, work.Recipe, frame, stop).ConfigureAwait(false);
            work.Recipe.Release();
            _ = SettleAsync(work, frame);
        }
    }

    /// <summary>A file is put away only when its verdict is on the disk: after a kill it is still where it was.</summary>
    private static async Task SettleAsync(Work work, Frame frame)
    {
        await work.Stored.ConfigureAwait(false);
        Code reason = (await work.Run.Verdict.ConfigureAwait(false)).Reason;
        if (reason is Code.BadImage or Code.PartialFrame) frame.Settle(FrameOutcome.Rejected, CodeTable.Describe(reason));
        else frame.Settle(FrameOutcome.Done);
    }

    private static Code ReasonOf(FrameFault fault) => fault switch
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
    private sealed record Work(InspectionRun Run, ActiveRecipe Recipe, Task Stored);

    /// <summary>The station's own clock; what it can't take gets a sequence number and NOT_JUDGED, because nobody is there to be refused.</summary>
    private async Task TriggerByClockAsync(CancellationToken stop)
    {
        if (_config.Triggers.Interval is not { } interval) return;
        using var timer = new PeriodicTimer(interval, _time);
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
        {
            var trigger = new Trigger(Name, TriggerSource.Interval, _time.GetTimestamp());
            ActiveRecipe? recipe = KeptRecipe();
            (Code code, _) = Refusal(trigger, recipe);
            try
            {
                if (code == Code.None)
                {
                    Start(await _links.Store.AcceptAsync(trigger, recipe!.Stamp, recipe.Recipe.Deadline, stop).ConfigureAwait(false), trigger.ReceivedTimestamp, recipe);
                    continue;
                }

                if (recipe is not null) await _links.Store.AcceptNotJudgedAsync(trigger, recipe.Stamp, code == Code.QueueFull ? Code.Overrun : Code.NotReadyThen, stop).ConfigureAwait(false);
            }
            catch (StorageUnavailableException)
            {
                _counts.Missed();
            }

            recipe?.Release();
        }
    }
}

/// <summary>What a station shares with the others.</summary>
/// <param name="Store">Inspections and outbox.</param>
/// <param name="Judge">The networks.</param>
/// <param name="FrameTaken">Tells that exposure is over.</param>
internal sealed record StationLinks(InspectionStore Store, Judge Judge, Action<AcceptedInspection> FrameTaken);
