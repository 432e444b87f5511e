using ClipFusion.Foundation.Files;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// Gives out sequence numbers and remembers beside the database how far they went, so that a lost, restored or damaged database repeats
/// none.
/// </summary>
/// <remarks>
/// <para><c>sequences.mark</c> is durable and runs ahead: numbers are reserved in blocks, and none is given out above the mark on the disk.
/// A number in the database above the mark was therefore not written by this program, unless the mark is an older copy
/// (<see cref="SequenceStart"/>).</para>
/// <para><c>sequences.last</c> is the last number whose commit was answered, rewritten in place after every commit and not flushed: it
/// survives the end of the process, and in a power cut it can only be too low. A number there above the database's own means that the
/// database has lost rows. Without this file nobody can tell, and the mark counts.</para>
/// <para>Used by the writer thread only.</para>
/// </remarks>
internal sealed class SequenceMarks : IDisposable
{
    /// <summary>Numbers reserved at a time.</summary>
    public const int Block = 256;

    private readonly string _markPath,
        _lastPath;
    private readonly Dictionary<string, long> _marks,
        _committed;
    private readonly Dictionary<string, long> _pending = new(StringComparer.Ordinal);
    private SafeFileHandle _lastFile;
    private FileIdentity? _markIdentity,
        _lastIdentity;

    /// <summary>Compares the files with the database and goes on from there.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="inDatabase">What the database knows, by station.</param>
    /// <param name="isNewDatabase">Whether the database was made just now.</param>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    public SequenceMarks(string folder, IReadOnlyDictionary<string, StoredSequence> inDatabase, bool isNewDatabase)
    {
        (_markPath, _lastPath) = (Path.Combine(folder, "sequences.mark"), Path.Combine(folder, "sequences.last"));
        Dictionary<string, long>? marks = SequenceFile.Read(_markPath),
            last = SequenceFile.Read(_lastPath);
        MarksWereTorn = marks is null && File.Exists(_markPath);
        _marks = marks ?? new Dictionary<string, long>(StringComparer.Ordinal);

        Starts = inDatabase
            .Keys.Union(_marks.Keys)
            .Union(last?.Keys ?? Enumerable.Empty<string>())
            .ToDictionary(
                s => s,
                s =>
                    SequenceStart.Of(
                        inDatabase.GetValueOrDefault(s),
                        _marks.TryGetValue(s, out long mark) ? mark : null,
                        last,
                        s,
                        isNewDatabase
                    ),
                StringComparer.Ordinal
            );
        _committed = Starts.ToDictionary(s => s.Key, s => s.Value.Known, StringComparer.Ordinal);
        Resets = Starts.Where(s => s.Value.IsReset).ToDictionary(s => s.Key, s => s.Value.Known + 1, StringComparer.Ordinal);
        _markIdentity = FileIdentity.Of(_markPath);
        _lastFile = OpenLast();
        WriteLast();
        RandomAccess.FlushToDisk(_lastFile);
    }

    /// <summary>What was found for each station.</summary>
    public IReadOnlyDictionary<string, SequenceStart> Starts { get; }

    /// <summary>First number of this run by station, where the database had lost rows or was damaged.</summary>
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
        if (next > _marks.GetValueOrDefault(station))
            Reserve([station], next);
        _pending[station] = next;
        return next;
    }

    /// <summary>Before a commit: numbers count only while the files that remember them are where the next start looks. Those that are not
    /// are written again.</summary>
    /// <returns>Whether they had to be.</returns>
    /// <exception cref="IOException">They could not be written.</exception>
    public bool Restore()
    {
        bool isMarkThere = _markIdentity is null || FileIdentity.Of(_markPath) == _markIdentity,
            isLastThere = _lastIdentity is null || FileIdentity.Of(_lastPath) == _lastIdentity;
        if (!isMarkThere)
            Rewrite();
        if (!isLastThere)
        {
            _lastFile.Dispose();
            _lastFile = OpenLast();
            WriteLast();
        }

        return !isMarkThere || !isLastThere;
    }

    /// <summary>The transaction is on the disk: its numbers are given out.</summary>
    public void Committed()
    {
        if (_pending.Count == 0)
            return;
        foreach ((string station, long last) in _pending)
            _committed[station] = last;
        _pending.Clear();
        WriteLast();
    }

    /// <summary>The transaction failed: its numbers were never given out.</summary>
    public void RolledBack() => _pending.Clear();

    /// <summary>Moves marks that are nearly reached, after callers were answered, so that none waits for it.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    public void ReserveAhead()
    {
        string[] near = [.. _committed.Where(c => _marks.GetValueOrDefault(c.Key) - c.Value < Block / 2).Select(c => c.Key)];
        if (near.Length > 0)
            Reserve(near, 0);
    }

    /// <summary>Writes the marks as they are once more: what a new block would need is known to work.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    public void Rewrite() => Write(_marks);

    /// <inheritdoc/>
    public void Dispose() => _lastFile.Dispose();

    private SafeFileHandle OpenLast()
    {
        if (RegularFile.IsSomethingElse(_lastPath))
            throw new IOException($"{_lastPath} is no regular file: move it away");
        SafeFileHandle file = File.OpenHandle(_lastPath, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        _lastIdentity = FileIdentity.Of(_lastPath);
        return file;
    }

    // Comes after the commit, which nothing may undo any more: a failure here only makes a lost database harder to notice.
    private void WriteLast()
    {
        try
        {
            byte[] content = SequenceFile.Content(_committed);
            RandomAccess.Write(_lastFile, content, 0);
            if (RandomAccess.GetLength(_lastFile) > content.Length)
                RandomAccess.SetLength(_lastFile, content.Length);
        }
        catch (IOException)
        {
            // The disk is full or broken; the next transaction will say so.
        }
    }

    private void Reserve(string[] stations, long atLeast)
    {
        var marks = new Dictionary<string, long>(_marks, StringComparer.Ordinal);
        foreach (string station in stations)
            marks[station] = Math.Max(atLeast, _committed.GetValueOrDefault(station)) + Block;
        Write(marks);
        foreach ((string station, long mark) in marks)
            _marks[station] = mark;
    }

    private void Write(IReadOnlyDictionary<string, long> marks)
    {
        SequenceFile.Replace(_markPath, marks);
        _markIdentity = FileIdentity.Of(_markPath);
    }
}
