using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The store's outbox as delivery sees it: ages on this boot's monotonic clock become timestamps of this run.</summary>
internal static class OutboxBridge
{
    /// <summary>The outbox of a store.</summary>
    public static Outbox Of(InspectionStore store, string bootId, TimeProvider time) =>
        new(
            (station, after, limit, _) =>
                ValueTask.FromResult<IReadOnlyList<OutboxRow>>([
                    .. store.ReadPending(station, after, limit).Select(r => Row(r, bootId, time)),
                ]),
            async (row, _) =>
            {
                KillPoint.Pass(KillStep.Handed);
                await store.MarkDeliveredAsync([row.Verdict.Inspection.Id]).ConfigureAwait(false);
                KillPoint.Pass(KillStep.Delivered);
            },
            async (row, why, _) => await store.MarkRefusedAsync(row.Verdict.Inspection.Id, why).ConfigureAwait(false),
            async (row, _) => await store.MarkHandingAsync(row.Verdict.Inspection.Id).ConfigureAwait(false),
            async (row, isSurelyUnheard, _) => await store.MarkUnheardAsync(row.Verdict.Inspection, isSurelyUnheard).ConfigureAwait(false),
            async (row, _) => await store.GiveUpUnheardAsync(row.Verdict.Inspection.Id).ConfigureAwait(false)
        );

    /// <summary>A row for sending a verdict again.</summary>
    public static OutboxRow Row(VerdictRecord verdict, string bootId, TimeProvider time) => new(verdict, bootId, time.GetTimestamp(), null);

    /// <summary>
    /// Interrupted inspections count from their trigger, because their verdict is made when the part is long gone; so do those of an
    /// earlier boot, whose monotonic clock is not ours, by the wall clock.
    /// </summary>
    private static OutboxRow Row(StoredOutboxRow row, string bootId, TimeProvider time) =>
        Timed(row, bootId, time) with
        {
            Handed = row.Handed,
            UnheardFor = row.UnheardFor,
        };

    private static OutboxRow Timed(StoredOutboxRow row, string bootId, TimeProvider time)
    {
        TimeSpan? age = row.Record.Reason is Code.Interrupted or Code.StorageThen ? row.AgeOfTrigger : row.Age;
        if (age is null)
            return new OutboxRow(row.Record, "", 0, null);
        long now = time.GetTimestamp();
        long Before(TimeSpan span) => now - (long)(span.TotalSeconds * time.TimestampFrequency);
        long? due = row.AgeOfTrigger is { } since && row.Record.Inspection.Deadline is { } limit ? Before(since - limit) : null;
        return new OutboxRow(row.Record, bootId, Before(age.Value), due);
    }
}
