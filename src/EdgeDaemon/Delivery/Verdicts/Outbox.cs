using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>A verdict that is stored and not yet delivered.</summary>
/// <param name="Verdict">What was stored.</param>
/// <param name="BootId">The run of the program that accepted the trigger; an interrupted inspection keeps the run that was interrupted.</param>
/// <param name="CompletedTimestamp">Monotonic timestamp of the verdict; means nothing in another run.</param>
/// <param name="DueTimestamp">Monotonic timestamp of the deadline; null for none. Means nothing in another run.</param>
public sealed record OutboxRow(VerdictRecord Verdict, string BootId, long CompletedTimestamp, long? DueTimestamp)
{
    /// <summary>Name of the station.</summary>
    public string Station => Verdict.Inspection.Station;

    /// <summary>Sequence number; with the station it names the row.</summary>
    public long Sequence => Verdict.Inspection.Sequence;
}

/// <summary>Reads rows of a station that are neither delivered nor parked, with a sequence above <paramref name="afterSequence"/>, lowest first, at most <paramref name="limit"/>.</summary>
public delegate ValueTask<IReadOnlyList<OutboxRow>> ReadOutbox(string station, long afterSequence, int limit, CancellationToken cancellationToken);

/// <summary>Notes that the broker took a row; it is never read again.</summary>
public delegate ValueTask MarkDelivered(OutboxRow row, CancellationToken cancellationToken);

/// <summary>Notes that the broker refused a row; a parked one is never read again but stays visible.</summary>
public delegate ValueTask MarkRefused(OutboxRow row, string why, bool isParked, CancellationToken cancellationToken);

/// <summary>The store of undelivered verdicts, as delivery sees it. May be called from several stations' loops at once; may throw when the store fails.</summary>
/// <param name="Read">Reads a page.</param>
/// <param name="Delivered">Notes a delivery.</param>
/// <param name="Refused">Notes a refusal.</param>
public sealed record Outbox(ReadOutbox Read, MarkDelivered Delivered, MarkRefused Refused);
