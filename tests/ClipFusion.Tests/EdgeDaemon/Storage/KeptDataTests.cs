using System.Globalization;
using System.Text.Json;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>Data folders that real runs of released schemas have left (<c>tests/fixtures/data-vN</c>), under today's program.</summary>
public sealed class KeptDataTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Fixtures.Root, "data-v*").Select(f => Path.GetFileName(f)!)];

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Open_DataOfARealRun_ServesEveryRowAndGoesOnNumbering(string name)
    {
        foreach (string file in Directory.EnumerateFiles(Fixtures.Path(name)))
            File.Copy(file, Path.Combine(_folder.Root, Path.GetFileName(file)));
        await using InspectionStore store = _folder.Open();
        Assert.Null(store.State.SetAside);
        Assert.Empty(store.SequenceResets);
        foreach (string view in (string[])["v1_inspections", "v1_regions", "v1_outbox"])
            AssertServed(view);
        // What a real run of that schema had: each kind of row is there.
        Assert.Equal(
            ["NG", "NOT_JUDGED", "OK"],
            Values("SELECT DISTINCT verdict FROM v1_inspections WHERE verdict IS NOT NULL ORDER BY 1")
        );
        Assert.Equal(["parked", "waiting"], Values("SELECT DISTINCT delivery FROM v1_outbox ORDER BY 1"));
        Assert.NotEmpty(Values("SELECT content FROM damaged"));
        Assert.NotEmpty(Values("SELECT name FROM handed_files"));
        Assert.NotEmpty(Directory.GetFiles(_folder.Root, "*.active-recipe"));

        Recovery recovery = await store.RecoverAsync();
        Assert.All(recovery.Interrupted, v => Assert.Equal(Verdict.NotJudged, v.Verdict));
        Assert.Empty(Values("SELECT id FROM v1_inspections WHERE delivery = 'open'"));
        foreach (
            (string station, long last) in _folder.Query("SELECT name, last_sequence FROM stations", r => (r.GetString(0), r.GetInt64(1)))
        )
        {
            Assert.Equal(
                _folder.Query($"SELECT count(*) FROM outbox WHERE station = '{station}' AND parked = 0", r => r.GetInt32(0)).Single(),
                store.ReadPending(station, 0, 100).Count
            );
            AcceptedInspection next = await StoreFolder.Accept(store, station);
            Assert.Equal(last + 1, next.Sequence);
            await store.CompleteAsync(StoreFolder.Judged(next));
        }
    }

    /// <summary>A step of the schema gets its number with a folder that a run under it has left.</summary>
    [Fact]
    public async Task Folders_OfTheSchemaOfToday_AreThere()
    {
        await using InspectionStore store = _folder.Open();
        Assert.True(
            Directory.Exists(Fixtures.Path($"data-v{_folder.Query("PRAGMA user_version", r => r.GetInt64(0)).Single()}")),
            "see ClipFusion.ApplianceTests' DataFolderMaker"
        );
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The columns that the view had then have the values that it had then; columns may have been added.</summary>
    private void AssertServed(string view)
    {
        string written = File.ReadAllText(Path.Combine(_folder.Root, $"{view}.json"));
        if (written.Length == 0)
        {
            // sqlite3 writes nothing where there are no rows.
            Assert.Empty(Values($"SELECT * FROM {view}"));
            return;
        }

        using JsonDocument then = JsonDocument.Parse(written);
        JsonElement[] rows = [.. then.RootElement.EnumerateArray()];
        string[] columns = [.. rows[0].EnumerateObject().Select(c => c.Name)];
        string[] expected = [.. rows.Select(r => string.Join('|', columns.Select(c => Text(r.GetProperty(c)))))];
        Assert.Equal(expected, Values($"SELECT {string.Join(", ", columns)} FROM {view} ORDER BY station, seq"));
    }

    private static string Text(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.Number => value.GetDouble().ToString(CultureInfo.InvariantCulture),
            _ => value.GetString()!,
        };

    private List<string> Values(string sql) =>
        _folder.Query(
            sql,
            r =>
                string.Join(
                    '|',
                    Enumerable
                        .Range(0, r.FieldCount)
                        .Select(i =>
                            r.GetValue(i) switch
                            {
                                DBNull => "",
                                long whole => ((double)whole).ToString(CultureInfo.InvariantCulture),
                                double number => number.ToString(CultureInfo.InvariantCulture),
                                object other => Convert.ToString(other, CultureInfo.InvariantCulture),
                            }
                        )
                )
        );
}
