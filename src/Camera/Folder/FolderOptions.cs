namespace ClipFusion.Camera.Folder;

/// <summary>How a folder learns of new files.</summary>
public enum FolderWatchMode
{
    /// <summary>The kernel tells when a file is closed after writing or renamed into the folder. For disks of this machine.</summary>
    Notify,

    /// <summary>The folder is listed again and again and files are taken when they have stopped changing. For network shares, whose writers the kernel can't see.</summary>
    Poll,
}

/// <summary>Where the images are and how they are taken.</summary>
public sealed record FolderOptions
{
    /// <summary>The folder; it need not be there yet. Its subfolders <c>done</c> and <c>rejected</c> are made when needed.</summary>
    public required string Path { get; init; }

    /// <summary>How new files are learnt of.</summary>
    public FolderWatchMode WatchMode { get; init; } = FolderWatchMode.Notify;

    /// <summary>Whether files that are there at opening are taken too, in name order (ordinal: pad numbers with zeros).</summary>
    public bool ReplayExisting { get; init; }

    /// <summary>How long a file must be unchanged when nobody told that its writer is done.</summary>
    public TimeSpan StableFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a folder is listed that is polled, has changing files, or is lost.</summary>
    public TimeSpan ScanEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Larger files are rejected unread, bytes, at least 1.</summary>
    public int MaxFileBytes { get; init; } = 64 << 20;

    /// <summary>Names that are remembered while their files wait, at least 1; the folder is listed again for the others.</summary>
    public int MaxWaitingNames { get; init; } = 1024;

    /// <summary>Frames that may exist at the same time, at least 1.</summary>
    public int BufferCount { get; init; } = 4;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        if (StableFor < TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(StableFor), StableFor, "the folder's StableFor must be 0 or more");
        if (ScanEvery <= TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(ScanEvery), ScanEvery, "the folder's ScanEvery must be more than 0");
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFileBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWaitingNames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferCount, 1);
    }
}
