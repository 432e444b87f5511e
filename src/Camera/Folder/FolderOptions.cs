using System.Text.RegularExpressions;

namespace ClipFusion.Camera.Folder;

/// <summary>How a folder learns of new files.</summary>
public enum FolderWatchMode
{
    /// <summary><see cref="Poll"/> on a file system that is shared with other machines, <see cref="Notify"/> on one of this
    /// machine.</summary>
    Auto,

    /// <summary>The kernel tells when a file is closed after writing or renamed into the folder; the folder is listed besides, more
    /// rarely.</summary>
    Notify,

    /// <summary>The folder is listed again and again and files are taken when they have stopped changing. For network shares, whose writers
    /// the kernel can't see.</summary>
    Poll,
}

/// <summary>Which file answers a trigger.</summary>
public enum FileMatch
{
    /// <summary>The next one.</summary>
    Order,

    /// <summary>The one whose name without ending is the trigger id or the part id.</summary>
    Name,

    /// <summary>The one that was modified nearest to the trigger's acceptance, within <see cref="FolderOptions.MatchWindow"/>.</summary>
    Time,
}

/// <summary>Where the images are and how they are taken.</summary>
public sealed record FolderOptions
{
    /// <summary>The folder; it need not be there yet. Its subfolders <c>done</c> and <c>rejected</c> are made when needed.</summary>
    public required string Path { get; init; }

    /// <summary>How new files are learnt of.</summary>
    public FolderWatchMode WatchMode { get; init; } = FolderWatchMode.Auto;

    /// <summary>Which names are pictures, with <c>*</c> and <c>?</c>, whatever their case; null = those that end as pictures do, or have no
    /// ending.</summary>
    public string? Files { get; init; }

    /// <summary>Which file answers a trigger.</summary>
    public FileMatch Match { get; init; }

    /// <summary>How far a file's time and its trigger's acceptance may be apart, more than 0.</summary>
    public TimeSpan MatchWindow { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Finds the part's id in a file's name: the first group of the first match; null = the name holds none.</summary>
    public Regex? PartIdFromName { get; init; }

    /// <summary>Looks at each file before it is handed out; null = every file that is not empty passes.</summary>
    public PictureCheck? Check { get; init; }

    /// <summary>Whether a file was handed out by an earlier run; null = nobody remembers. Called before each hand-out; quick.</summary>
    public Func<FileStamp, bool>? WasHandedOut { get; init; }

    /// <summary>Told when a file has left its place for good, so that it need not be remembered; quick.</summary>
    public Action<FileStamp>? PutAway { get; init; }

    /// <summary>Told what a person should know; on any thread, and quick.</summary>
    public Action<FolderNote>? Note { get; init; }

    /// <summary>Triggers of earlier runs that were answered without a file: one that comes for them is given to no other.</summary>
    public IReadOnlyList<TriggerContext> Unanswered { get; init; } = [];

    /// <summary>Whether files that are there at opening are taken too, in name order (ordinal: pad numbers with zeros).</summary>
    public bool ReplayExisting { get; init; }

    /// <summary>How long a file must be unchanged when nobody told that its writer is done, or when it is cut off.</summary>
    public TimeSpan StableFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a folder is listed that is polled, has changing files, or is lost.</summary>
    public TimeSpan ScanEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a folder is listed besides although the kernel tells of new files: it does not tell of all.</summary>
    public TimeSpan RelistEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a file waits for its trigger, where triggers are matched by name or time, before it is put away.</summary>
    public TimeSpan UnclaimedAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Larger files are rejected unread, bytes, at least 1.</summary>
    public int MaxFileBytes { get; init; } = 256 << 20;

    /// <summary>Names that are remembered while their files wait, at least 1; the folder is listed again for the others.</summary>
    public int MaxWaitingNames { get; init; } = 1024;

    /// <summary>Frames that may exist at the same time, at least 1.</summary>
    public int BufferCount { get; init; } = 4;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Path);
        if (StableFor < TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(StableFor), StableFor, "the folder's StableFor must be 0 or more");
        foreach (
            (string name, TimeSpan value) in (ReadOnlySpan<(string, TimeSpan)>)
                [
                    (nameof(ScanEvery), ScanEvery),
                    (nameof(RelistEvery), RelistEvery),
                    (nameof(MatchWindow), MatchWindow),
                    (nameof(UnclaimedAfter), UnclaimedAfter),
                ]
        )
        {
            if (value <= TimeSpan.Zero)
                throw new ArgumentOutOfRangeException(name, value, $"the folder's {name} must be more than 0");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFileBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWaitingNames, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BufferCount, 1);
    }
}
