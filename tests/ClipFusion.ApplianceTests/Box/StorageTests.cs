using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The real program while its disk is full or its database is locked.</summary>
public sealed class StorageTests
{
    [Fact]
    public async Task Run_DiskFull_StopsImagesUsesTheReserveRefusesAndRecovers()
    {
        using var disk = new SmallDisk(megabytes: 16);
        await using BoxTalk talk = await BoxTalk.CreateAsync(dataFolder: disk.Folder);
        Assert.Equal("ok", StorageOf(await talk.StartAsync()));
        Assert.Equal(1, (await talk.JudgedAsync("before")).Sequence);

        disk.Fill();
        await talk.StateAsync(s => StorageOf(s) is "no_images" or "reserve");
        int n = 0;
        for (string? storage = "no_images"; storage == "no_images"; storage = StorageOf(await talk.StateAsync(_ => true)))
            await talk.JudgedAsync($"filling{n++}");
        Assert.True((await talk.JudgedAsync("on-reserve")).Verdict is "OK" or "NG");
        JsonElement refused = await UntilRefusedAsync(talk, "reserve");
        Assert.Equal("STORAGE", refused.GetProperty("error").GetString());
        JsonElement full = await talk.StateAsync(s => StorageOf(s) == "full");
        Assert.Equal((false, "STORAGE"), (full.GetProperty("ready").GetBoolean(), full.GetProperty("error").GetString()));

        disk.Empty();
        Assert.Equal("ok", StorageOf(await talk.ReadyAsync()));
        Assert.NotNull((await talk.JudgedAsync("after")).Verdict);
        await talk.CheckAsync();
    }

    [Fact]
    public async Task Run_KilledOnAFullDisk_AnswersEverythingOnceThereIsRoom()
    {
        using var disk = new SmallDisk(megabytes: 16);
        await using BoxTalk talk = await BoxTalk.CreateAsync(dataFolder: disk.Folder);
        await talk.StartAsync();
        await talk.JudgedAsync("before");
        disk.Fill();
        await UntilRefusedAsync(talk, "first");
        await talk.Box.KillAsync(talk.Limit);

        // Without a byte left nothing can be promised. Where the killed run's files have not even room for what a start writes, the program
        // does not stay, and systemd starts it again and again; otherwise it is up and takes nothing.
        int said = talk.Box.Log.Lines.Count;
        talk.Box.Start();
        Task exited = talk.Box.ExitedAsync(talk.Limit);
        if (await Task.WhenAny(exited, talk.Box.Log.SaysAsync("Serving: device", talk.Limit, said)) == exited)
        {
            Assert.Equal(1, await talk.Box.EndAsync(talk.Limit));
            Assert.Contains(disk.Folder, talk.Box.Log.ToString(), StringComparison.Ordinal);
            disk.Empty();
            talk.Box.Start();
        }
        else
        {
            JsonElement full = await talk.StateAsync(s => talk.IsNewLife(s) && s.GetProperty("error").GetString() == "STORAGE");
            Assert.False(full.GetProperty("ready").GetBoolean());
            disk.Empty();
        }

        await talk.ReadyAsync(isNewLife: true);
        Assert.NotNull((await talk.JudgedAsync("after")).Verdict);
        await talk.CheckAsync();
    }

    [Fact]
    public async Task Run_StartedOnAFullDisk_GoesOnWithTheLastRunsReserve()
    {
        using var disk = new SmallDisk(megabytes: 16);
        await using BoxTalk talk = await BoxTalk.CreateAsync(dataFolder: disk.Folder);
        await talk.StartAsync();
        await talk.JudgedAsync("before");
        await talk.Box.KillAsync(talk.Limit);
        disk.Fill();
        await talk.StartAsync();
        Assert.Equal(2, (await talk.JudgedAsync("on-reserve")).Sequence);
        Assert.Equal("reserve", StorageOf(await talk.StateAsync(s => StorageOf(s) != "no_images")));
        disk.Empty();
        await talk.StateAsync(s => StorageOf(s) == "ok");
        await talk.CheckAsync();
    }

    [Fact]
    public async Task Run_DatabaseLockedByAnother_RefusesAnswersOpenOnesWithStorageAndRecovers()
    {
        // A station that waits for a file: the inspection is open for as long as the test wants.
        await using BoxTalk talk = await BoxTalk.CreateAsync(folderCamera: true);
        await talk.StartAsync();
        Assert.True((await talk.TriggerAsync("open")).GetProperty("accepted").GetBoolean());
        using (SqliteConnection other = talk.Connect())
        {
            Run(other, "BEGIN EXCLUSIVE");
            JsonElement refused = await talk.TriggerAsync("during");
            Assert.Equal((false, "STORAGE"), (refused.GetProperty("accepted").GetBoolean(), refused.GetProperty("error").GetString()));
            NoisePicture.Write(Path.Combine(talk.Box.Inbox, "part.png"), 3);
            JsonElement state = await talk.StateAsync(s => StorageOf(s) == "unavailable" && s.GetProperty("queueDepth").GetInt32() == 0);
            Assert.Equal((false, "STORAGE"), (state.GetProperty("ready").GetBoolean(), state.GetProperty("error").GetString()));
            Assert.Empty(talk.Verdicts);
            Run(other, "ROLLBACK");
        }

        await talk.ReadyAsync();
        Assert.Equal("storage", (await talk.VerdictAsync("open")).GetProperty("reason").GetString());
        NoisePicture.Write(Path.Combine(talk.Box.Inbox, "next.png"), 4);
        Assert.Equal((2, null), (await talk.JudgedAsync("after")) is var after ? (after.Sequence, after.Reason) : default);
        await talk.CheckAsync();
    }

    [Fact]
    public async Task Run_DatabaseLockedForAMoment_WaitsAndAccepts()
    {
        await using BoxTalk talk = await BoxTalk.CreateAsync();
        await talk.StartAsync();
        using SqliteConnection other = talk.Connect();
        for (int i = 0; i < 3; i++)
        {
            // Let go as soon as the trigger is on its way: a busy database is waited for.
            Run(other, "BEGIN IMMEDIATE");
            Task<JsonElement> ack = talk.TriggerAsync($"short{i}");
            Run(other, "ROLLBACK");
            Assert.True((await ack).GetProperty("accepted").GetBoolean());
            await talk.VerdictAsync($"short{i}");
        }

        await talk.CheckAsync();
    }

    private static string? StorageOf(JsonElement state) => state.GetProperty("storage").GetString();

    private static void Run(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static async Task<JsonElement> UntilRefusedAsync(BoxTalk talk, string name)
    {
        for (int i = 0; ; i++)
        {
            JsonElement ack = await talk.TriggerAsync($"{name}{i}");
            // A queue that is full is no full disk: it runs empty by itself.
            if (ack.GetProperty("error").GetString() is not null and not "QUEUE_FULL")
                return ack;
        }
    }
}
