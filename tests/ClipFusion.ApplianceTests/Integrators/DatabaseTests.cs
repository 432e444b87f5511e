using System.Text.Json;
using ClipFusion.ApplianceTests.Box;

namespace ClipFusion.ApplianceTests.Integrators;

/// <summary>The database of the running program as Debian's <c>sqlite3</c> reads and copies it: what <c>docs/data.md</c> shows.</summary>
public sealed class DatabaseTests : BoxTest
{
    [Fact]
    public async Task Views_WhileTheProgramRuns_SayWhatWasHeard()
    {
        Mosquitto broker = await BrokerAsync();
        Ledger ledger = await LedgerAsync(broker);
        ApplianceBox box = await ReadyBoxAsync(ledger, new BoxOptions { Port = broker.Port });
        var heard = new List<JsonElement>();
        foreach (string id in (string[])["d1", "d2"])
        {
            await TriggerAsync(broker, id);
            heard.Add((await ledger.NextAsync(e => Heard.IsVerdictOf(e, id), Cancellation)).Json);
        }

        string database = Path.Combine(box.DataFolder, "inspections.db");
        string rows = await Checkers.PassAsync(
            "sqlite3",
            ["-readonly", "-json", database, "SELECT * FROM v1_inspections ORDER BY seq"],
            Cancellation
        );
        JsonElement[] stored = [.. JsonDocument.Parse(rows).RootElement.EnumerateArray()];
        Assert.Equal(heard.Count, stored.Length);
        foreach ((JsonElement verdict, JsonElement row) in heard.Zip(stored))
        {
            foreach (
                (string key, string column) in ((string, string)[])
                    [
                        ("inspectionId", "id"),
                        ("triggerId", "trigger_id"),
                        ("source", "source"),
                        ("verdict", "verdict"),
                        ("reason", "reason"),
                    ]
            )
                Assert.Equal(verdict.GetProperty(key).GetString(), row.GetProperty(column).GetString());
            Assert.Equal(verdict.GetProperty("seq").GetInt64(), row.GetProperty("seq").GetInt64());
            Assert.Equal(verdict.GetProperty("score").GetDouble(), row.GetProperty("score").GetDouble(), 1e-12);
            Assert.Equal(verdict.GetProperty("recipe").GetProperty("name").GetString(), row.GetProperty("recipe_name").GetString());
            Assert.Equal(verdict.GetProperty("acceptedAt").GetString(), row.GetProperty("accepted_at").GetString());
            Assert.InRange(
                (verdict.GetProperty("completedAt").GetDateTimeOffset() - row.GetProperty("completed_at").GetDateTimeOffset()).Duration(),
                TimeSpan.Zero,
                TimeSpan.FromMilliseconds(1)
            );
        }

        // A copy of the running database is whole, and stays as it is while the program goes on.
        string copy = Path.Combine(box.DataFolder, "copy.db");
        await Checkers.PassAsync("sqlite3", ["-readonly", database, $"VACUUM INTO '{copy}'"], Cancellation);
        await TriggerAsync(broker, "d3");
        await ledger.NextAsync(e => Heard.IsVerdictOf(e, "d3"), Cancellation);
        Assert.Equal(
            "ok\n2\n",
            await Checkers.PassAsync("sqlite3", [copy, "PRAGMA integrity_check; SELECT count(*) FROM v1_inspections"], Cancellation)
        );
        await StillReadyAsync(ledger);
        Assert.Equal(0, await box.StopAsync(Cancellation));

        // As a restored one: the program goes on above what it has given out, and says so.
        foreach (string rest in (string[])["-wal", "-shm"])
            File.Delete(database + rest);
        File.Move(copy, database, overwrite: true);
        box.Start();
        await ReadyAsync(ledger);
        await TriggerAsync(broker, "d4");
        JsonElement next = (await ledger.NextAsync(e => Heard.IsVerdictOf(e, "d4"), Cancellation)).Json;
        Assert.True(next.GetProperty("seq").GetInt64() > 3, $"{next}");
    }
}
