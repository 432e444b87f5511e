using ClipFusion.Foundation.Files;

namespace ClipFusion.Camera.Folder;

/// <summary>Lists a folder and tells files that have stopped changing from those that somebody may still write. Not thread-safe.</summary>
/// <param name="options">Where, and what is a picture.</param>
/// <param name="time">Clocks.</param>
/// <param name="waiting">Takes the ready names.</param>
/// <param name="ignored">Told of each name that is no picture's.</param>
internal sealed class FolderLister(FolderOptions options, TimeProvider time, WaitingFiles waiting, Action<string> ignored)
{
    private readonly record struct Look(FileVersion Version, long Since);

    /// <summary>The most old files that are put up with in a folder that isn't replayed.</summary>
    private const int MostIgnored = 100_000;

    private readonly Dictionary<string, FileVersion> _ignored = new(StringComparer.Ordinal);
    private Dictionary<string, Look> _looks = new(StringComparer.Ordinal);

    /// <summary>Whether the folder is one of this machine, whose times are by our clock and whose writers the kernel sees.</summary>
    public bool IsLocal { get; set; }

    /// <summary>Tells names that a writer has open, as far as the kernel said; null where it says nothing.</summary>
    public Predicate<string>? IsBeingWritten { get; set; }

    /// <summary>Whether some files were still changing at the last listing.</summary>
    public bool HasUnsettled => _looks.Count > 0;

    /// <summary>Lists the folder and hands the ready files to the waiting ones, the first names first; memory is bounded however many files
    /// there are.</summary>
    /// <exception cref="IOException">The folder is not there or can't be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be listed.</exception>
    public void List()
    {
        SortedSet<string> first = FirstNames(out bool isAll);
        var looks = new Dictionary<string, Look>(StringComparer.Ordinal);
        var ready = new List<string>(first.Count);
        foreach (string name in first)
        {
            if (
                NativeFile.StatusOf(Path.Combine(options.Path, name)) is { Kind: not FileKind.Folder } file
                && IsSettled(name, FileVersion.Of(file), looks)
            )
                ready.Add(name);
        }
        _looks = looks;
        waiting.Listed(ready, isAll);
    }

    /// <summary>Files that are there now are left alone, unless they are written anew.</summary>
    /// <exception cref="IOException">The folder can't be listed, or holds too many old files.</exception>
    public void IgnoreExisting()
    {
        foreach (string name in new FolderNames(options.Path))
        {
            if (FileNames.IsTemporary(name) || !FileNames.IsPicture(name, options.Files))
                continue;
            if (_ignored.Count == MostIgnored)
                throw new IOException($"{options.Path} holds more than {MostIgnored} old files: move them away, or have them replayed");
            if (NativeFile.StatusOf(Path.Combine(options.Path, name)) is { } file)
                _ignored[name] = FileVersion.Of(file);
        }
    }

    /// <summary>Forgets what was seen.</summary>
    public void Clear()
    {
        _looks = new(StringComparer.Ordinal);
        _ignored.Clear();
    }

    private SortedSet<string> FirstNames(out bool isAll)
    {
        isAll = true;
        var first = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string name in new FolderNames(options.Path))
        {
            if (FileNames.IsTemporary(name) || waiting.Knows(name))
                continue;
            if (!FileNames.IsPicture(name, options.Files))
            {
                ignored(name);
                continue;
            }

            if (IsLeftAlone(name) || IsBeingWritten?.Invoke(name) == true)
                continue;
            first.Add(name);
            if (first.Count <= options.MaxWaitingNames)
                continue;
            first.Remove(first.Max!);
            isAll = false;
        }
        return first;
    }

    private bool IsLeftAlone(string name) =>
        NativeFile.StatusOf(Path.Combine(options.Path, name)) is { } file
        && (
            (_ignored.TryGetValue(name, out FileVersion old) && old == FileVersion.Of(file))
            || waiting.IsPassedOver(name, FileVersion.Of(file))
        );

    private bool IsSettled(string name, FileVersion version, Dictionary<string, Look> looks)
    {
        // On this machine's own disk the file's time is by our clock; on a share it is by another's and only our own looks count.
        if (IsLocal && time.GetUtcNow().UtcDateTime - version.Written >= options.StableFor)
            return true;
        var look = new Look(version, time.GetTimestamp());
        if (_looks.TryGetValue(name, out Look before) && before.Version == version)
            look = before;
        if (time.GetElapsedTime(look.Since) >= options.StableFor)
            return true;
        looks.Add(name, look);
        return false;
    }
}
