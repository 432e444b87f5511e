using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>A verdict that is stored and not yet delivered.</summary>
/// <param name="Verdict">What was stored.</param>
/// <param name="BootId">The run of the program that accepted the trigger; an interrupted inspection keeps the run that was
/// interrupted.</param>
/// <param name="CompletedTimestamp">Monotonic timestamp of the verdict; means nothing in another run.</param>
/// <param name="DueTimestamp">Monotonic timestamp of the deadline; null for none. Means nothing in another run.</param>
internal sealed record OutboxRow(VerdictRecord Verdict, string BootId, long CompletedTimestamp, long? DueTimestamp)
{
    /// <summary>Who may have handed it to a broker.</summary>
    public Handed Handed { get; init; }

    /// <summary>How long ago the broker said first that nobody subscribes to its topics; null when it did not, zero while the clock can't
    /// tell.</summary>
    public TimeSpan? UnheardFor { get; init; }

    /// <summary>Name of the station.</summary>
    public string Station => Verdict.Inspection.Station;

    /// <summary>Sequence number; with the station it names the row.</summary>
    public long Sequence => Verdict.Inspection.Sequence;
}

/// <summary>Reads rows of a station that are neither delivered nor parked, with a sequence above <paramref name="afterSequence"/>, lowest
/// first, at most <paramref name="limit"/>.</summary>
internal delegate ValueTask<IReadOnlyList<OutboxRow>> ReadOutbox(
    string station,
    long afterSequence,
    int limit,
    CancellationToken cancellationToken
);

/// <summary>Notes that the broker took a row; it is never read again.</summary>
internal delegate ValueTask MarkDelivered(OutboxRow row, CancellationToken cancellationToken);

/// <summary>Notes that a row was refused, or can't be sent at all. True when it is parked now: it is never read again but stays
/// visible.</summary>
internal delegate ValueTask<bool> MarkRefused(OutboxRow row, string why, CancellationToken cancellationToken);

/// <summary>Notes that a row is about to be handed to the broker; on return the note is on the disk.</summary>
internal delegate ValueTask MarkHanding(OutboxRow row, CancellationToken cancellationToken);

/// <summary>
/// Notes that nobody subscribes to a row's topics, nor to those of the rows before it; they wait for replay.
/// <paramref name="isSurelyUnheard"/>: no earlier sending of this row can have been heard either, so that its next one is no duplicate.
/// </summary>
internal delegate ValueTask MarkUnheard(OutboxRow row, bool isSurelyUnheard, CancellationToken cancellationToken);

/// <summary>Takes a row out that nobody wanted to hear for too long; it is counted.</summary>
internal delegate ValueTask GiveUp(OutboxRow row, CancellationToken cancellationToken);

/// <summary>The store of undelivered verdicts, as delivery sees it. May be called from several stations' loops at once; may throw when the
/// store fails.</summary>
/// <param name="Read">Reads a page.</param>
/// <param name="Delivered">Notes a delivery.</param>
/// <param name="Refused">Notes a refusal.</param>
/// <param name="Handing">Notes that a row is about to go out.</param>
/// <param name="Unheard">Notes that nobody listens.</param>
/// <param name="GiveUp">Takes a row out that nobody heard.</param>
internal sealed record Outbox(
    ReadOutbox Read,
    MarkDelivered Delivered,
    MarkRefused Refused,
    MarkHanding Handing,
    MarkUnheard Unheard,
    GiveUp GiveUp
);
