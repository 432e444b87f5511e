using ClipFusion.EdgeDaemon.Domain;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>A row of <c>inspections</c> by its place in the table.</summary>
internal readonly record struct InspectionKey(long Number, string Station, long Sequence);

/// <summary>The writer's side of <c>inspections</c>; every method is a part of the transaction under way.</summary>
internal sealed class InspectionTable : IDisposable
{
    private readonly BootClock _clock;
    private readonly long _boot;
    private readonly Statement _insert,
        _ack,
        _complete,
        _exists,
        _open,
        _window,
        _delete;

    /// <summary>Prepares the statements.</summary>
    /// <param name="connection">The writer's.</param>
    /// <param name="clock">Clocks of this boot.</param>
    /// <param name="boot">The number of this boot in <c>boots</c>.</param>
    public InspectionTable(SqliteConnection connection, BootClock clock, long boot)
    {
        (_clock, _boot) = (clock, boot);
        _insert = new Statement(
            connection,
            """
            INSERT INTO inspections (id, station, sequence, source, trigger_id, part_id, asserted_recipe, recipe_number, recipe_name, recipe_revision, reference_version,
                deadline_ticks, accepted_at_ms, boot, received_ms, acked)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            """
        );
        _ack = new Statement(connection, "UPDATE inspections SET acked = 1 WHERE id = $1 AND acked = 0");
        _complete = new Statement(
            connection,
            "UPDATE inspections SET verdict = $2, body = $3 WHERE id = $1 AND verdict IS NULL RETURNING number, station, sequence"
        );
        _exists = new Statement(connection, "SELECT 1 FROM inspections WHERE id = $1");
        _open = new Statement(
            connection,
            $"SELECT {InspectionRow.Columns} FROM inspections i WHERE i.verdict IS NULL AND i.number <= $1 ORDER BY i.number LIMIT $2"
        );
        _window = new Statement(
            connection,
            """
            SELECT i.number, i.id, i.accepted_at_ms, i.verdict IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.number = i.number)
            FROM inspections i WHERE i.number > $1 ORDER BY i.number LIMIT $2
            """
        );
        _delete = new Statement(connection, "DELETE FROM inspections WHERE number = $1");
    }

    /// <summary>Adds an inspection.</summary>
    /// <param name="inspection">With its id and sequence.</param>
    /// <param name="trigger">What asked for it. A self-timed one has nobody to ack to and counts as acked.</param>
    public void Insert(AcceptedInspection inspection, Trigger trigger) =>
        _insert.Execute(
            inspection.Id,
            inspection.Station,
            inspection.Sequence,
            (int)inspection.Source,
            inspection.TriggerId,
            inspection.PartId,
            trigger.Recipe,
            inspection.Recipe.Number,
            inspection.Recipe.Name,
            inspection.Recipe.Revision,
            inspection.Recipe.ReferenceVersion,
            inspection.Deadline?.Ticks,
            inspection.AcceptedAt.ToUnixTimeMilliseconds(),
            _boot,
            _clock.ToMilliseconds(trigger.ReceivedTimestamp),
            trigger.IsSelfTimed ? 1 : 0
        );

    /// <summary>Notes that the caller was told.</summary>
    /// <param name="id">The inspection's id.</param>
    public void MarkAcked(string id) => _ack.Execute(id);

    /// <summary>Gives an inspection its verdict, unless it has one.</summary>
    /// <param name="id">The inspection's id.</param>
    /// <param name="verdict">The answer.</param>
    /// <param name="body">From <see cref="InspectionRow.ToBody"/>.</param>
    /// <returns>Where it is, and what became of it; the place is only set when the verdict was stored.</returns>
    public (CompletionOutcome Outcome, InspectionKey Key) Complete(string id, Verdict verdict, byte[] body)
    {
        using (SqliteDataReader row = _complete.Query(id, (int)verdict, body))
        {
            if (row.Read())
                return (CompletionOutcome.Stored, new InspectionKey(row.GetInt64(0), row.GetString(1), row.GetInt64(2)));
        }

        using SqliteDataReader known = _exists.Query(id);
        return (known.Read() ? CompletionOutcome.AlreadyCompleted : CompletionOutcome.Unknown, default);
    }

    /// <summary>Inspections without a verdict, oldest first.</summary>
    /// <param name="lastNumber">Newer ones are left out.</param>
    /// <param name="limit">How many at most.</param>
    /// <returns>A page of them, and what can't be read among them.</returns>
    public (List<AcceptedInspection> Open, List<DamagedRowException> Damaged) ReadOpen(long lastNumber, int limit)
    {
        var page = new List<AcceptedInspection>();
        var damaged = new List<DamagedRowException>();
        using SqliteDataReader row = _open.Query(lastNumber, limit);
        while (row.Read())
        {
            try
            {
                page.Add(InspectionRow.Inspection(row));
            }
            catch (DamagedRowException e)
            {
                damaged.Add(e);
            }
        }

        return (page, damaged);
    }

    /// <summary>Takes a row out; it must be in no outbox.</summary>
    /// <param name="number">Its place in the table.</param>
    public void Delete(long number) => _delete.Execute(number);

    /// <summary>One step of retention: looks at the next rows and deletes those that are old, judged and no longer in the outbox.</summary>
    /// <param name="after">Row number where the last step ended; 0 to begin.</param>
    /// <param name="olderThan">Wall clock, UTC.</param>
    /// <param name="now">The same clock now. A row from after it was accepted while the clock was ahead: it stays and keeps no other
    /// row.</param>
    /// <param name="limit">Rows to look at.</param>
    /// <returns>Where to go on, 0 when everything old was seen; and how many rows went.</returns>
    public (long Next, int Deleted) Sweep(long after, DateTimeOffset olderThan, DateTimeOffset now, int limit)
    {
        long next = after,
            cutoff = olderThan.ToUnixTimeMilliseconds(),
            latest = now.ToUnixTimeMilliseconds();
        int seen = 0;
        bool isYoung = false;
        var old = new List<long>();
        using (SqliteDataReader row = _window.Query(after, limit))
        {
            for (; !isYoung && row.Read(); seen++)
            {
                next = row.GetInt64(0);
                long accepted = TimeOf(row, latest);
                isYoung = accepted >= cutoff && accepted <= latest;
                if (accepted < cutoff && row.GetBoolean(3))
                    old.Add(next);
            }
        }

        foreach (long number in old)
            _delete.Execute(number);
        return (isYoung || seen < limit ? 0 : next, old.Count);
    }

    // Accepted while the clock was behind, such as before the first synchronisation on a box without a battery, a row looks ages old. Its
    // id does not: ids never go back.
    private static long TimeOf(SqliteDataReader row, long latest)
    {
        string id = row.GetString(1);
        long byClock = row.GetInt64(2),
            byId = UlidGenerator.IsUlid(id) ? UlidGenerator.Milliseconds(id) : byClock;
        return byId <= latest ? Math.Max(byId, byClock) : byClock;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Statement statement in new[] { _insert, _ack, _complete, _exists, _open, _window, _delete })
            statement.Dispose();
    }
}
