using ClipFusion.EdgeDaemon.Configuration;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>How much an <see cref="InspectionStore"/> keeps, and how long; may change while it runs.</summary>
/// <param name="OutboxBytes">Outbox cap in bytes of stored verdicts; at the cap the oldest OK goes first.</param>
/// <param name="OutboxAge">Outbox cap in time; older rows go, OK or not.</param>
/// <param name="RowAge">How long inspections are kept after they were delivered.</param>
internal sealed record StorageLimits(long OutboxBytes, TimeSpan OutboxAge, TimeSpan RowAge)
{
    /// <summary>The limits that a configuration asks for.</summary>
    /// <param name="config">Its part about storage; a gigabyte is 2^30 bytes.</param>
    /// <returns>The limits.</returns>
    public static StorageLimits From(StorageConfig config) =>
        new(
            (long)(config.OutboxMaxGigabytes * (1 << 30)),
            TimeSpan.FromDays(config.OutboxMaxDays),
            TimeSpan.FromDays(config.RetentionDays)
        );
}
