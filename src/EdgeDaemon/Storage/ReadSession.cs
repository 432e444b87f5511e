using ClipFusion.EdgeDaemon.Domain;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Reading beside the writer, on a connection of its own. Safe for several threads, which wait for each other.</summary>
internal sealed class ReadSession : IDisposable
{
    private const string Ages =
        "o.created_at_ms, b.boot_id, o.created_ms, i.received_ms, o.refusals, o.refusal_reason, o.parked, c.boot_id, o.handed_by, "
        + "o.unheard_at_ms, o.sequence";

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly BootClock _clock;
    private readonly string _folder;
    private readonly long _process;
    private readonly Func<bool> _isClockTrusted;
    private readonly Action<DamagedRowException> _damaged;
    private readonly Statement _pending,
        _parked,
        _stations,
        _damagedRows,
        _unacked,
        _recent,
        _byId;

    /// <summary>Prepares the statements.</summary>
    /// <param name="connection">Owned from here on.</param>
    /// <param name="clock">Clocks of this boot.</param>
    /// <param name="folder">The data folder, for messages.</param>
    /// <param name="process">The number of this process in <c>handed_by</c>.</param>
    /// <param name="isClockTrusted">Whether the wall clock can be believed.</param>
    /// <param name="damaged">Told of every row that can't be read, perhaps again and again until it is set aside; must not wait.</param>
    public ReadSession(
        SqliteConnection connection,
        BootClock clock,
        string folder,
        long process,
        Func<bool> isClockTrusted,
        Action<DamagedRowException> damaged
    )
    {
        (_connection, _clock, _folder, _process, _isClockTrusted, _damaged) = (connection, clock, folder, process, isClockTrusted, damaged);
        string rows =
            $"SELECT {InspectionRow.Columns}, {Ages} FROM outbox o JOIN inspections i USING (number) LEFT JOIN boots b ON b.number = "
            + "o.boot LEFT JOIN boots c ON c.number = i.boot";
        // An open inspection holds back every later verdict of its station: they leave in sequence order.
        _pending = new Statement(
            connection,
            $"""
            {rows} WHERE o.parked = 0 AND o.station = $1 AND o.sequence > $2
                AND o.sequence < coalesce((SELECT min(sequence) FROM inspections WHERE station = $1 AND verdict IS NULL), 9223372036854775807)
            ORDER BY o.sequence LIMIT $3
            """
        );
        _parked = new Statement(connection, $"{rows} WHERE o.parked = 1 ORDER BY o.number LIMIT $1");
        _stations = new Statement(connection, "SELECT DISTINCT station FROM outbox WHERE parked = 0");
        _damagedRows = new Statement(connection, "SELECT count(*) FROM damaged");
        _unacked = new Statement(
            connection,
            $"SELECT {InspectionRow.Columns} FROM inspections i WHERE i.acked = 0 ORDER BY i.number LIMIT $1"
        );
        _recent = new Statement(
            connection,
            $"""
            SELECT {InspectionRow.Columns}, i.asserted_recipe, i.received_ms, b.boot_id FROM inspections i LEFT JOIN boots b ON b.number = i.boot
            WHERE i.station = $1 ORDER BY i.sequence DESC LIMIT $2
            """
        );
        _byId = new Statement(connection, $"SELECT {InspectionRow.Columns} FROM inspections i WHERE i.id = $1");
    }

    /// <summary>A page of a station's outbox, in sequence order.</summary>
    public IReadOnlyList<StoredOutboxRow> Pending(string station, long after, int limit)
    {
        while (true)
        {
            // Damaged rows are passed over: they hold nobody back.
            (List<StoredOutboxRow> rows, int seen, long last) = ReadPage(station, after, limit);
            if (rows.Count > 0 || seen < limit || last <= after)
                return rows;
            after = last;
        }
    }

    /// <summary>Parked rows, oldest first.</summary>
    public IReadOnlyList<StoredOutboxRow> Parked(int limit) => Read(_parked, ToOutboxRow, limit);

    /// <summary>Stations with rows to deliver.</summary>
    public IReadOnlyList<string> Stations() => Read(_stations, static row => row.GetString(0));

    /// <summary>Damaged rows that are kept aside.</summary>
    public long CountDamaged() => Read(_damagedRows, static row => row.GetInt64(0))[0];

    /// <summary>Accepted inspections that were never acked, oldest first.</summary>
    public IReadOnlyList<AcceptedInspection> Unacked(int limit) => Read(_unacked, InspectionRow.Inspection, limit);

    /// <summary>The newest triggers of a station, newest first.</summary>
    public IReadOnlyList<RecentTrigger> Recent(string station, int limit) =>
        Read(
            _recent,
            row => new RecentTrigger(
                InspectionRow.Inspection(row),
                row.TextOrNull(InspectionRow.ColumnCount),
                Age(row.TextOrNull(InspectionRow.ColumnCount + 2), row.GetInt64(InspectionRow.ColumnCount + 1))
                    ?? _clock.UtcNow - InspectionRow.Inspection(row).AcceptedAt,
                InspectionRow.Verdict(row)
            ),
            station,
            limit
        );

    /// <summary>An inspection and its verdict by id.</summary>
    public (AcceptedInspection Inspection, VerdictRecord? Verdict)? Find(string id)
    {
        List<(AcceptedInspection, VerdictRecord?)> found = Read(
            _byId,
            static row => (InspectionRow.Inspection(row), InspectionRow.Verdict(row)),
            id
        );
        return found.Count == 0 ? null : found[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (Statement statement in new[] { _pending, _parked, _stations, _damagedRows, _unacked, _recent, _byId })
                statement.Dispose();
            _connection.Dispose();
        }
    }

    private StoredOutboxRow ToOutboxRow(SqliteDataReader row)
    {
        const int First = InspectionRow.ColumnCount;
        VerdictRecord verdict =
            InspectionRow.Verdict(row) ?? throw new DamagedRowException(row.GetInt64(0), "it is in the outbox without a verdict");
        var columns = new StoredColumns(row, row.GetInt64(0));
        return new StoredOutboxRow(
            verdict,
            DateTimeOffset.FromUnixTimeMilliseconds(columns.Whole(First, "created_at_ms", 0, StoredRules.LargestTime)),
            Age(row.TextOrNull(First + 1), row.GetInt64(First + 2)),
            Age(row.TextOrNull(First + 7), row.GetInt64(First + 3)),
            (int)Math.Min(int.MaxValue, columns.Whole(First + 4, "refusals", 0, long.MaxValue)),
            row.TextOrNull(First + 5),
            row.GetBoolean(First + 6)
        )
        {
            Handed =
                row.IsDBNull(First + 8) ? Handed.Never
                : row.GetInt64(First + 8) == _process ? Handed.ByThisProcess
                : Handed.ByAnEarlierProcess,
            UnheardFor = columns.WholeOrNull(First + 9, "unheard_at_ms", 0, StoredRules.LargestTime) is { } since ? Since(since) : null,
        };
    }

    private TimeSpan Since(long milliseconds)
    {
        TimeSpan age = _clock.UtcNow - DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        return _isClockTrusted() && age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    // Far away values stay inside what a time span holds.
    private TimeSpan? Age(string? bootId, long milliseconds) =>
        bootId == _clock.BootId
            ? TimeSpan.FromMilliseconds(
                Math.Clamp((double)_clock.Milliseconds - milliseconds, 0, TimeSpan.FromDays(36_500).TotalMilliseconds)
            )
            : null;

    private (List<StoredOutboxRow> Rows, int Seen, long Last) ReadPage(string station, long after, int limit)
    {
        (int seen, long last) = (0, after);
        List<StoredOutboxRow> rows = Read(
            _pending,
            row =>
            {
                (seen, last) = (seen + 1, row.GetInt64(InspectionRow.ColumnCount + 10));
                return ToOutboxRow(row);
            },
            station,
            after,
            limit
        );
        return (rows, seen, last);
    }

    private List<T> Read<T>(Statement statement, Func<SqliteDataReader, T> map, params ReadOnlySpan<object?> values)
    {
        lock (_gate)
        {
            try
            {
                var rows = new List<T>();
                using SqliteDataReader reader = statement.Query(values);
                while (reader.Read())
                {
                    try
                    {
                        rows.Add(map(reader));
                    }
                    catch (DamagedRowException e)
                    {
                        _damaged(e);
                    }
                }

                return rows;
            }
            catch (SqliteException e) when (SqliteFaults.Of(e, _folder) is { } condition)
            {
                throw new StorageUnavailableException(condition, $"The database in {_folder} can't be read: {e.Message}", e);
            }
            catch (SqliteException e)
            {
                throw new StorageUnavailableException(
                    StorageCondition.Failed,
                    $"The database in {_folder} does not hold what is expected: {e.Message}",
                    e
                );
            }
        }
    }
}
