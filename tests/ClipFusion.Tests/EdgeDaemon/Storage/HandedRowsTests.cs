using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>What the next process knows about verdicts that this one may have handed to the broker.</summary>
public sealed class HandedRowsTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Outbox_AfterARestart_KnowsWhatMayHaveGoneAndWhatSurelyDidNot()
    {
        AcceptedInspection away,
            marked,
            live;
        await using (InspectionStore store = _folder.Open())
        {
            (away, marked, live) = (await StoreFolder.Accept(store), await StoreFolder.Accept(store), await StoreFolder.Accept(store));
            foreach (AcceptedInspection i in (AcceptedInspection[])[away, marked])
                await store.CompleteAsync(StoreFolder.Judged(i));
            store.HandsOverAtOnce = true;
            await store.CompleteAsync(StoreFolder.Judged(live));
            Assert.Equal([Handed.Never, Handed.Never, Handed.ByThisProcess], HandedOf(store));
            await store.MarkHandingAsync(marked.Id);
            Assert.Equal([Handed.Never, Handed.ByThisProcess, Handed.ByThisProcess], HandedOf(store));
        }

        await using InspectionStore again = _folder.Open();
        Assert.Equal([Handed.Never, Handed.ByAnEarlierProcess, Handed.ByAnEarlierProcess], HandedOf(again));
        // A note on what is noted already changes nothing: the first sending stays the first.
        await again.MarkHandingAsync(marked.Id);
        Assert.Equal(Handed.ByAnEarlierProcess, HandedOf(again)[1]);
    }

    [Fact]
    public async Task Unheard_RowsUpToIt_AreCountedAndTheOneThatWasTriedIsAsNeverHanded()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
        await using InspectionStore store = _folder.Open(time);
        var all = new List<AcceptedInspection>();
        store.HandsOverAtOnce = true;
        for (int i = 0; i < 3; i++)
        {
            all.Add(await StoreFolder.Accept(store));
            await store.CompleteAsync(StoreFolder.Judged(all[i]));
        }

        await store.MarkUnheardAsync(all[1], isSurelyUnheard: true);
        time.Advance(TimeSpan.FromHours(3));
        await store.MarkUnheardAsync(all[1], isSurelyUnheard: true);
        Assert.Equal([TimeSpan.FromHours(3), TimeSpan.FromHours(3), null], store.ReadPending("line1", 0, 10).Select(r => r.UnheardFor));
        Assert.Equal([Handed.ByThisProcess, Handed.Never, Handed.ByThisProcess], HandedOf(store));
        Assert.Equal(new OutboxShare(3, 0, 2), store.State.Outboxes["line1"]);
        store.IsClockTrusted = false;
        Assert.Equal(TimeSpan.Zero, store.ReadPending("line1", 0, 1)[0].UnheardFor);

        await store.GiveUpUnheardAsync(all[0].Id);
        await store.MarkDeliveredAsync([all[1].Id]);
        Assert.Equal(
            (1L, new OutboxShare(1, 0, 0), 0L),
            (store.State.OutboxUnheard, store.State.Outboxes["line1"], store.State.OutboxDropped)
        );
        Assert.NotNull(store.Find(all[0].Id)!.Value.Verdict);
    }

    /// <summary>A database of the first released schema keeps its rows, which may all have been handed over.</summary>
    [Fact]
    public async Task Open_DatabaseOfTheFirstSchema_KeepsItsRows()
    {
        await using (InspectionStore store = _folder.Open())
            await store.CompleteAsync(StoreFolder.Judged(await StoreFolder.Accept(store)));
        using (Microsoft.Data.Sqlite.SqliteConnection connection = _folder.Connect())
        using (Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText =
                "ALTER TABLE outbox DROP COLUMN handed_by; ALTER TABLE outbox DROP COLUMN unheard_at_ms; DROP TABLE damaged; DROP "
                + "TABLE handed_files; PRAGMA user_version = 1";
            command.ExecuteNonQuery();
        }

        await using InspectionStore again = _folder.Open();
        Assert.Null(again.State.SetAside);
        Assert.Equal([Handed.ByAnEarlierProcess], HandedOf(again));
        Assert.Equal(2, (await StoreFolder.Accept(again)).Sequence);
    }

    private static List<Handed> HandedOf(InspectionStore store) => [.. store.ReadPending("line1", 0, 10).Select(r => r.Handed)];
}
