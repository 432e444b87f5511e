using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>How full the outbox is.</summary>
/// <param name="Rows">Verdicts that wait, parked ones included.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Dropped">Verdicts that the caps have thrown out, ever.</param>
/// <param name="Stations">Each station's share; none for a station without rows.</param>
internal sealed record OutboxTally(long Rows, long Bytes, long Dropped, ImmutableDictionary<string, OutboxShare> Stations)
{
    /// <summary>The tally with rows of a station added or taken away.</summary>
    public OutboxTally With(string station, int pending, int parked, long bytes)
    {
        OutboxShare share = Stations.GetValueOrDefault(station);
        share = new OutboxShare(share.Pending + pending, share.Parked + parked);
        return new OutboxTally(Rows + pending + parked, Bytes + bytes, Dropped, share == default ? Stations.Remove(station) : Stations.SetItem(station, share));
    }
}

/// <summary>The writer's side of <c>outbox</c>; every method is a part of the transaction under way.</summary>
internal sealed class OutboxTable : IDisposable
{
    // What a row costs beside the verdict's own JSON: its columns, and its share of the pages and indexes.
    private const int RowOverhead = 256;

    private readonly BootClock _clock;
    private readonly long _boot;
    private readonly Statement _insert, _deliver, _refuse, _oldest, _expired, _delete, _count;
    private OutboxTally _pending;

    /// <summary>Prepares the statements and counts what is there.</summary>
    /// <param name="connection">The writer's.</param>
    /// <param name="clock">Clocks of this boot.</param>
    /// <param name="boot">The number of this boot in <c>boots</c>.</param>
    public OutboxTable(SqliteConnection connection, BootClock clock, long boot)
    {
        (_clock, _boot) = (clock, boot);
        _insert = new Statement(
            connection,
            """
            INSERT INTO outbox (number, station, sequence, is_ok, bytes, created_at_ms, boot, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """);
        _deliver = new Statement(connection, "DELETE FROM outbox WHERE number = (SELECT number FROM inspections WHERE id = $1) RETURNING bytes, station, parked");
        _refuse = new Statement(
            connection,
            """
            UPDATE outbox SET refusals = refusals + 1, refusal_reason = $2, parked = refusals + 1 >= $3
            WHERE number = (SELECT number FROM inspections WHERE id = $1) AND parked = 0 RETURNING parked, station
            """);
        _oldest = new Statement(connection, "SELECT number, bytes, station, parked FROM outbox ORDER BY is_ok DESC, number LIMIT 1");
        _expired = new Statement(connection, "SELECT number, bytes, station, parked FROM outbox WHERE CASE boot WHEN $1 THEN created_ms < $2 ELSE created_at_ms < $3 END ORDER BY number LIMIT $4");
        _delete = new Statement(connection, "DELETE FROM outbox WHERE number = $1");
        _count = new Statement(connection, "INSERT INTO counters VALUES ('outbox_dropped', $1) ON CONFLICT DO UPDATE SET value = value + $1");
        Tally = _pending = new OutboxTally(
            connection.Number("SELECT count(*) FROM outbox"), connection.Number("SELECT sum(bytes) FROM outbox"), connection.Number("SELECT value FROM counters WHERE name = 'outbox_dropped'"),
            Shares(connection));
    }

    /// <summary>As of the last commit.</summary>
    public OutboxTally Tally { get; private set; }

    /// <summary>Adds a verdict.</summary>
    /// <param name="key">The inspection's place.</param>
    /// <param name="id">The inspection's id, whose time bounds that of the verdict: a clock that is behind makes no verdict look old.</param>
    /// <param name="isOk">Whether it says OK: those go first at the cap.</param>
    /// <param name="bytes">Size of its JSON.</param>
    public void Insert(InspectionKey key, string id, bool isOk, int bytes)
    {
        int cost = bytes + RowOverhead;
        long created = Math.Max(_clock.UtcNow.ToUnixTimeMilliseconds(), UlidGenerator.Milliseconds(id));
        _insert.Execute(key.Number, key.Station, key.Sequence, isOk ? 1 : 0, cost, created, _boot, _clock.Milliseconds);
        _pending = _pending.With(key.Station, 1, 0, cost);
    }

    /// <summary>Takes a delivered verdict out.</summary>
    /// <param name="id">The inspection's id; one that is not there is none of our business any more.</param>
    public void Deliver(string id)
    {
        using SqliteDataReader row = _deliver.Query(id);
        if (row.Read()) Forget(row.GetString(1), row.GetBoolean(2), row.GetInt64(0));
    }

    /// <summary>Counts a refusal.</summary>
    /// <param name="id">The inspection's id.</param>
    /// <param name="reason">What the broker said.</param>
    /// <param name="limit">Refusals that park it.</param>
    /// <returns>Whether it is parked now.</returns>
    public bool Refuse(string id, string reason, int limit)
    {
        using SqliteDataReader row = _refuse.Query(id, reason, limit);
        bool isParked = row.Read() && row.GetBoolean(0);
        if (isParked) _pending = _pending.With(row.GetString(1), -1, 1, 0);
        return isParked;
    }

    /// <summary>Throws out the oldest OK, then the oldest of the rest, until the size fits.</summary>
    /// <param name="cap">Bytes.</param>
    public void DropAbove(long cap)
    {
        while (_pending.Bytes > cap && _pending.Rows > 0 && Drop(_oldest)) { }
    }

    /// <summary>Throws out rows that are too old: by the monotonic clock in the boot that stored them, by the wall clock after it.</summary>
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
        foreach (Statement statement in new[] { _insert, _deliver, _refuse, _oldest, _expired, _delete, _count }) statement.Dispose();
    }

    private bool Drop(Statement which, params ReadOnlySpan<object?> values)
    {
        var rows = new List<(long Number, long Bytes, string Station, bool IsParked)>();
        using (SqliteDataReader row = which.Query(values))
        {
            while (row.Read()) rows.Add((row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetBoolean(3)));
        }

        foreach ((long number, long bytes, string station, bool isParked) in rows)
        {
            _delete.Execute(number);
            Forget(station, isParked, bytes);
            _pending = _pending with { Dropped = _pending.Dropped + 1 };
        }

        if (rows.Count > 0) _count.Execute(rows.Count);
        return rows.Count > 0;
    }

    private void Forget(string station, bool isParked, long bytes) => _pending = _pending.With(station, isParked ? 0 : -1, isParked ? -1 : 0, -bytes);

    private static ImmutableDictionary<string, OutboxShare> Shares(SqliteConnection connection)
    {
        var shares = ImmutableDictionary.CreateBuilder<string, OutboxShare>(StringComparer.Ordinal);
        using var all = new Statement(connection, "SELECT station, sum(parked = 0), sum(parked) FROM outbox GROUP BY station");
        using SqliteDataReader row = all.Query();
        while (row.Read()) shares[row.GetString(0)] = new OutboxShare(row.GetInt64(1), row.GetInt64(2));
        return shares.ToImmutable();
    }
}
