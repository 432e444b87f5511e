using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>Somebody removes or replaces files under the running program: nothing is promised that the next start would not find.</summary>
public sealed class RemovedFilesTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("inspections.db")]
    [InlineData("inspections.db-wal")]
    [InlineData("inspections.db-shm")]
    public async Task FileMovedAway_RefusesEverythingAndGoesOnWhenItIsBack(string name)
    {
        await using InspectionStore store = _folder.Open(new FakeTimeProvider());
        AcceptedInspection open = await StoreFolder.Accept(store),
            judged = await StoreFolder.Accept(store, "line2");
        await store.CompleteAsync(StoreFolder.Judged(judged));
        string path = Path.Combine(_folder.Root, name),
            away = Path.Combine(_folder.Root, "away");
        File.Move(path, away);

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => store.CompleteAsync(StoreFolder.Judged(open)));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => StoreFolder.Accept(store));
        Assert.Throws<StorageUnavailableException>(() => store.ReadPending("line2", 0, 10));
        Assert.False(await store.ProbeAsync());
        Assert.Equal(StorageCondition.Failed, store.State.Condition);

        // Another file under its name is not the one that is open.
        File.Copy(away, path);
        Assert.False(await store.ProbeAsync());
        File.Move(away, path, overwrite: true);
        Assert.True(await store.ProbeAsync());
        Assert.Equal(
            (Verdict.NotJudged, Code.StorageThen),
            Assert.Single(store.ReadPending("line1", 0, 10).Select(r => (r.Record.Verdict, r.Record.Reason)))
        );
        Assert.Equal(2, (await StoreFolder.Accept(store)).Sequence);
        Assert.Single(store.ReadPending("line2", 0, 10));
    }

    [Fact]
    public async Task DiskUnmounted_IsNoticedWithoutAnyTrigger()
    {
        var time = new FakeTimeProvider();
        var disk = new SmallDisk(megabytes: 8);
        bool isMounted = true;
        await using InspectionStore store = InspectionStore.Open(
            disk.Folder,
            StoreFolder.Options,
            time,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance
        );
        try
        {
            await StoreFolder.Accept(store);
            disk.Dispose();
            isMounted = false;
            Assert.True(
                SpinWait.SpinUntil(
                    () =>
                    {
                        time.Advance(TimeSpan.FromSeconds(1));
                        return !store.State.CanWrite;
                    },
                    TimeSpan.FromSeconds(30)
                ),
                "not noticed"
            );
            await Assert.ThrowsAsync<StorageUnavailableException>(() => StoreFolder.Accept(store));
        }
        finally
        {
            if (isMounted)
                disk.Dispose();
        }
    }

    [Theory]
    [InlineData("sequences.mark")]
    [InlineData("sequences.last")]
    public async Task SequenceFileRemoved_IsWrittenAgainBeforeTheNextNumber(string name)
    {
        string path = Path.Combine(_folder.Root, name);
        await using (InspectionStore store = _folder.Open())
        {
            await StoreFolder.Accept(store);
            byte[] before = File.ReadAllBytes(path);
            File.Delete(path);
            Assert.Equal(2, (await StoreFolder.Accept(store)).Sequence);
            Assert.Equal(before.Length, new FileInfo(path).Length);
        }

        File.Delete(_folder.Database);
        await using InspectionStore again = _folder.Open();
        Assert.Equal(1000, (await StoreFolder.Accept(again)).Sequence);
    }

    [Fact]
    public async Task LockFileRemoved_IsTakenAgainSoThatNobodyElseCanOpenTheFolder()
    {
        var time = new FakeTimeProvider();
        await using InspectionStore store = _folder.Open(time);
        string path = Path.Combine(_folder.Root, "inspections.lock");
        File.Delete(path);
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    time.Advance(TimeSpan.FromSeconds(1));
                    return File.Exists(path);
                },
                TimeSpan.FromSeconds(30)
            ),
            "not noticed"
        );
        Assert.Throws<StorageUnavailableException>(() => _folder.Open());
        Assert.Equal(1, (await StoreFolder.Accept(store)).Sequence);
    }

    /// <summary>The probe tries what failed: a store that can't reserve numbers is not ready again because its database can be
    /// written.</summary>
    [Fact]
    public async Task OnlyTheMarkCannotBeWritten_StaysUnavailableUntilItCan()
    {
        await using InspectionStore store = _folder.Open(new FakeTimeProvider());
        string blocker = Path.Combine(_folder.Root, "sequences.mark");
        Directory.CreateDirectory(blocker);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => StoreFolder.Accept(store));
        for (int i = 0; i < 10; i++)
            Assert.False(await store.ProbeAsync());
        Assert.Equal(StorageCondition.Failed, store.State.Condition);
        Directory.Delete(blocker);
        Assert.True(await store.ProbeAsync());
        Assert.Equal(1, (await StoreFolder.Accept(store)).Sequence);
    }

    [Fact]
    public async Task SequenceFileIsAPipe_IsRefusedAndNotWaitedFor()
    {
        await Programs.MakePipeAsync(Path.Combine(_folder.Root, "sequences.mark"), TestContext.Current.CancellationToken);
        Assert.Contains(
            "sequences.mark",
            Assert.Throws<StorageUnavailableException>(() => _folder.Open()).Message,
            StringComparison.Ordinal
        );
    }
}
