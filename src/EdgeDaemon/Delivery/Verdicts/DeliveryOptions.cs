namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How verdicts are delivered.</summary>
public sealed record DeliveryOptions
{
    /// <summary>Names the present run of the program.</summary>
    public required string BootId { get; init; }

    /// <summary>How old a verdict may be to go out live; also the live messages' expiry. May change while verdicts are delivered.</summary>
    public TimeSpan LiveWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A row refused this often is parked.</summary>
    public int RefusalsToPark { get; init; } = 3;

    /// <summary>Wait after a refusal or a failure of the store before the same row is tried again.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Least time between two replayed verdicts of the whole device.</summary>
    public TimeSpan ReplayInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Rows read at once.</summary>
    public int PageSize { get; init; } = 64;
}

/// <summary>What became of a station's verdicts in this run.</summary>
/// <param name="Live">Delivered on the live topics.</param>
/// <param name="Replayed">Delivered on the replay topic.</param>
/// <param name="Refused">Refusals by the broker.</param>
/// <param name="Parked">Rows given up after too many refusals.</param>
/// <param name="LastError">The last refusal or failure of the store; null for none.</param>
public sealed record DeliveryCounts(long Live, long Replayed, long Refused, long Parked, string? LastError);
