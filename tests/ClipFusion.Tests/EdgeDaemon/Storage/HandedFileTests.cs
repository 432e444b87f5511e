using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Data.Sqlite;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>Whose a file is survives the program.</summary>
public sealed class HandedFileTests : IDisposable
{
    private static readonly DateTimeOffset Modified = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);
    private static readonly FileStamp A = new("a.png", 100, Modified.AddTicks(7), ulong.MaxValue - 3),
        B = new("b.png", 100, Modified, 42);

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task File_NotedBeforeItsVerdict_IsKnownAfterARestart_AndForgottenOnceItIsAway()
    {
        await using (InspectionStore store = _folder.Open())
        {
            HandedFiles files = await HandedFiles.LoadAsync(store, "line1");
            Assert.False(files.WasHandedOut(A));
            AcceptedInspection first = await StoreFolder.Accept(store);
            _ = files.NoteAsync(first, A);
            await store.CompleteAsync(StoreFolder.Judged(first));
        }

        await using (InspectionStore store = _folder.Open())
        {
            HandedFiles files = await HandedFiles.LoadAsync(store, "line1");
            Assert.True(files.WasHandedOut(A));
            Assert.False(
                files.WasHandedOut(A with { Inode = 5 }) || files.WasHandedOut(A with { ModifiedAt = Modified }) || files.WasHandedOut(B)
            );
            Assert.False((await HandedFiles.LoadAsync(store, "line2")).WasHandedOut(A));
            files.PutAway(A);
            Assert.False(files.WasHandedOut(A));
            await files.NoteAsync(await StoreFolder.Accept(store), B);
        }

        await using InspectionStore last = _folder.Open();
        HandedFiles left = await HandedFiles.LoadAsync(last, "line1");
        Assert.Equal((false, true), (left.WasHandedOut(A), left.WasHandedOut(B)));
    }

    [Fact]
    public async Task File_ThatCameByItself_IsNotedInTheTransactionOfItsAcceptance()
    {
        await using InspectionStore store = _folder.Open();
        AcceptedInspection accepted = await store.AcceptFileAsync(
            StoreFolder.Trigger(source: TriggerSource.FrameArrival),
            StoreFolder.Recipe,
            null,
            A,
            TestContext.Current.CancellationToken
        );
        HandedFiles files = await HandedFiles.LoadAsync(store, "line1");
        Assert.True(files.WasHandedOut(A) && files.HasFile(accepted));
    }

    [Fact]
    public async Task Database_OfTheVersionBefore_IsTakenWithAllItHolds()
    {
        string id;
        await using (InspectionStore store = _folder.Open())
        {
            AcceptedInspection accepted = await StoreFolder.Accept(store);
            id = accepted.Id;
            await store.CompleteAsync(StoreFolder.Judged(accepted));
        }

        using (SqliteConnection connection = _folder.Connect())
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = """
                DROP TABLE handed_files; DROP TABLE damaged;
                ALTER TABLE outbox DROP COLUMN handed_by; ALTER TABLE outbox DROP COLUMN unheard_at_ms;
                PRAGMA user_version = 1
                """;
            command.ExecuteNonQuery();
        }

        await using InspectionStore again = _folder.Open();
        Assert.Null(again.State.SetAside);
        Assert.Equal(Verdict.Ok, again.Find(id)?.Verdict?.Verdict);
        Assert.Single(again.ReadPending("line1", 0, 10));
        await (await HandedFiles.LoadAsync(again, "line1")).NoteAsync(await StoreFolder.Accept(again), A);
    }
}
