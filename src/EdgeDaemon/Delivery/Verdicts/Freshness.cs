namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Tells live verdicts from old ones. An ejector must never see yesterday's parts.</summary>
internal sealed class Freshness(DeliveryOptions options, TimeProvider time)
{
    /// <summary>
    /// What is left of the live window; null when it is over. In the run that accepted the trigger the verdict's age counts, on the
    /// monotonic clock. A row of an earlier run was interrupted or held up by something that may have lasted for days: the wall clock since
    /// acceptance decides, and a time in the future is not trusted.
    /// </summary>
    public TimeSpan? LiveFor(OutboxRow row)
    {
        var age = IsOfThisRun(row) ? time.GetElapsedTime(row.CompletedTimestamp) : time.GetUtcNow() - row.Verdict.Inspection.AcceptedAt;
        return age >= TimeSpan.Zero && age < options.LiveWindow ? options.LiveWindow - age : null;
    }

    /// <summary>Whether the deadline is over by now.</summary>
    public bool IsLate(OutboxRow row) =>
        IsOfThisRun(row)
            ? row.DueTimestamp is { } due && time.GetTimestamp() > due
            : row.Verdict.Inspection is { Deadline: { } deadline } inspection && time.GetUtcNow() > inspection.AcceptedAt + deadline;

    private bool IsOfThisRun(OutboxRow row) => row.BootId == options.BootId;
}
