using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The real program finds a database that is not what it left: nothing is deleted, no number is given twice, and the line is
/// served.</summary>
public sealed class DamagedDatabaseTests
{
    public static TheoryData<string> Damages => ["no-sqlite", "of-another-program", "truncated", "bytes-flipped", "lost"];

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Run_DatabaseDamagedForeignOrLost_SetsItAsideAndGoesOnAboveTheMark(string damage)
    {
        await using BoxTalk talk = await BoxTalk.CreateAsync();
        Assert.False((await talk.StartAsync()).GetProperty("sequenceReset").GetBoolean());
        Assert.Equal(1, (await talk.JudgedAsync("before")).Sequence);
        Assert.Equal(0, await talk.Box.StopAsync(talk.Limit));
        byte[]? left = Damage(damage, Path.Combine(talk.Box.DataFolder, "inspections.db"));

        JsonElement state = await talk.StartAsync();
        Assert.True(state.GetProperty("sequenceReset").GetBoolean());
        Assert.Equal(1000, (await talk.JudgedAsync("after")).Sequence);
        string[] aside = Directory.GetFiles(talk.Box.DataFolder, "inspections.db.set-aside-*Z");
        Assert.Equal(left is null ? [] : [Convert.ToHexString(left)], aside.Select(f => Convert.ToHexString(File.ReadAllBytes(f))));
    }

    [Fact]
    public async Task Run_OldDatabaseRestored_GoesOnAboveTheMarkAndRepeatsNothing()
    {
        await using BoxTalk talk = await BoxTalk.CreateAsync();
        await talk.StartAsync();
        await talk.JudgedAsync("a");
        Assert.Equal(0, await talk.Box.StopAsync(talk.Limit));
        string database = Path.Combine(talk.Box.DataFolder, "inspections.db");
        byte[] old = await File.ReadAllBytesAsync(database, talk.Limit);
        await talk.StartAsync();
        await talk.JudgedAsync("b");
        Assert.Equal(0, await talk.Box.StopAsync(talk.Limit));
        await File.WriteAllBytesAsync(database, old, talk.Limit);

        Assert.True((await talk.StartAsync()).GetProperty("sequenceReset").GetBoolean());
        Assert.Equal(1000, (await talk.JudgedAsync("c")).Sequence);
        Assert.Equal([1, 2, 1000], talk.Verdicts.Select(v => v.Sequence));
        Assert.Empty(Directory.GetFiles(talk.Box.DataFolder, "*set-aside*"));
    }

    [Fact]
    public async Task Run_DatabaseOfANewerVersion_EndsWithTheReasonAndLeavesTheFile()
    {
        await using BoxTalk talk = await BoxTalk.CreateAsync();
        string database = Path.Combine(talk.Box.DataFolder, "inspections.db");
        Directory.CreateDirectory(talk.Box.DataFolder);
        Write(
            database,
            $"PRAGMA application_id = {0x43467573}; PRAGMA user_version = 99; CREATE TABLE inspections (number INTEGER PRIMARY KEY)"
        );
        byte[] before = await File.ReadAllBytesAsync(database, talk.Limit);
        talk.Box.Start();
        Assert.Equal(1, await talk.Box.EndAsync(talk.Limit));
        Assert.Contains("schema version 99", talk.Box.Log.ToString(), StringComparison.Ordinal);
        // The journal mode is in two bytes of the header; pages of the newer program are untouched.
        Assert.Equal(before[100..], (await File.ReadAllBytesAsync(database, talk.Limit))[100..]);
        Assert.Empty(Directory.GetFiles(talk.Box.DataFolder, "*set-aside*"));
    }

    private static byte[]? Damage(string damage, string database)
    {
        byte[] bytes = File.ReadAllBytes(database);
        switch (damage)
        {
            case "no-sqlite":
                bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("shopping list\n", 100)));
                break;
            case "of-another-program":
                File.Delete(database);
                Write(database, "PRAGMA application_id = 4711; CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('precious')");
                return File.ReadAllBytes(database);
            case "truncated":
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case "bytes-flipped":
                new Random(5).NextBytes(bytes.AsSpan(4096));
                break;
            default:
                File.Delete(database);
                return null;
        }

        File.WriteAllBytes(database, bytes);
        return bytes;
    }

    private static void Write(string database, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
