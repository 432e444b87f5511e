using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What became of a caller's trigger.</summary>
/// <param name="Ack">The answer.</param>
/// <param name="Given">For a duplicate: the verdict that was given already and is to be sent again after the ack.</param>
/// <param name="Coming">The verdict once it is stored, null if it can't be; null for a refused trigger and for a duplicate with its verdict
/// given.</param>
internal sealed record Taken(TriggerAckMessage Ack, VerdictRecord? Given = null, Task<VerdictRecord?>? Coming = null);

/// <summary>Step 1: triggers become accepted inspections, committed before anybody is told, or are refused with a code. Safe for several
/// threads.</summary>
internal sealed class Acceptance(
    Func<StationConfig> config,
    StationRecipes recipes,
    StationCounts counts,
    InspectionStore store,
    Func<(Code Code, string Why)> readiness,
    Stages stages,
    AckOrder acks,
    ApplianceMetrics metrics,
    TimeProvider time
)
{
    private readonly TriggerMemory _memory = new(time, config().TriggerIdTtl, 4096, store.ReadRecent(config().Name, 1024));
    private readonly Lock _anonymous = new();
    private long _lastAnonymous = time.GetTimestamp() - (3600 * time.TimestampFrequency);

    /// <summary>Answers a caller's trigger.</summary>
    public async Task<Taken> TakeAsync(Trigger trigger, CancellationToken stop)
    {
        // A reload may have changed it.
        _memory.Ttl = config().TriggerIdTtl;
        TriggerClaim claim = _memory.Claim(trigger);
        if (claim.Match == TriggerMatch.Conflict)
            return Refused(
                trigger,
                Code.TriggerIdConflict,
                $"the id '{trigger.TriggerId}' was used with another part or recipe less than {config().TriggerIdTtl.TotalSeconds:0} s ago"
            );
        if (claim.Match == TriggerMatch.Duplicate)
        {
            if (await claim.First!.WaitAsync(stop).ConfigureAwait(false) is not { } first)
                return Refused(trigger, Code.NotReady, "the first trigger with this id was refused");
            metrics.Duplicate(trigger.Station);
            return new Taken(
                TriggerAckMessage.ForAccepted(first, duplicate: true, time.GetUtcNow()),
                claim.Verdict,
                claim.Verdict is null ? stages.Coming(first.Id) : null
            );
        }

        ActiveRecipe? recipe = recipes.Keep();
        bool isReserved = false;
        try
        {
            (Code code, string why) = Refusal(trigger, recipe);
            if (code == Code.None && !(isReserved = counts.TryReserve(config().QueueDepth)))
                (code, why) = (Code.QueueFull, $"{config().QueueDepth} inspections wait already");
            if (code != Code.None)
            {
                _memory.Refused(trigger);
                return Refused(trigger, code, why);
            }

            AcceptedInspection accepted = await store
                .AcceptAsync(trigger, recipe!.Stamp, trigger.Deadline ?? recipe.Recipe.Deadline, stop)
                .ConfigureAwait(false);
            KillPoint.Pass(KillStep.Accepted);
            _memory.Accepted(accepted);
            metrics.Accepted(trigger.Station, trigger.Source);
            if (trigger.Source == TriggerSource.Mqtt)
                acks.Owe(accepted.Id);
            Task<VerdictRecord?> coming = stages.Start(accepted, trigger.ReceivedTimestamp, recipe, null, _memory);
            (recipe, isReserved) = (null, false);
            return new Taken(TriggerAckMessage.ForAccepted(accepted, duplicate: false, time.GetUtcNow()), null, coming);
        }
        catch (StorageUnavailableException e)
        {
            _memory.Refused(trigger);
            return Refused(trigger, Code.Storage, e.Message);
        }
        catch (OperationCanceledException)
        {
            _memory.Refused(trigger);
            throw;
        }
        finally
        {
            if (isReserved)
                counts.Unreserve();
            recipe?.Release();
        }
    }

    /// <summary>Notes an acceptance as said and as told, once it has been: what is not noted as told is acked again after a restart. Does
    /// nothing for refusals and duplicates.</summary>
    public async Task NoteAckedAsync(TriggerAckMessage ack, QueuedAnswer queued)
    {
        if (ack is not { Accepted: true, Duplicate: false, InspectionId: { } id })
            return;
        try
        {
            await queued.Handed.ConfigureAwait(false);
            acks.Said(id);
            if (await queued.Told.ConfigureAwait(false) != PublishStatus.Delivered)
                return;
            KillPoint.Pass(KillStep.Acked);
            await store.MarkAckedAsync(id).ConfigureAwait(false);
            KillPoint.Pass(KillStep.AckMarked);
        }
        catch (Exception e) when (e is StorageUnavailableException or ObjectDisposedException)
        {
            // The ack is repeated after a restart, with the same ids.
        }
    }

    /// <summary>Takes a trigger that nobody waits for: what can't be judged gets a sequence number and NOT_JUDGED, because nobody is there
    /// to be refused.</summary>
    /// <param name="trigger">A self-timed trigger.</param>
    /// <param name="frame">The frame that it came with; owned from here. Null where the camera has yet to be asked.</param>
    /// <param name="stop">The program's end.</param>
    public async Task TakeSelfTimedAsync(Trigger trigger, Frame? frame, CancellationToken stop)
    {
        ActiveRecipe? recipe = recipes.Keep();
        bool isReserved = false;
        try
        {
            (Code code, _) = Refusal(trigger, recipe);
            if (code == Code.None && !(isReserved = counts.TryReserve(config().QueueDepth)))
                code = Code.QueueFull;
            if (code == Code.None)
            {
                AcceptedInspection accepted = await store
                    .AcceptFileAsync(trigger, recipe!.Stamp, recipe.Recipe.Deadline, frame?.File, stop)
                    .ConfigureAwait(false);
                metrics.Accepted(trigger.Station, trigger.Source);
                _ = stages.Start(accepted, trigger.ReceivedTimestamp, recipe, frame, _memory);
                (recipe, frame, isReserved) = (null, null, false);
            }
            else if (code != Code.Storage && recipe is not null)
            {
                Code reason = code == Code.QueueFull ? Code.Overrun : Code.NotReadyThen;
                await store.AcceptFileNotJudgedAsync(trigger, recipe.Stamp, reason, frame?.File, stop).ConfigureAwait(false);
                // A file has had its verdict, whatever it was.
                frame?.Settle(FrameOutcome.Rejected, CodeTable.Describe(reason));
                counts.NotTaken();
                metrics.Refused(trigger.Station, code);
            }
            else
            {
                // Without a recipe or a store there is nothing that a row could say; the state does.
                counts.Missed();
                metrics.Refused(trigger.Station, code);
            }
        }
        catch (StorageUnavailableException)
        {
            counts.Missed();
            metrics.Refused(trigger.Station, Code.Storage);
        }
        finally
        {
            if (isReserved)
                counts.Unreserve();
            recipe?.Release();
            frame?.Dispose();
        }
    }

    private Taken Refused(Trigger trigger, Code code, string why)
    {
        counts.Missed();
        metrics.Refused(trigger.Station, code);
        return new Taken(TriggerAckMessage.ForRefused(trigger.TriggerId, code, why, time.GetUtcNow()));
    }

    private static bool IsOf(string asserted, RecipeStamp stamp) =>
        Names.TryNumber(asserted, out int number) ? number == stamp.Number : asserted == stamp.Name;

    private (Code Code, string Why) Refusal(Trigger trigger, ActiveRecipe? recipe)
    {
        (Code code, string why) = readiness();
        if (code != Code.None)
            return (code, why);
        if (recipe is null)
            return (Code.NotReady, "no recipe is active");
        if (trigger.Recipe is { } asserted && !IsOf(asserted, recipe.Stamp))
            return (Code.RecipeNotActive, $"'{asserted}' is not active, '{recipe.Stamp.Name}' ({recipe.Stamp.Number}) is");
        if (trigger.TriggerId is not null || trigger.IsSelfTimed)
            return (Code.None, "");
        lock (_anonymous)
        {
            if (time.GetElapsedTime(_lastAnonymous) < config().MinTriggerInterval)
                return (Code.TooFast, $"triggers without id may come every {config().MinTriggerInterval.TotalMilliseconds:0} ms");
            _lastAnonymous = time.GetTimestamp();
            return (Code.None, "");
        }
    }
}
