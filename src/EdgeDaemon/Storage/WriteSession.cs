using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>The one connection that writes, and what belongs to its transaction. Used by the writer thread only.</summary>
internal sealed class WriteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Statement _begin, _commit, _rollback, _last, _touch;

    /// <summary>Takes over a checked database.</summary>
    /// <param name="connection">Owned from here on.</param>
    /// <param name="marks">Owned from here on.</param>
    /// <param name="clock">Clocks of this boot.</param>
    public WriteSession(SqliteConnection connection, SequenceMarks marks, BootClock clock)
    {
        (_connection, Sequences) = (connection, marks);
        using (var boot = new Statement(connection, "INSERT INTO boots (boot_id) VALUES ($1) ON CONFLICT DO NOTHING")) boot.Execute(clock.BootId);
        long number;
        using (var boot = new Statement(connection, "SELECT number FROM boots WHERE boot_id = $1"))
        {
            using SqliteDataReader row = boot.Query(clock.BootId);
            row.Read();
            number = row.GetInt64(0);
        }

        Inspections = new InspectionTable(connection, clock, number);
        Outbox = new OutboxTable(connection, clock, number);
        Files = new HandedFileTable(connection);
        _begin = new Statement(connection, "BEGIN IMMEDIATE");
        _commit = new Statement(connection, "COMMIT");
        _rollback = new Statement(connection, "ROLLBACK");
        _last = new Statement(connection, "INSERT INTO stations VALUES ($1, $2) ON CONFLICT DO UPDATE SET last_sequence = $2");
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
        foreach ((string station, long last) in Sequences.Pending) _last.Execute(station, last);
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

    /// <summary>Writes something, to see whether that works.</summary>
    public void Touch() => _touch.Execute();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Statement statement in new[] { _begin, _commit, _rollback, _last, _touch }) statement.Dispose();
        Inspections.Dispose();
        Outbox.Dispose();
        Files.Dispose();
        Sequences.Dispose();
        _connection.Dispose();
    }
}
