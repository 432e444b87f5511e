using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>What became of a verdict that was handed in.</summary>
internal enum CompletionOutcome
{
    /// <summary>It is on the disk, with its outbox row.</summary>
    Stored,

    /// <summary>The inspection had a verdict already, which stands; this one must not go out.</summary>
    AlreadyCompleted,

    /// <summary>No such inspection was accepted; nothing was stored.</summary>
    Unknown,
}

/// <summary>A verdict that waits for delivery.</summary>
/// <param name="Record">The verdict with its inspection.</param>
/// <param name="CreatedAt">Wall clock of its storing, UTC.</param>
/// <param name="Age">Time since it was stored, on the monotonic clock; null when that was before the last reboot.</param>
/// <param name="AgeOfTrigger">Time since the trigger was received, on the monotonic clock; null when that was before the last
/// reboot.</param>
/// <param name="Refusals">How often the broker has refused it.</param>
/// <param name="RefusalReason">What the broker said last; null when it did not.</param>
/// <param name="IsParked">Whether it was refused too often and is no longer offered.</param>
internal sealed record StoredOutboxRow(
    VerdictRecord Record,
    DateTimeOffset CreatedAt,
    TimeSpan? Age,
    TimeSpan? AgeOfTrigger,
    int Refusals,
    string? RefusalReason,
    bool IsParked
)
{
    /// <summary>Who may have handed it to the broker.</summary>
    public Handed Handed { get; init; }

    /// <summary>How long ago the broker had nobody to give it to, by the wall clock; zero while that can't be trusted, null when it was not
    /// so.</summary>
    public TimeSpan? UnheardFor { get; init; }

    /// <summary>
    /// Whether an ejector may still act on it. Interrupted inspections count from their trigger: their verdict is made at the next start,
    /// when the part is long gone.
    /// </summary>
    /// <param name="window">The live window.</param>
    /// <returns>False for the replay topic.</returns>
    public bool IsLive(TimeSpan window) =>
        (Record.Reason is Code.Interrupted or Code.StorageThen ? AgeOfTrigger : Age) is { } age && age <= window;
}

/// <summary>What the last run left undone.</summary>
/// <param name="Interrupted">Verdicts made now for inspections that had none, oldest first; they are in the outbox.</param>
/// <param name="Unacked">Accepted inspections whose caller was not told, judged or not, oldest first: their acks are still due.</param>
internal sealed record Recovery(IReadOnlyList<VerdictRecord> Interrupted, IReadOnlyList<AcceptedInspection> Unacked);

/// <summary>A trigger of the recent past, for <see cref="TriggerMemory"/>.</summary>
/// <param name="Inspection">What was accepted.</param>
/// <param name="AssertedRecipe">The recipe that the trigger asserted; null for none.</param>
/// <param name="Age">Time since its receipt; by the wall clock when it was before the last reboot.</param>
/// <param name="Verdict">Its verdict; null when there is none yet.</param>
internal sealed record RecentTrigger(AcceptedInspection Inspection, string? AssertedRecipe, TimeSpan Age, VerdictRecord? Verdict);
