using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>A data folder that disappears with the test, and the words that the tests use.</summary>
internal sealed class StoreFolder : IDisposable
{
    public static readonly RecipeStamp Recipe = new(7, "bottle", "0123456789abcdef", "v3");
    public static readonly StorageOptions Options = new() { ReserveBytes = 64 << 10, LockDeadline = TimeSpan.FromSeconds(1) };

    private readonly TemporaryFolder _folder = new();

    public string Root => _folder.Root;

    public string Database => Path.Combine(Root, "inspections.db");

    public InspectionStore Open(TimeProvider? time = null, StorageOptions? options = null) =>
        InspectionStore.Open(Root, options ?? Options, time ?? TimeProvider.System, NullLogger.Instance);

    public static Trigger Trigger(string station = "line1", string? id = null, TriggerSource source = TriggerSource.Mqtt) =>
        new(station, source, TimeProvider.System.GetTimestamp(), id);

    public static Task<AcceptedInspection> Accept(InspectionStore store, string station = "line1", string? id = null) =>
        store.AcceptAsync(Trigger(station, id), Recipe, TimeSpan.FromMilliseconds(750), TestContext.Current.CancellationToken);

    public static VerdictRecord Judged(AcceptedInspection inspection, Verdict verdict = Verdict.Ok) =>
        new(
            inspection,
            verdict,
            Code.None,
            0.1 + 0.2,
            0.75,
            new Evidence(0.1, null, 0.3, 1d / 3, 0.2),
            [new RegionRecord(1, 2, 3, 4, 5, 0.5)],
            false,
            "clipfusion",
            false,
            false,
            "fedcba9876543210",
            new Dictionary<string, double> { ["prepare"] = 1.25 },
            new FrameRecord(ulong.MaxValue, 2448, 2048, "Mono8", inspection.AcceptedAt),
            inspection.AcceptedAt
        );

    /// <summary>Rows of a query on a connection beside the store's.</summary>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map)
    {
        using SqliteConnection connection = Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(map(reader));
        return rows;
    }

    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        return connection;
    }

    public void Dispose() => _folder.Dispose();
}
