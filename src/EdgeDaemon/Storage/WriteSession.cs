using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>The one connection that writes, and what belongs to its transaction. Used by the writer thread only.</summary>
internal sealed class WriteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly BootClock _clock;
    private readonly Statement _begin,
        _commit,
        _rollback,
        _last,
        _touch,
        _forget;

    /// <summary>Takes over a checked database.</summary>
    /// <param name="connection">Owned from here on.</param>
    /// <param name="marks">Owned from here on.</param>
    /// <param name="clock">Clocks of this boot.</param>
    /// <param name="process">The number of this process in <c>handed_by</c>.</param>
    public WriteSession(SqliteConnection connection, SequenceMarks marks, BootClock clock, long process)
    {
        (_connection, Sequences, _clock) = (connection, marks, clock);
        using (var boot = new Statement(connection, "INSERT INTO boots (boot_id) VALUES ($1) ON CONFLICT DO NOTHING"))
            boot.Execute(clock.BootId);
        long number;
        using (var boot = new Statement(connection, "SELECT number FROM boots WHERE boot_id = $1"))
        {
            using SqliteDataReader row = boot.Query(clock.BootId);
            row.Read();
            number = row.GetInt64(0);
        }

        Inspections = new InspectionTable(connection, clock, number);
        Outbox = new OutboxTable(connection, clock, number, process);
        Files = new HandedFileTable(connection);
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        _last = new Statement(connection, "INSERT INTO stations VALUES ($1, $2) ON CONFLICT DO UPDATE SET last_sequence = $2");
        _forget = new Statement(connection, "DELETE FROM damaged WHERE at_ms < $1");
        _touch = new Statement(connection, "INSERT INTO counters VALUES ('probes', 1) ON CONFLICT DO UPDATE SET value = value + 1");
    }

    /// <summary>Sequence numbers.</summary>
    public SequenceMarks Sequences { get; }

    /// <summary>Inspections.</summary>
    public InspectionTable Inspections { get; }

    /// <summary>Verdicts to be delivered.</summary>
    public OutboxTable Outbox { get; }

    /// <summary>Files that inspections were made of.</summary>
    public HandedFileTable Files { get; }

    /// <summary>Files of a station that are an inspection's.</summary>
    public List<HandedFile> ReadHandedFiles(string station) => HandedFileTable.Read(_connection, station);

    /// <summary>Starts a transaction that may write.</summary>
    public void Begin() => _begin.Execute();

    /// <summary>Ends it: on return everything is on the disk.</summary>
    public void Commit()
    {
        foreach ((string station, long last) in Sequences.Pending)
            _last.Execute(station, last);
        _commit.Execute();
        Outbox.Committed();
        Sequences.Committed();
    }

    /// <summary>Undoes the transaction, if there still is one: SQLite ends it by itself on some errors.</summary>
    public void Rollback()
    {
        Sequences.RolledBack();
        Outbox.RolledBack();
        try
        {
            _rollback.Execute();
        }
        catch (SqliteException)
        {
            // No transaction is active: that is what was wanted.
        }
    }

    /// <summary>Writes something to the database and to the file of sequence marks, to see whether both work.</summary>
    public void Touch()
    {
        _touch.Execute();
        Sequences.Rewrite();
    }

    /// <summary>Sets an inspection and its outbox row aside.</summary>
    /// <param name="number">Its place in the table.</param>
    /// <param name="reason">What is wrong with it.</param>
    /// <returns>Whether it was there.</returns>
    public bool SetAside(long number, string reason)
    {
        long now = _clock.UtcNow.ToUnixTimeMilliseconds();
        DamagedRows.Keep(_connection, "outbox", "number = $1", $"its inspection: {reason}", now, number);
        if (DamagedRows.Keep(_connection, "inspections", "number = $1", reason, now, number) == 0)
            return false;
        Outbox.Remove(number);
        Inspections.Delete(number);
        return true;
    }

    /// <summary>Lets go of rows that were set aside long ago.</summary>
    /// <param name="olderThan">Wall clock, UTC.</param>
    public void ForgetDamaged(DateTimeOffset olderThan) => _forget.Execute(olderThan.ToUnixTimeMilliseconds());

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Statement statement in new[] { _begin, _commit, _rollback, _last, _touch, _forget })
            statement.Dispose();
        Inspections.Dispose();
        Outbox.Dispose();
        Files.Dispose();
        Sequences.Dispose();
        _connection.Dispose();
    }
}
