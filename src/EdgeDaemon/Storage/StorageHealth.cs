namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Whether writing works, and the reserve that stretches it. Safe for several threads.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="reserve">The reserve file.</param>
/// <param name="roomBelowImages">Bytes that must be free for images to be written: they stop before the database has to fight for
/// space.</param>
/// <param name="changed">Told of every change of the condition, on the thread that found it.</param>
internal sealed class StorageHealth(string folder, ReserveFile reserve, long roomBelowImages, Action<StorageCondition, string?> changed)
{
    private readonly Lock _gate = new();
    private volatile bool _hasRoomForImages = FreeSpace.Of(folder) >= roomBelowImages;

    /// <summary>The data folder.</summary>
    public string Folder => folder;

    /// <summary>How well the store can do its work.</summary>
    public StorageCondition Condition { get; private set; }

    /// <summary>Whether the disk had room for images when it was last measured.</summary>
    public bool HasRoomForImages => _hasRoomForImages;

    /// <summary>The error behind it.</summary>
    public string? Detail { get; private set; }

    /// <summary>Whether a transaction may be tried.</summary>
    public bool CanWrite => Condition is StorageCondition.Healthy or StorageCondition.OnReserve;

    /// <summary>Looks how much is free.</summary>
    public void Measure() => _hasRoomForImages = FreeSpace.Of(folder) >= roomBelowImages;

    /// <summary>The exception for callers while nothing can be written.</summary>
    /// <param name="cause">The error itself, where it has just happened.</param>
    /// <returns>To be thrown.</returns>
    public StorageUnavailableException Unavailable(Exception? cause = null) =>
        new(Condition, $"Nothing can be stored in {folder} ({Condition}): {Detail}", cause);

    /// <summary>Gives the reserve to the database.</summary>
    /// <param name="detail">The error that asked for it.</param>
    /// <returns>Whether there was a reserve; false means that writing has come to its end.</returns>
    public bool UseReserve(string detail)
    {
        lock (_gate)
        {
            if (!reserve.Release())
                return false;
            Change(StorageCondition.OnReserve, detail);
            return true;
        }
    }

    /// <summary>Writing does not work.</summary>
    /// <param name="condition">DiskFull, Locked or Failed.</param>
    /// <param name="detail">The error.</param>
    public void Fail(StorageCondition condition, string detail)
    {
        lock (_gate)
            Change(condition, detail);
    }

    /// <summary>A transaction has just worked: takes the reserve again where there is room. A disk that was full counts as usable only with
    /// its reserve.</summary>
    public void Restore()
    {
        lock (_gate)
        {
            if (reserve.TryTake())
                Change(StorageCondition.Healthy, null);
            else if (Condition != StorageCondition.DiskFull)
                Change(StorageCondition.OnReserve, $"{folder} has {FreeSpace.Of(folder)} bytes left, too little for the reserve file");
        }
    }

    private void Change(StorageCondition condition, string? detail)
    {
        bool isChange = condition != Condition;
        (Condition, Detail) = (condition, detail);
        if (isChange)
            changed(condition, detail);
    }
}
