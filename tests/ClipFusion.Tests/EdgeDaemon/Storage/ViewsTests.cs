using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

public sealed class ViewsTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Inspections_OfEveryKind_AreInWords()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 8, 0, 0, 7, TimeSpan.Zero));
        await using InspectionStore store = _folder.Open(time);
        await store.RecoverAsync();
        AcceptedInspection judged = await StoreFolder.Accept(store, id: "t1"),
            open = await StoreFolder.Accept(store),
            delivered = await StoreFolder.Accept(store);
        foreach (AcceptedInspection one in (AcceptedInspection[])[judged, delivered])
            await store.CompleteAsync(StoreFolder.Judged(one, Verdict.Ng));
        await store.MarkDeliveredAsync([delivered.Id]);
        await store.AcceptNotJudgedAsync(
            StoreFolder.Trigger(source: TriggerSource.FrameArrival),
            StoreFolder.Recipe,
            Code.NotReadyThen,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(
            [
                $"{judged.Id}|line1|1|mqtt|t1||7|bottle|0123456789abcdef|v3|2026-01-31T08:00:00.007Z|NG||"
                    + "0.30000000000000004|0.75|1|clipfusion|0|0|750|{\"prepare\":1.25}|2026-01-31T08:00:00.007Z|waiting",
                $"{open.Id}|line1|2|mqtt|||7|bottle|0123456789abcdef|v3|2026-01-31T08:00:00.007Z|||||||||750|||open",
            ],
            Rows(2)
        );
        Assert.Equal(
            ["NG||done", "NOT_JUDGED|not_ready|waiting"],
            Lines("SELECT verdict, reason, delivery FROM v1_inspections WHERE seq > 2 ORDER BY seq")
        );
        Assert.Equal(
            "a self-timed trigger came while the station was not ready",
            Lines("SELECT reason_text FROM v1_inspections WHERE source = 'frame_arrival'").Single()
        );
        Assert.Equal(
            [$"{judged.Id}|1|2|3|4|5|0.5", $"{delivered.Id}|1|2|3|4|5|0.5"],
            Lines("SELECT id, x, y, width, height, area, peak FROM v1_regions ORDER BY seq")
        );
        Assert.Equal(
            ["line1|1|2026-01-31T08:00:00.007Z|waiting", "line1|4|2026-01-31T08:00:00.007Z|waiting"],
            Lines("SELECT station, seq, stored_at, delivery FROM v1_outbox ORDER BY seq")
        );
    }

    [Fact]
    public async Task Inspections_OfADamagedRow_LeaveTheOthersReadable()
    {
        await using InspectionStore store = _folder.Open();
        await store.RecoverAsync();
        foreach (int _ in (int[])[1, 2])
            await store.CompleteAsync(StoreFolder.Judged(await StoreFolder.Accept(store)));
        _folder.Query("UPDATE inspections SET body = x'7b00ff' WHERE sequence = 1 RETURNING 1", r => r.GetInt32(0));
        Assert.Equal(["OK|", "OK|0.30000000000000004"], Lines("SELECT verdict, score FROM v1_inspections ORDER BY seq"));
        Assert.Single(Lines("SELECT * FROM v1_regions"));
    }

    [Fact]
    public async Task Open_DatabaseOfAnOlderProgram_GetsTheViewsAndKeepsItsVersion()
    {
        await using (InspectionStore store = _folder.Open())
            await StoreFolder.Accept(store);
        long version = _folder.Query("PRAGMA user_version", r => r.GetInt64(0)).Single();
        // As a program without views left it, and as one with others did.
        using (SqliteConnection older = _folder.Connect())
        using (SqliteCommand command = older.CreateCommand())
        {
            command.CommandText =
                "DROP VIEW v1_regions; DROP VIEW v1_outbox; DROP VIEW v1_inspections; CREATE VIEW v1_inspections AS SELECT 1 AS other; "
                + "CREATE VIEW own AS SELECT id FROM v1_inspections";
            command.ExecuteNonQuery();
        }

        await using (InspectionStore store = _folder.Open())
        {
            Assert.Null(store.State.SetAside);
            Assert.Single(Lines("SELECT id FROM own"));
        }

        // The views are no version of their own: an older program takes a database that has them.
        Assert.Equal(version, _folder.Query("PRAGMA user_version", r => r.GetInt64(0)).Single());
        // Opening again writes nothing.
        long schema = _folder.Query("PRAGMA schema_version", r => r.GetInt64(0)).Single();
        await using (InspectionStore store = _folder.Open())
            Assert.Equal(schema, _folder.Query("PRAGMA schema_version", r => r.GetInt64(0)).Single());
    }

    private List<string> Rows(int most) =>
        Lines(
            $"""
            SELECT id, station, seq, source, trigger_id, part_id, recipe_number, recipe_name, recipe_revision, reference_version, accepted_at, verdict, reason, score, threshold, regions, profile,
                fallback_profile, zero_shot, deadline_ms, timings_ms, completed_at, delivery FROM v1_inspections ORDER BY seq LIMIT {most}
            """
        );

    private List<string> Lines(string sql) =>
        _folder.Query(
            sql,
            r =>
                string.Join(
                    '|',
                    Enumerable
                        .Range(0, r.FieldCount)
                        .Select(i =>
                            r.IsDBNull(i) ? "" : Convert.ToString(r.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)
                        )
                )
        );
}
