using ClipFusion.EdgeDaemon.Configuration;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Limits of an <see cref="InspectionStore"/>. Every queue, page and file that it uses is bounded by one of these.</summary>
internal sealed record StorageOptions
{
    /// <summary>Jobs that may wait for the writer; full policy <c>Wait</c>: the next caller waits for room. At least 1.</summary>
    public int QueueCapacity { get; init; } = 4096;

    /// <summary>Jobs in one transaction at most. At least 1.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Bytes kept aside for the time when the disk is full; 0 for none.</summary>
    public long ReserveBytes { get; init; } = 64L << 20;

    /// <summary>How long a database that another process has locked is waited for before callers are refused. At least one
    /// second.</summary>
    public TimeSpan LockDeadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a store that can't write looks whether it can again.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Refusals by the broker after which a row is parked. At least 1.</summary>
    public int RefusalsToPark { get; init; } = 3;

    /// <summary>Caps and ages to begin with; <see cref="InspectionStore.Limits"/> may replace them.</summary>
    public StorageLimits Limits { get; init; } = new(1L << 30, TimeSpan.FromDays(30), TimeSpan.FromDays(90));

    /// <summary>Rows that one step of retention looks at; a step is one short transaction.</summary>
    public int RetentionStep { get; init; } = 128;

    /// <summary>Time between two steps of retention.</summary>
    public TimeSpan RetentionInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The options that a configuration asks for.</summary>
    /// <param name="config">Its part about storage.</param>
    /// <returns>What it does not say is as it always is.</returns>
    public static StorageOptions From(StorageConfig config) =>
        new() { ReserveBytes = (long)config.ReserveMb << 20, Limits = StorageLimits.From(config) };
}
