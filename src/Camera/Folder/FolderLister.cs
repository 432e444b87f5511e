namespace ClipFusion.Camera.Folder;

/// <summary>Lists a folder and tells files that have stopped changing from those that somebody may still write. Not thread-safe.</summary>
internal sealed class FolderLister(FolderOptions options, TimeProvider time, WaitingFiles waiting)
{
    private readonly record struct Look(long Length, DateTime Written, long Since);

    /// <summary>The most old files that are put up with in a folder that isn't replayed.</summary>
    private const int MostIgnored = 100_000;

    private readonly Dictionary<string, DateTime> _ignored = new(StringComparer.Ordinal);
    private Dictionary<string, Look> _looks = new(StringComparer.Ordinal);

    /// <summary>Whether some files were still changing at the last listing.</summary>
    public bool HasUnsettled => _looks.Count > 0;

    /// <summary>Lists the folder and hands the ready files to the waiting ones, the first names first; memory is bounded however many files there are.</summary>
    /// <exception cref="IOException">The folder is not there or can't be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be listed.</exception>
    public void List()
    {
        SortedSet<string> first = FirstNames(out bool isAll);
        var looks = new Dictionary<string, Look>(StringComparer.Ordinal);
        var ready = new List<string>(first.Count);
        foreach (string name in first)
        {
            var file = new FileInfo(Path.Combine(options.Path, name));
            if (!file.Exists) continue;
            if (IsSettled(name, file, looks)) ready.Add(name);
        }
        _looks = looks;
        waiting.Listed(ready, isAll);
    }

    /// <summary>Files that are there now are left alone, unless they are written anew.</summary>
    /// <exception cref="IOException">The folder can't be listed, or holds too many old files.</exception>
    public void IgnoreExisting()
    {
        foreach (string path in Directory.EnumerateFiles(options.Path))
        {
            if (FileNames.IsTemporary(Path.GetFileName(path))) continue;
            if (_ignored.Count == MostIgnored) throw new IOException($"{options.Path} holds more than {MostIgnored} old files: move them away, or have them replayed");
            _ignored[Path.GetFileName(path)] = File.GetLastWriteTimeUtc(path);
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
        foreach (string path in Directory.EnumerateFiles(options.Path))
        {
            string name = Path.GetFileName(path);
            if (FileNames.IsTemporary(name) || waiting.Knows(name) || IsIgnored(name, path)) continue;
            first.Add(name);
            if (first.Count <= options.MaxWaitingNames) continue;
            first.Remove(first.Max!);
            isAll = false;
        }
        return first;
    }

    private bool IsIgnored(string name, string path) => _ignored.TryGetValue(name, out DateTime written) && written == File.GetLastWriteTimeUtc(path);

    private bool IsSettled(string name, FileInfo file, Dictionary<string, Look> looks)
    {
        // On this machine's own disk the file's time is by our clock; on a share it is by another's and only our own looks count.
        if (options.WatchMode == FolderWatchMode.Notify && time.GetUtcNow().UtcDateTime - file.LastWriteTimeUtc >= options.StableFor) return true;
        var look = new Look(file.Length, file.LastWriteTimeUtc, time.GetTimestamp());
        if (_looks.TryGetValue(name, out Look before) && (before.Length, before.Written) == (look.Length, look.Written)) look = before;
        if (time.GetElapsedTime(look.Since) >= options.StableFor) return true;
        looks.Add(name, look);
        return false;
    }
}
