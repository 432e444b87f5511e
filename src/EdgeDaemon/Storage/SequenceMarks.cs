using Microsoft.Win32.SafeHandles;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// Gives out sequence numbers and remembers beside the database how far they went, so that a lost or restored database repeats none.
/// </summary>
/// <remarks>
/// <para><c>sequences.mark</c> is durable and runs ahead: numbers are reserved in blocks, and none is given out above the mark on the disk.</para>
/// <para><c>sequences.last</c> is the last number whose commit was answered, rewritten in place after every commit and not flushed: it survives the end of the
/// process, and in a power cut it can only be too low. A number there above the database's own means that the database has lost rows. Without this file
/// nobody can tell, and the mark counts.</para>
/// <para>Used by the writer thread only.</para>
/// </remarks>
internal sealed class SequenceMarks : IDisposable
{
    /// <summary>Numbers reserved at a time.</summary>
    public const int Block = 256;

    private const int ResetStep = 1000;

    private readonly string _markPath;
    private readonly SafeFileHandle _lastFile;
    private readonly Dictionary<string, long> _marks, _committed;
    private readonly Dictionary<string, long> _pending = new(StringComparer.Ordinal);

    /// <summary>Compares the files with the database and goes on from there.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="inDatabase">Last number by station as the database knows it.</param>
    /// <param name="isNewDatabase">Whether the database was made just now.</param>
    public SequenceMarks(string folder, IReadOnlyDictionary<string, long> inDatabase, bool isNewDatabase)
    {
        _markPath = Path.Combine(folder, "sequences.mark");
        string lastPath = Path.Combine(folder, "sequences.last");
        _committed = new Dictionary<string, long>(inDatabase, StringComparer.Ordinal);
        Dictionary<string, long>? marks = SequenceFile.Read(_markPath), last = SequenceFile.Read(lastPath);
        MarksWereTorn = marks is null && File.Exists(_markPath);
        _marks = marks ?? new Dictionary<string, long>(StringComparer.Ordinal);

        var resets = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string station in _marks.Keys.Union(last?.Keys ?? Enumerable.Empty<string>()).ToArray())
        {
            long known = _committed.GetValueOrDefault(station), mark = _marks.GetValueOrDefault(station), answered = last?.GetValueOrDefault(station) ?? 0;
            bool isLost = isNewDatabase || (last is null ? mark : answered) > known;
            if (!isLost) continue;
            long first = (Math.Max(Math.Max(mark, answered), known) / ResetStep + 1) * ResetStep;
            resets[station] = first;
            _committed[station] = first - 1;
        }

        Resets = resets;
        _lastFile = File.OpenHandle(lastPath, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        WriteLast();
        RandomAccess.FlushToDisk(_lastFile);
    }

    /// <summary>First number of this run by station, where the database had lost rows.</summary>
    public IReadOnlyDictionary<string, long> Resets { get; }

    /// <summary>Whether <c>sequences.mark</c> was there but could not be trusted.</summary>
    public bool MarksWereTorn { get; }

    /// <summary>Last numbers of the stations that got one in the transaction under way.</summary>
    public IReadOnlyDictionary<string, long> Pending => _pending;

    /// <summary>The next number of a station; it counts only once <see cref="Committed"/> was called.</summary>
    /// <param name="station">Name of the station.</param>
    /// <returns>From 1.</returns>
    /// <exception cref="IOException">The mark had to be moved and could not be written.</exception>
    public long Next(string station)
    {
        long next = (_pending.TryGetValue(station, out long pending) ? pending : _committed.GetValueOrDefault(station)) + 1;
        if (next > _marks.GetValueOrDefault(station)) Reserve([station], next);
        _pending[station] = next;
        return next;
    }

    /// <summary>The transaction is on the disk: its numbers are given out.</summary>
    public void Committed()
    {
        if (_pending.Count == 0) return;
        foreach ((string station, long last) in _pending) _committed[station] = last;
        _pending.Clear();
        WriteLast();
    }

    /// <summary>The transaction failed: its numbers were never given out.</summary>
    public void RolledBack() => _pending.Clear();

    /// <summary>Moves marks that are nearly reached, after callers were answered, so that none waits for it.</summary>
    public void ReserveAhead()
    {
        string[] near = [.. _committed.Where(c => _marks.GetValueOrDefault(c.Key) - c.Value < Block / 2).Select(c => c.Key)];
        if (near.Length > 0) Reserve(near, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _lastFile.Dispose();

    // Comes after the commit, which nothing may undo any more: a failure here only makes a lost database harder to notice.
    private void WriteLast()
    {
        try
        {
            RandomAccess.Write(_lastFile, SequenceFile.Content(_committed), 0);
        }
        catch (IOException)
        {
            // The disk is full or broken; the next transaction will say so.
        }
    }

    private void Reserve(string[] stations, long atLeast)
    {
        var marks = new Dictionary<string, long>(_marks, StringComparer.Ordinal);
        foreach (string station in stations) marks[station] = Math.Max(atLeast, _committed.GetValueOrDefault(station)) + Block;
        SequenceFile.Replace(_markPath, marks);
        foreach ((string station, long mark) in marks) _marks[station] = mark;
    }
}
