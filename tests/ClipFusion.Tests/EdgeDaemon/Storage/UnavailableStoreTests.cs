using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

public sealed class UnavailableStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task LockedByAnotherConnection_PastTheDeadline_RefusesAndRecovers()
    {
        var time = new FakeTimeProvider();
        await using InspectionStore store = _folder.Open(time);
        AcceptedInspection open = await StoreFolder.Accept(store);
        using (SqliteConnection other = _folder.Connect())
        {
            using SqliteTransaction held = other.BeginTransaction();
            var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => StoreFolder.Accept(store));
            Assert.Equal(StorageCondition.Locked, refused.Condition);
            Assert.Contains(_folder.Root, refused.Message, StringComparison.Ordinal);
            // From here on nobody waits for the deadline again.
            await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CompleteAsync(StoreFolder.Judged(open)));
            Assert.Empty(store.ReadPending("line1", 0, 10));
        }

        Assert.True(await store.ProbeAsync());
        Assert.Equal(StorageCondition.Healthy, store.State.Condition);
        Assert.Equal(
            (Verdict.NotJudged, Code.StorageThen),
            Assert.Single(store.ReadPending("line1", 0, 10).Select(r => (r.Record.Verdict, r.Record.Reason)))
        );
        Assert.Equal(CompletionOutcome.AlreadyCompleted, await store.CompleteAsync(StoreFolder.Judged(open)));
        Assert.Equal(2, (await StoreFolder.Accept(store)).Sequence);
    }

    [Fact]
    public async Task Locked_AckAndDeliveryMarks_AreKeptAndMadeLater()
    {
        await using InspectionStore store = _folder.Open(new FakeTimeProvider());
        AcceptedInspection[] all = [await StoreFolder.Accept(store), await StoreFolder.Accept(store)];
        foreach (AcceptedInspection inspection in all)
            await store.CompleteAsync(StoreFolder.Judged(inspection));
        await store.MarkAckedAsync(all[1].Id);
        using (SqliteConnection other = _folder.Connect())
        {
            using SqliteTransaction held = other.BeginTransaction();
            await store.MarkAckedAsync(all[0].Id);
            await store.MarkDeliveredAsync([all[0].Id]);
            // Sent is sent: neither the live publisher nor replay may send it again meanwhile.
            Assert.Equal(all[1].Id, Assert.Single(store.ReadPending("line1", 0, 1)).Record.Inspection.Id);
            Assert.Equal(2, store.State.OutboxRows);
        }

        Assert.True(await store.ProbeAsync());
        Assert.Equal(1, store.State.OutboxRows);
        Assert.Equal(all[1].Id, Assert.Single(store.ReadPending("line1", 0, 10)).Record.Inspection.Id);
        Assert.Empty((await store.RecoverAsync()).Unacked);
    }

    [Fact]
    public async Task LockReleasedInTime_Accept_WaitsAndSucceeds()
    {
        await using InspectionStore store = _folder.Open(options: StoreFolder.Options with { LockDeadline = TimeSpan.FromSeconds(60) });
        using SqliteConnection other = _folder.Connect();
        SqliteTransaction held = other.BeginTransaction();
        Task<AcceptedInspection> waiting = StoreFolder.Accept(store);
        held.Rollback();
        Assert.Equal(1, (await waiting).Sequence);
    }

    [Fact]
    public async Task DiskFull_UsesTheReserveThenRefusesThenRecovers()
    {
        using var disk = new SmallDisk(megabytes: 12);
        StorageOptions options = StoreFolder.Options with { ReserveBytes = 2 << 20 };
        var time = new FakeTimeProvider();
        await using InspectionStore store = InspectionStore.Open(disk.Folder, options, time, NullLogger.Instance);
        Assert.True(store.State.ImagesAllowed);
        long last = (await StoreFolder.Accept(store)).Sequence;
        disk.Fill();

        var open = new List<AcceptedInspection>();
        while (store.State.Condition == StorageCondition.Healthy)
            open.Add(await StoreFolder.Accept(store));
        Assert.Equal(StorageCondition.OnReserve, store.State.Condition);
        Assert.True(store.State.CanWrite);
        Assert.False(store.State.ImagesAllowed);
        Assert.Equal(CompletionOutcome.Stored, await store.CompleteAsync(StoreFolder.Judged(open[0])));
        Assert.True(await store.ProbeAsync());
        Assert.Equal(StorageCondition.OnReserve, store.State.Condition);

        StorageUnavailableException? refused = null;
        while (refused is null)
        {
            try
            {
                AcceptedInspection[] more = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => StoreFolder.Accept(store)));
                open.AddRange(more);
            }
            catch (StorageUnavailableException e)
            {
                refused = e;
            }
        }

        Assert.Equal((StorageCondition.DiskFull, StorageCondition.DiskFull), (refused.Condition, store.State.Condition));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CompleteAsync(StoreFolder.Judged(open[1])));
        Assert.False(await store.ProbeAsync());

        disk.Empty();
        Assert.True(await store.ProbeAsync());
        Assert.Equal(StorageCondition.Healthy, store.State.Condition);
        Assert.Equal(2 << 20, new FileInfo(Path.Combine(disk.Folder, "reserve.bin")).Length);
        Assert.Equal(
            (Verdict.NotJudged, Code.StorageThen),
            (store.Find(open[1].Id)!.Value.Verdict!.Verdict, store.Find(open[1].Id)!.Value.Verdict!.Reason)
        );
        long next = (await StoreFolder.Accept(store)).Sequence;
        Assert.True(next > open.Max(i => i.Sequence) && last == 1);
    }

    [Fact]
    public async Task Open_OnAFullDisk_GoesOnWithTheLastRunsReserve()
    {
        using var disk = new SmallDisk(megabytes: 8);
        StorageOptions options = StoreFolder.Options with { ReserveBytes = 1 << 20 };
        await using (InspectionStore store = InspectionStore.Open(disk.Folder, options, TimeProvider.System, NullLogger.Instance))
            await StoreFolder.Accept(store);
        disk.Fill();
        await using InspectionStore again = InspectionStore.Open(disk.Folder, options, TimeProvider.System, NullLogger.Instance);
        Assert.Equal((2, StorageCondition.OnReserve), ((await StoreFolder.Accept(again)).Sequence, again.State.Condition));
    }
}
