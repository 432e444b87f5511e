using System.Collections.Immutable;
using ClipFusion.EdgeDaemon.Domain;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>How full the outbox is.</summary>
/// <param name="Rows">Verdicts that wait, parked ones included.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Dropped">Verdicts that the caps have thrown out, ever.</param>
/// <param name="Unheard">Verdicts given up because nobody subscribed, ever.</param>
/// <param name="Stations">Each station's share; none for a station without rows.</param>
internal sealed record OutboxTally(long Rows, long Bytes, long Dropped, long Unheard, ImmutableDictionary<string, OutboxShare> Stations)
{
    /// <summary>The tally with rows of a station added or taken away.</summary>
    public OutboxTally With(string station, int pending, int parked, long bytes, int unheard = 0)
    {
        OutboxShare share = Stations.GetValueOrDefault(station);
        share = new OutboxShare(share.Pending + pending, share.Parked + parked, share.Unheard + unheard);
        return this with
        {
            Rows = Rows + pending + parked,
            Bytes = Bytes + bytes,
            Stations = share == default ? Stations.Remove(station) : Stations.SetItem(station, share),
        };
    }
}

/// <summary>The writer's side of <c>outbox</c>; every method is a part of the transaction under way.</summary>
internal sealed class OutboxTable : IDisposable
{
    /// <summary>What a row costs beside the verdict's own JSON: its columns, and its share of the pages and indexes.</summary>
    public const int RowOverhead = 256;

    private const string DroppedCounter = "outbox_dropped",
        UnheardCounter = "outbox_unheard";

    private readonly BootClock _clock;
    private readonly long _boot,
        _process;
    private readonly Statement _insert,
        _remove,
        _refuse,
        _hand,
        _unhand,
        _unheard,
        _oldest,
        _expired,
        _count;
    private OutboxTally _pending;

    /// <summary>Prepares the statements and counts what is there.</summary>
    /// <param name="connection">The writer's.</param>
    /// <param name="clock">Clocks of this boot.</param>
    /// <param name="boot">The number of this boot in <c>boots</c>.</param>
    /// <param name="process">The number of this process, not 0.</param>
    public OutboxTable(SqliteConnection connection, BootClock clock, long boot, long process)
    {
        (_clock, _boot, _process) = (clock, boot, process);
        _insert = new Statement(
            connection,
            """
            INSERT INTO outbox (number, station, sequence, is_ok, bytes, created_at_ms, boot, created_ms, handed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """
        );
        const string OfId = "number = (SELECT number FROM inspections WHERE id = $1)",
            Gone = "bytes, station, parked, unheard_at_ms IS NOT NULL";
        _remove = new Statement(
            connection,
            $"DELETE FROM outbox WHERE number = coalesce($2, (SELECT number FROM inspections WHERE id = $1)) RETURNING {Gone}"
        );
        _refuse = new Statement(
            connection,
            """
            UPDATE outbox SET refusals = refusals + 1, refusal_reason = $2, parked = refusals + 1 >= $3
            WHERE number = (SELECT number FROM inspections WHERE id = $1) AND parked = 0 RETURNING parked, station, unheard_at_ms IS NOT NULL
            """
        );
        _hand = new Statement(connection, $"UPDATE outbox SET handed_by = $2 WHERE {OfId} AND handed_by IS NULL");
        _unhand = new Statement(connection, $"UPDATE outbox SET handed_by = NULL WHERE {OfId} AND handed_by = $2");
        _unheard = new Statement(
            connection,
            "UPDATE outbox SET unheard_at_ms = $3 WHERE station = $1 AND sequence <= $2 AND parked = 0 AND unheard_at_ms IS NULL"
        );
        _oldest = new Statement(connection, "SELECT number FROM outbox ORDER BY is_ok DESC, number LIMIT 1");
        _expired = new Statement(
            connection,
            "SELECT number FROM outbox WHERE CASE boot WHEN $1 THEN created_ms < $2 ELSE created_at_ms < $3 END ORDER BY number LIMIT $4"
        );
        _count = new Statement(connection, "INSERT INTO counters VALUES ($1, $2) ON CONFLICT DO UPDATE SET value = value + $2");
        Tally = _pending = new OutboxTally(
            connection.Number("SELECT count(*) FROM outbox"),
            connection.Number("SELECT sum(bytes) FROM outbox"),
            connection.Number($"SELECT value FROM counters WHERE name = '{DroppedCounter}'"),
            connection.Number($"SELECT value FROM counters WHERE name = '{UnheardCounter}'"),
            Shares(connection)
        );
    }

    /// <summary>As of the last commit.</summary>
    public OutboxTally Tally { get; private set; }

    /// <summary>Adds a verdict.</summary>
    /// <param name="key">The inspection's place.</param>
    /// <param name="id">The inspection's id, whose time bounds that of the verdict: a clock that is behind makes no verdict look
    /// old.</param>
    /// <param name="isOk">Whether it says OK: those go first at the cap.</param>
    /// <param name="bytes">Size of its JSON.</param>
    /// <param name="isHanding">Whether it goes to the broker at once: the note that it may have gone is then made with it.</param>
    public void Insert(InspectionKey key, string id, bool isOk, int bytes, bool isHanding)
    {
        int cost = bytes + RowOverhead;
        long created = Math.Max(_clock.UtcNow.ToUnixTimeMilliseconds(), UlidGenerator.Milliseconds(id));
        _insert.Execute(
            key.Number,
            key.Station,
            key.Sequence,
            isOk ? 1 : 0,
            cost,
            created,
            _boot,
            _clock.Milliseconds,
            isHanding ? _process : null
        );
        _pending = _pending.With(key.Station, 1, 0, cost);
    }

    /// <summary>Takes a delivered verdict out.</summary>
    /// <param name="id">The inspection's id; one that is not there is none of our business any more.</param>
    public void Deliver(string id) => Remove(id, null);

    /// <summary>Notes that a verdict is about to be handed to the broker.</summary>
    /// <param name="id">The inspection's id.</param>
    public void Hand(string id) => _hand.Execute(id, _process);

    /// <summary>Notes that nobody subscribes to a station's verdicts up to one.</summary>
    /// <param name="inspection">The last one that was tried.</param>
    /// <param name="isSurelyUnheard">Whether it is as if it had never been handed over.</param>
    public void Unheard(AcceptedInspection inspection, bool isSurelyUnheard)
    {
        int rows = _unheard.Execute(inspection.Station, inspection.Sequence, _clock.UtcNow.ToUnixTimeMilliseconds());
        if (rows > 0)
            _pending = _pending.With(inspection.Station, 0, 0, 0, rows);
        if (isSurelyUnheard)
            _unhand.Execute(inspection.Id, _process);
    }

    /// <summary>Takes a verdict out that nobody heard, and counts it.</summary>
    /// <param name="id">The inspection's id.</param>
    public void GiveUp(string id)
    {
        if (!Remove(id, null))
            return;
        _count.Execute(UnheardCounter, 1);
        _pending = _pending with { Unheard = _pending.Unheard + 1 };
    }

    /// <summary>Takes a row out whatever it is.</summary>
    /// <param name="number">Its place in the table.</param>
    public void Remove(long number) => Remove(null, number);

    /// <summary>Counts a refusal.</summary>
    /// <param name="id">The inspection's id.</param>
    /// <param name="reason">What the broker said.</param>
    /// <param name="limit">Refusals that park it.</param>
    /// <returns>Whether it is parked now.</returns>
    public bool Refuse(string id, string reason, int limit)
    {
        using SqliteDataReader row = _refuse.Query(id, reason, limit);
        bool isParked = row.Read() && row.GetBoolean(0);
        if (isParked)
            _pending = _pending.With(row.GetString(1), -1, 1, 0, row.GetBoolean(2) ? -1 : 0);
        return isParked;
    }

    /// <summary>Throws out the oldest OK, then the oldest of the rest, until the size fits.</summary>
    /// <param name="cap">Bytes.</param>
    public void DropAbove(long cap)
    {
        while (_pending.Bytes > cap && _pending.Rows > 0 && Drop(_oldest)) { }
    }

    /// <summary>Throws out rows that are too old: by the monotonic clock in the boot that stored them, by the wall clock after
    /// it.</summary>
    /// <param name="age">Oldest that may stay.</param>
    /// <param name="now">Wall clock, UTC.</param>
    /// <param name="limit">How many at most.</param>
    /// <returns>How many went.</returns>
    public int DropOlder(TimeSpan age, DateTimeOffset now, int limit)
    {
        long rows = _pending.Rows;
        Drop(_expired, _boot, _clock.Milliseconds - (long)age.TotalMilliseconds, (now - age).ToUnixTimeMilliseconds(), limit);
        return (int)(rows - _pending.Rows);
    }

    /// <summary>The transaction is on the disk.</summary>
    public void Committed() => Tally = _pending;

    /// <summary>The transaction failed.</summary>
    public void RolledBack() => _pending = Tally;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Statement statement in new[] { _insert, _remove, _refuse, _hand, _unhand, _unheard, _oldest, _expired, _count })
            statement.Dispose();
    }

    private bool Drop(Statement which, params ReadOnlySpan<object?> values)
    {
        var rows = new List<long>();
        using (SqliteDataReader row = which.Query(values))
        {
            while (row.Read())
                rows.Add(row.GetInt64(0));
        }

        foreach (long number in rows)
        {
            Remove(number);
            _pending = _pending with { Dropped = _pending.Dropped + 1 };
        }

        if (rows.Count > 0)
            _count.Execute(DroppedCounter, rows.Count);
        return rows.Count > 0;
    }

    private bool Remove(string? id, long? number)
    {
        using SqliteDataReader row = _remove.Query(id, number);
        if (!row.Read())
            return false;
        bool isParked = row.GetBoolean(2);
        _pending = _pending.With(
            row.GetString(1),
            isParked ? 0 : -1,
            isParked ? -1 : 0,
            -row.GetInt64(0),
            !isParked && row.GetBoolean(3) ? -1 : 0
        );
        return true;
    }

    private static ImmutableDictionary<string, OutboxShare> Shares(SqliteConnection connection)
    {
        var shares = ImmutableDictionary.CreateBuilder<string, OutboxShare>(StringComparer.Ordinal);
        using var all = new Statement(
            connection,
            "SELECT station, sum(parked = 0), sum(parked), sum(parked = 0 AND unheard_at_ms IS NOT NULL) FROM outbox GROUP BY station"
        );
        using SqliteDataReader row = all.Query();
        while (row.Read())
            shares[row.GetString(0)] = new OutboxShare(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
        return shares.ToImmutable();
    }
}
