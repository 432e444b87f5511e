using System.Globalization;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Data.Sqlite;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>Values that SQLite's own check calls ok and that no program writes: the line goes on, good verdicts are delivered, no number
/// comes twice.</summary>
[Trait("speed", "slow")]
public sealed class HostileRowsTests : IDisposable
{
    private static readonly string[] Values =
    [
        "x'3b'",
        "x''",
        "'zzzz'",
        "''",
        "'7ZZZZZZZZZZZZZZZZZZZZZZZZZ'",
        "9223372036854775807",
        "-9223372036854775808",
        "-1",
        "0",
        "1099511627776",
        "9007199254740993",
        "1.5",
        "NULL",
        "CAST(x'4100' AS TEXT)",
        "CAST(x'ff41' AS TEXT)",
        "hex(zeroblob(40000))",
        "zeroblob(3000000)",
        "CAST('{}' AS BLOB)",
        "CAST('null' AS BLOB)",
        "'line2'",
        "'a b'",
        "char(10)",
    ];

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, string> Edits =>
        new()
        {
            { "inspections", "body", "x'3b'" },
            { "inspections", "id", "'zzzz'" },
            { "inspections", "accepted_at_ms", "9223372036854775807" },
            { "inspections", "recipe_number", "1099511627776" },
            { "inspections", "sequence", "9223372036854775807" },
            { "inspections", "station", "'a b'" },
            { "inspections", "deadline_ticks", "-9223372036854775808" },
            { "inspections", "recipe_name", "CAST(x'4100' AS TEXT)" },
            { "inspections", "received_ms", "-9223372036854775808" },
            { "inspections", "verdict", "NULL" },
            { "inspections", "body", "zeroblob(3000000)" },
            { "inspections", "number", "9223372036854775807" },
            { "outbox", "number", "9223372036854775807" },
            { "outbox", "parked", "7" },
        };

    /// <summary>The middle one of five undelivered verdicts is edited: the others are delivered, in order, and its raw values are
    /// kept.</summary>
    [Theory]
    [MemberData(nameof(Edits))]
    public async Task Open_OneRowEdited_SetsItAsideAndOffersTheOthers(string table, string column, string value)
    {
        AcceptedInspection[] all = await FillAsync();
        Edit($"UPDATE {table} SET {column} = {value} WHERE number = (SELECT number FROM inspections WHERE id = '{all[2].Id}')");

        await using InspectionStore store = _folder.Open();
        await store.RecoverAsync();
        string[] good = [.. all.Where(i => i != all[2]).Select(i => i.Id)];
        Assert.Equal(good, store.ReadPending("line1", 0, 10).Select(r => r.Record.Inspection.Id).Where(id => id != all[2].Id));
        await store.MarkDeliveredAsync([.. all.Select(i => i.Id)]);
        await SettledAsync(store, () => store.State.DamagedRows > 0);
        Assert.Contains(
            _folder.Query("SELECT content FROM damaged", r => r.GetString(0)),
            c => c.Contains($"\"{column}\":", StringComparison.Ordinal)
        );
        Assert.Equal(6, (await StoreFolder.Accept(store)).Sequence);
        Assert.Equal(0, store.State.OutboxRows);
    }

    /// <summary>A row that is read for the first time long after the start, and one that is damaged while the program runs.</summary>
    [Fact]
    public async Task ReadPending_BodyDamagedWhileItRuns_PassesOverIt()
    {
        AcceptedInspection[] all = await FillAsync();
        await using InspectionStore store = _folder.Open();
        Edit("UPDATE inspections SET body = CAST('{\"Verdict\":\"Ok\"}' AS BLOB) WHERE sequence IN (1, 2)");
        Assert.Equal([3], store.ReadPending("line1", 0, 1).Select(r => r.Record.Inspection.Sequence));
        await SettledAsync(store, () => store.State.DamagedRows == 2);
        Assert.Equal(3, store.State.OutboxRows);
        Assert.Null(store.Find(all[0].Id));
        Assert.NotNull(store.Find(all[4].Id));
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("-5")]
    [InlineData("1099511627776")]
    [InlineData("100000")]
    public async Task Open_LastSequenceNeverGiven_StartsAboveTheMarkAndSaysSo(string last)
    {
        await FillAsync();
        Edit($"UPDATE stations SET last_sequence = {last}");
        for (int start = 0; start < 2; start++)
        {
            await using InspectionStore idle = _folder.Open();
            Assert.Equal(1000, idle.State.SequenceResets["line1"]);
        }

        await using (InspectionStore store = _folder.Open())
            Assert.Equal(1000, (await StoreFolder.Accept(store)).Sequence);
        await using InspectionStore again = _folder.Open();
        Assert.Empty(again.SequenceResets);
        Assert.Equal(1001, (await StoreFolder.Accept(again)).Sequence);
    }

    [Theory]
    [InlineData("line1 9223372036854775807")]
    [InlineData("line1 -1")]
    [InlineData("line1 many")]
    [InlineData("line1")]
    [InlineData("line1 300\nline1 300")]
    [InlineData("l/1 300")]
    public async Task Open_MarkWithAValidChecksumAndHostileNumbers_GoesOnFromTheDatabase(string line)
    {
        await FillAsync();
        string body = "clipfusion-sequences 1\n" + line;
        string checksum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body)));
        foreach (string file in (string[])["sequences.mark", "sequences.last"])
            File.WriteAllText(Path.Combine(_folder.Root, file), $"{body}\nsha256 {checksum}\n");
        await using InspectionStore store = _folder.Open();
        Assert.Equal(6, (await StoreFolder.Accept(store)).Sequence);
    }

    [Theory]
    [InlineData("DROP TABLE outbox")]
    [InlineData("ALTER TABLE stations RENAME COLUMN last_sequence TO first_sequence")]
    [InlineData("PRAGMA user_version = -3")]
    [InlineData("PRAGMA user_version = 0")]
    [InlineData("DROP TABLE damaged")]
    public async Task Open_TablesThatAreNotOurs_SetsTheDatabaseAside(string sql)
    {
        await FillAsync();
        Edit(sql);
        await using InspectionStore store = _folder.Open();
        Assert.NotNull(store.State.SetAside);
        Assert.Equal(1000, (await StoreFolder.Accept(store)).Sequence);
    }

    /// <summary>Any column of any table, seeded: a start never ends with another error than the store's own, and no number comes twice or
    /// below 1.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Open_AnyColumnEdited_KeepsItsPromises(int seed)
    {
        var random = new Random(seed);
        AcceptedInspection[] all = await FillAsync();
        await using (InspectionStore open = _folder.Open())
            await StoreFolder.Accept(open, "line2");
        byte[][] files = [.. Files().Select(File.ReadAllBytes)];
        List<(string Table, string Column)> columns = _folder.Query(
            "SELECT s.name, c.name FROM sqlite_schema s JOIN pragma_table_info(s.name) c WHERE s.type = 'table' AND s.name NOT LIKE "
                + "'sqlite_%' ORDER BY 1, 2",
            r => (r.GetString(0), r.GetString(1))
        );
        for (int n = 0; n < 30; n++)
        {
            foreach (string file in Directory.GetFiles(_folder.Root))
                File.Delete(file);
            foreach ((string file, byte[] bytes) in Files().Zip(files))
                File.WriteAllBytes(file, bytes);
            var edits = new List<string>();
            for (int e = random.Next(1, 3); e > 0; e--)
            {
                (string table, string column) = columns[random.Next(columns.Count)];
                string value = Values[random.Next(Values.Length)];
                string row = table is "stations" or "counters" or "handed_files" ? "1" : "rowid";
                string where = random.Next(2) == 0 ? "1" : $"{row} = {random.Next(1, 7)}";
                edits.Add($"UPDATE OR IGNORE {table} SET {column} = {value} WHERE {where}");
            }

            string said = string.Join("; ", edits);
            bool isEdited = false;
            foreach (string edit in edits)
                isEdited |= TryEdit(edit);
            if (!isEdited)
                continue;
            await CheckAsync(all, said);
        }
    }

    private async Task CheckAsync(AcceptedInspection[] all, string said)
    {
        InspectionStore store;
        try
        {
            store = _folder.Open();
        }
        catch (StorageUnavailableException e)
        {
            Assert.True(e.Message.Contains(_folder.Root, StringComparison.Ordinal), $"{said}: {e.Message}");
            return;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{said}: {e.GetType().Name}", e);
        }

        await using (store)
        {
            try
            {
                await store.RecoverAsync();
                var given = new HashSet<long>(all.Select(i => i.Sequence));
                foreach (string station in (string[])["line1", "line2"])
                {
                    foreach (StoredOutboxRow row in store.ReadPending(station, 0, 100))
                    {
                        Assert.InRange(row.Record.Inspection.Sequence, 1, 1L << 53);
                        await store.MarkHandingAsync(row.Record.Inspection.Id);
                        await store.MarkDeliveredAsync([row.Record.Inspection.Id]);
                    }

                    store.ReadRecent(station, 100);
                    Assert.Empty(store.ReadPending(station, 0, 100));
                }

                AcceptedInspection next = await StoreFolder.Accept(store);
                Assert.True(next.Sequence > 5 && given.Add(next.Sequence), $"{said}: sequence {next.Sequence}");
                await store.CompleteAsync(StoreFolder.Judged(next));
                Assert.Equal([next.Sequence], store.ReadPending("line1", 0, 100).Select(r => r.Record.Inspection.Sequence));
                await store.RetainStepAsync();
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"{said}: {e.GetType().Name}: {e.Message}", e);
            }
        }
    }

    /// <summary>Five verdicts of line1, none delivered, in a database that is closed.</summary>
    private async Task<AcceptedInspection[]> FillAsync()
    {
        await using InspectionStore store = _folder.Open();
        var all = new AcceptedInspection[5];
        for (int i = 0; i < all.Length; i++)
            all[i] = await StoreFolder.Accept(store, id: string.Create(CultureInfo.InvariantCulture, $"T-{i}"));
        foreach (AcceptedInspection inspection in all)
            await store.CompleteAsync(StoreFolder.Judged(inspection));
        return all;
    }

    private IEnumerable<string> Files() =>
        ((string[])["inspections.db", "sequences.mark", "sequences.last"]).Select(f => Path.Combine(_folder.Root, f));

    private void Edit(string sql)
    {
        using SqliteConnection connection = _folder.Connect();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA foreign_keys = OFF; " + sql;
        command.ExecuteNonQuery();
    }

    /// <summary>False where the table itself does not take the value: its type, or NULL where there must be one.</summary>
    private bool TryEdit(string sql)
    {
        try
        {
            Edit(sql);
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    private static async Task SettledAsync(InspectionStore store, Func<bool> isDone)
    {
        // Jobs are done in their order: what was handed in before this one is done when it is.
        for (int i = 0; i < 1000 && !isDone(); i++)
            await store.MarkAckedAsync("nobody");
        Assert.True(isDone(), "not set aside in time");
    }
}
