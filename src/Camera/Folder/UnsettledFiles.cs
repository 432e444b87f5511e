namespace ClipFusion.Camera.Folder;

/// <summary>Files whose content says that their writer may not be done, and since when they have not changed. Thread-safe.</summary>
/// <param name="stableFor">How long they have to stay unchanged before they are taken as they are.</param>
/// <param name="time">Clocks.</param>
internal sealed class UnsettledFiles(TimeSpan stableFor, TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5), Longest = TimeSpan.FromMilliseconds(100);

    /// <summary>A writer that takes longer holds up nobody: its file comes when it has closed it.</summary>
    private static readonly TimeSpan LongestWriting = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (FileVersion Version, long Since, long First)> _looks = new(StringComparer.Ordinal);

    /// <summary>Notes a look at a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">What it was.</param>
    /// <param name="isLocal">Whether its time is by our own clock: then a file from long ago need not be waited for.</param>
    /// <returns>How long to wait before the next look; zero when it has been unchanged long enough, and is forgotten here.</returns>
    public TimeSpan Look(string name, FileVersion version, bool isLocal)
    {
        lock (_gate)
        {
            if (isLocal && time.GetUtcNow().UtcDateTime - version.Written >= stableFor) return Forget(name);
            long now = time.GetTimestamp();
            bool isKnown = _looks.TryGetValue(name, out (FileVersion Version, long Since, long First) look);
            if (!isKnown || look.Version != version) _looks[name] = look = (version, now, isKnown ? look.First : now);
            TimeSpan left = stableFor - time.GetElapsedTime(look.Since);
            if (left <= TimeSpan.Zero) return Forget(name);
            // Looked at more often than needed: a file that is finished early is taken early.
            return left > Longest ? Longest : left > Shortest ? left : Shortest;
        }
    }

    /// <summary>A file was found open for writing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="wasClosed">Whether it had been closed before: then it keeps its place, else it comes when it is closed.</param>
    /// <returns>How long to wait before the next look; zero when nothing is known of it, or its writer has been at it for too long.</returns>
    public TimeSpan LookAtWriting(string name, bool wasClosed)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            bool isKnown = _looks.TryGetValue(name, out (FileVersion Version, long Since, long First) look);
            if (!isKnown && !wasClosed) return TimeSpan.Zero;
            if (!isKnown) _looks[name] = look = (default, now, now);
            return time.GetElapsedTime(look.First) < LongestWriting ? Longest : Forget(name);
        }
    }

    /// <summary>The file was taken, or is gone.</summary>
    public TimeSpan Forget(string name)
    {
        lock (_gate) _looks.Remove(name);
        return TimeSpan.Zero;
    }
}
