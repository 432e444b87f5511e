namespace ClipFusion.Camera.Folder;

/// <summary>Files whose content says that their writer may not be done, and since when they have not changed. Thread-safe.</summary>
/// <param name="stableFor">How long they have to stay unchanged before they are taken as they are.</param>
/// <param name="time">Clocks.</param>
internal sealed class UnsettledFiles(TimeSpan stableFor, TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5),
        Longest = TimeSpan.FromMilliseconds(100);

    /// <summary>A writer that takes longer holds up nobody: its file comes when it has closed it.</summary>
    private static readonly TimeSpan LongestWriting = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Looks> _looks = new(StringComparer.Ordinal);

    /// <summary>The time of a look, to be taken before the file is read: what happens between reading and judging is not known to be
    /// unchanged.</summary>
    public LookTime Now => new(time.GetTimestamp(), time.GetUtcNow().UtcDateTime);

    /// <summary>Notes a look at a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">What it was.</param>
    /// <param name="at">When it was looked at.</param>
    /// <param name="isLocal">Whether its time is by our own clock: then a file from long ago need not be waited for.</param>
    /// <returns>How long to wait before the next look; zero when it has been unchanged long enough, and is forgotten here.</returns>
    public TimeSpan Look(string name, FileVersion version, LookTime at, bool isLocal)
    {
        lock (_gate)
        {
            if (isLocal && at.Utc - version.Written >= stableFor)
                return Forget(name);
            if (!_looks.TryGetValue(name, out Looks looks) || looks.Version != version)
                looks = new Looks(version, at.Timestamp, null);
            _looks[name] = looks with { WritingSince = null };
            TimeSpan left = stableFor - time.GetElapsedTime(looks.Since, at.Timestamp);
            if (left <= TimeSpan.Zero)
                return Forget(name);
            // Looked at more often than needed: a file that is finished early is taken early.
            return left > Longest ? Longest
                : left > Shortest ? left
                : Shortest;
        }
    }

    /// <summary>A file was found open for writing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="at">When it was looked at.</param>
    /// <param name="wasClosed">Whether it had been closed before: then it keeps its place, else it comes when it is closed.</param>
    /// <returns>How long to wait before the next look; zero when nothing is known of it, or its writer has been at it for too
    /// long.</returns>
    public TimeSpan LookAtWriting(string name, LookTime at, bool wasClosed)
    {
        lock (_gate)
        {
            bool isKnown = _looks.TryGetValue(name, out Looks looks);
            if (!isKnown && !wasClosed)
                return TimeSpan.Zero;
            if (!isKnown)
                looks = new Looks(default, at.Timestamp, null);
            long since = looks.WritingSince ?? at.Timestamp;
            _looks[name] = looks with { WritingSince = since };
            return time.GetElapsedTime(since, at.Timestamp) < LongestWriting ? Longest : Forget(name);
        }
    }

    /// <summary>The file was taken, or is gone.</summary>
    public TimeSpan Forget(string name)
    {
        lock (_gate)
            _looks.Remove(name);
        return TimeSpan.Zero;
    }

    /// <summary>What is known of one file.</summary>
    /// <param name="Version">As it was at the last look that found it closed.</param>
    /// <param name="Since">Monotonic timestamp of the first look that found it so.</param>
    /// <param name="WritingSince">The same of the first of the latest looks that found it open for writing; null when the last one did
    /// not.</param>
    private readonly record struct Looks(FileVersion Version, long Since, long? WritingSince);
}

/// <summary>When a file was looked at.</summary>
/// <param name="Timestamp">Monotonic.</param>
/// <param name="Utc">Wall clock.</param>
internal readonly record struct LookTime(long Timestamp, DateTime Utc);
