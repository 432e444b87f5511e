namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>How well the store can do its work.</summary>
public enum StorageCondition
{
    /// <summary>Everything is stored, images too.</summary>
    Healthy,

    /// <summary>The disk is full: rows go on in the space that the reserve file held, images stop.</summary>
    OnReserve,

    /// <summary>The disk is full and the reserve is used up: nothing is accepted.</summary>
    DiskFull,

    /// <summary>Another process keeps the database locked: nothing is accepted.</summary>
    Locked,

    /// <summary>The disk or the database fails otherwise: nothing is accepted.</summary>
    Failed,
}

/// <summary>What the store has to say about itself; a snapshot.</summary>
/// <param name="Condition">How well it can do its work.</param>
/// <param name="HasRoomForImages">Whether more is free on the disk than the reserve's size; measured every
/// <see cref="StorageOptions.ProbeInterval"/>.</param>
/// <param name="Detail">The error behind the condition; null when healthy.</param>
/// <param name="SetAside">File name that a torn or foreign database was renamed to at this start; null for none.</param>
/// <param name="SequenceResets">First sequence number of this run by station, where the database was lost or an old copy of it was
/// restored.</param>
/// <param name="OutboxRows">Verdicts that wait for delivery, parked ones included.</param>
/// <param name="Outboxes">The same by station; none for a station without any.</param>
/// <param name="OutboxBytes">Their size, counted as the cap counts it.</param>
/// <param name="OutboxDropped">Undelivered verdicts that the caps have thrown out since the database was made.</param>
internal sealed record StorageState(
    StorageCondition Condition,
    bool HasRoomForImages,
    string? Detail,
    string? SetAside,
    IReadOnlyDictionary<string, long> SequenceResets,
    long OutboxRows,
    IReadOnlyDictionary<string, OutboxShare> Outboxes,
    long OutboxBytes,
    long OutboxDropped
)
{
    /// <summary>Verdicts given up because nobody subscribed for a day, since the database was made.</summary>
    public long OutboxUnheard { get; init; }

    /// <summary>Damaged rows that the database keeps aside.</summary>
    public long DamagedRows { get; init; }

    /// <summary>Whether triggers can be accepted and verdicts stored.</summary>
    public bool CanWrite => Condition is StorageCondition.Healthy or StorageCondition.OnReserve;

    /// <summary>Whether images may be stored: they stop before the reserve is touched.</summary>
    public bool ImagesAllowed => Condition == StorageCondition.Healthy && HasRoomForImages;
}

/// <summary>Verdicts of one station that are not delivered.</summary>
/// <param name="Pending">Waiting.</param>
/// <param name="Parked">Refused by the broker too often.</param>
/// <param name="Unheard">Those of <paramref name="Pending"/> that the broker had nobody to give to.</param>
internal readonly record struct OutboxShare(long Pending, long Parked, long Unheard = 0);
