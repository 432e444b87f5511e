using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Rows of a kind that were set aside at a start.</summary>
/// <param name="Table">Where they were.</param>
/// <param name="Reason">What was wrong.</param>
/// <param name="Rows">How many.</param>
internal readonly record struct SetAsideRows(string Table, string Reason, int Rows);

/// <summary>
/// Looks at what a start relies on, before anything reads it: every boot, station and counter, the outbox, and inspections that are open,
/// not acked or to be
/// delivered. Older history is checked when it is read. Damaged rows go to <see cref="DamagedRows"/>; an outbox row is made anew where its
/// inspection is whole.
/// </summary>
/// <param name="connection">The writer's, without a transaction.</param>
/// <param name="nowMs">Wall clock, Unix milliseconds.</param>
/// <remarks>Conditions are texts of this program: of what is stored only the names of stations come into them, which have no letters that
/// SQL knows.</remarks>
internal sealed class StartCheck(SqliteConnection connection, long nowMs)
{
    private readonly List<SetAsideRows> _found = [];

    /// <summary>Checks and mends, in one transaction.</summary>
    public void Run() =>
        InTransaction(() =>
        {
            Take("counters", $"NOT ({StoredRules.Counter("name")} AND value BETWEEN 0 AND {StoredRules.LargestNumber})", "no counter");
            Take("boots", $"NOT (number BETWEEN 1 AND {StoredRules.LargestNumber} AND {StoredRules.BootId("boot_id")})", "no boot");
            Take("stations", $"NOT {StoredRules.Station("name")}", "not the name of a station");
            CheckInspections();
            CheckOutbox();
        });

    private void InTransaction(Action body)
    {
        // Damaged rows may refer to nothing, and what refers to them is looked at here as well.
        connection.Run("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE");
        try
        {
            body();
            connection.Run("COMMIT; PRAGMA foreign_keys = ON");
        }
        catch
        {
            try
            {
                connection.Run("ROLLBACK");
            }
            catch (SqliteException)
            {
                // SQLite ended it by itself.
            }

            throw;
        }
    }

    /// <summary>What the database says of each station's numbers; of stations too that only their inspections know.</summary>
    public IReadOnlyDictionary<string, StoredSequence> Sequences()
    {
        var sequences = new Dictionary<string, StoredSequence>(StringComparer.Ordinal);
        // One step of the index from each station to the next: the table may hold years.
        using var all = new Statement(
            connection,
            $"""
            WITH RECURSIVE named (name) AS (
                SELECT min(station) FROM inspections
                UNION ALL SELECT (SELECT min(station) FROM inspections WHERE station > named.name) FROM named WHERE named.name IS NOT NULL)
            SELECT name, coalesce((SELECT last_sequence FROM stations s WHERE s.name = n.name), 0),
                coalesce((SELECT max(sequence) FROM inspections WHERE station = n.name AND sequence BETWEEN 1 AND {StoredRules.LargestNumber}), 0)
            FROM (SELECT name FROM named UNION SELECT name FROM stations) n WHERE {StoredRules.Station("n.name")}
            """
        );
        using SqliteDataReader row = all.Query();
        while (row.Read())
            sequences[row.GetString(0)] = new StoredSequence(row.GetInt64(1), row.GetInt64(2));
        return sequences;
    }

    /// <summary>Sets numbers aside that no station has given, and puts damaged last numbers right.</summary>
    /// <param name="starts">Where each station goes on.</param>
    public void MendSequences(IReadOnlyDictionary<string, SequenceStart> starts) =>
        InTransaction(() =>
        {
            foreach ((string station, SequenceStart start) in starts)
            {
                long ceiling = start.Ceiling ?? StoredRules.LargestNumber;
                TakeInspections(
                    $"station = '{station}' AND (sequence < 1 OR sequence > {ceiling})",
                    "a sequence number that was never given"
                );
                if (!start.IsDamaged)
                    continue;
                Keep("stations", $"name = '{station}'", "a last number that was never given");
                connection.Run(
                    $"""
                    UPDATE stations SET last_sequence = coalesce((SELECT max(sequence) FROM inspections WHERE station = '{station}'), 0)
                    WHERE name = '{station}'
                    """
                );
            }
        });

    /// <summary>Sets inspections aside, with their outbox rows.</summary>
    /// <param name="which">A condition on <c>inspections</c>.</param>
    /// <param name="reason">What is wrong with them.</param>
    public void TakeInspections(string which, string reason)
    {
        string numbers = $"(SELECT inspections.number FROM inspections WHERE {which})";
        if (connection.Number($"SELECT count(*) FROM inspections WHERE {which}") == 0)
            return;
        Take("outbox", $"number IN {numbers}", $"its inspection: {reason}");
        Take("inspections", which, reason);
    }

    /// <summary>What was set aside by now.</summary>
    public IReadOnlyList<SetAsideRows> Found => _found;

    private void CheckInspections()
    {
        // By the index on numbers: a row far from all others would be the newest for ever.
        TakeInspections($"inspections.number > {StoredRules.LargestNumber} OR inspections.number < 1", "number out of range");
        string[] inUse = ["inspections.verdict IS NULL", "inspections.acked = 0", "inspections.number IN (SELECT number FROM outbox)"];
        foreach (string part in inUse)
        {
            TakeInspections($"{part} AND {StoredRules.Inspection("inspections")} IS NOT 1", "a column holds what no program writes there");
        }
    }

    private void CheckOutbox()
    {
        const string Its = "FROM inspections i WHERE i.number = outbox.number";
        Take("outbox", $"NOT EXISTS (SELECT 1 {Its} AND i.verdict IS NOT NULL)", "no verdict belongs to it");
        string bad = $"EXISTS (SELECT 1 {Its} AND {StoredRules.OutboxRow("outbox", "i")} IS NOT 1)";
        if (Keep("outbox", bad, "it does not fit its inspection; made anew") == 0)
            return;
        connection.Run(
            $"""
            UPDATE outbox SET (station, sequence, is_ok, bytes, created_at_ms, boot, created_ms) =
                    (SELECT i.station, i.sequence, i.verdict = 0, length(i.body) + {OutboxTable.RowOverhead}, i.accepted_at_ms, i.boot, i.received_ms {Its}),
                refusals = 0, refusal_reason = NULL, parked = 0, handed_by = 0, unheard_at_ms = NULL
            WHERE {bad}
            """
        );
    }

    private void Take(string table, string which, string reason)
    {
        if (Keep(table, which, reason) > 0)
            connection.Run($"DELETE FROM {table} WHERE {which}");
    }

    private int Keep(string table, string which, string reason)
    {
        int rows = DamagedRows.Keep(connection, table, which, reason, nowMs);
        if (rows > 0)
            _found.Add(new SetAsideRows(table, reason, rows));
        return rows;
    }
}
