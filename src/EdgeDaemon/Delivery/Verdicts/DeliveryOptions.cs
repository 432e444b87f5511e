using ClipFusion.EdgeDaemon.Configuration;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>How verdicts are delivered.</summary>
internal sealed record DeliveryOptions
{
    /// <summary>Names the present run of the program.</summary>
    public required string BootId { get; init; }

    /// <summary>How old a verdict may be to go out live; also the live messages' expiry. May change while verdicts are delivered.</summary>
    public TimeSpan LiveWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What becomes of a verdict that the broker has nobody to give to. May change while verdicts are delivered.</summary>
    public NoSubscriber NoSubscriber { get; set; } = NoSubscriber.Replay;

    /// <summary>Wait before the replay topic is tried again on the same connection after nobody has heard it.</summary>
    public TimeSpan UnheardRetry { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a verdict that nobody hears is tried; then it is given up and counted.</summary>
    public TimeSpan UnheardLimit { get; init; } = TimeSpan.FromHours(24);

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
internal sealed record DeliveryCounts(long Live, long Replayed, long Refused, long Parked, string? LastError)
{
    /// <summary>Given up because nobody subscribed for a day.</summary>
    public long Unheard { get; init; }
}
