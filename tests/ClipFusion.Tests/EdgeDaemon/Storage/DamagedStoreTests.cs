using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

public sealed class DamagedStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_ForeignDatabase_IsSetAsideUntouched()
    {
        using (SqliteConnection connection = _folder.Connect())
        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "PRAGMA application_id = 4711; CREATE TABLE theirs (a); INSERT INTO theirs VALUES ('precious')";
            command.ExecuteNonQuery();
        }

        byte[] before = File.ReadAllBytes(_folder.Database);
        await using InspectionStore store = _folder.Open(new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero)));
        Assert.Equal("inspections.db.set-aside-20260131T080000Z", store.State.SetAside);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_folder.Root, store.State.SetAside!)));
        Assert.Equal(1, (await StoreFolder.Accept(store)).Sequence);
    }

    [Fact]
    public async Task Open_DatabaseOfAnotherProgramWithoutId_IsSetAside()
    {
        using (SqliteConnection connection = _folder.Connect())
        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "CREATE TABLE theirs (a)";
            command.ExecuteNonQuery();
        }

        await using InspectionStore store = _folder.Open();
        Assert.NotNull(store.State.SetAside);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Open_DamagedPages_SetsAsideAndGoesOnAboveTheMark(int kind)
    {
        await using (InspectionStore store = _folder.Open())
        {
            for (int i = 0; i < 300; i++)
                _ = StoreFolder.Accept(store);
            await StoreFolder.Accept(store);
        }

        byte[] bytes = File.ReadAllBytes(_folder.Database);
        var random = new Random(kind);
        if (kind == 0)
            bytes = bytes[..50];
        else if (kind == 1)
            random.NextBytes(bytes.AsSpan(4096));
        else
            bytes = bytes[..(bytes.Length / 2)];
        File.WriteAllBytes(_folder.Database, bytes);

        await using InspectionStore again = _folder.Open();
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(_folder.Root, again.State.SetAside!)));
        AcceptedInspection next = await StoreFolder.Accept(again);
        Assert.Equal((1000, 1000), (next.Sequence, again.State.SequenceResets["line1"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(900)]
    public async Task Open_OldCopyRestored_StartsAboveTheMarkAndSaysSoOnce(int since)
    {
        await using (InspectionStore store = _folder.Open())
            await StoreFolder.Accept(store);
        byte[] copy = File.ReadAllBytes(_folder.Database);
        AcceptedInspection last;
        await using (InspectionStore store = _folder.Open())
        {
            for (int i = 1; i < since; i++)
                _ = StoreFolder.Accept(store);
            last = await StoreFolder.Accept(store);
        }

        File.WriteAllBytes(_folder.Database, copy);
        long first;
        await using (InspectionStore store = _folder.Open())
        {
            Assert.Null(store.State.SetAside);
            first = (await StoreFolder.Accept(store)).Sequence;
            Assert.True(first > last.Sequence, $"{first} is not above {last.Sequence}.");
            Assert.Equal((0, first), (first % 1000, store.SequenceResets["line1"]));
        }

        await using InspectionStore again = _folder.Open();
        Assert.Empty(again.SequenceResets);
        Assert.Equal(first + 1, (await StoreFolder.Accept(again)).Sequence);
    }

    [Fact]
    public async Task Open_MarksLostOrDamaged_GoesOnFromTheDatabase()
    {
        await using (InspectionStore store = _folder.Open())
            await StoreFolder.Accept(store);
        File.Delete(Path.Combine(_folder.Root, "sequences.last"));
        File.AppendAllText(Path.Combine(_folder.Root, "sequences.mark"), "line1 99999\n");
        await using InspectionStore again = _folder.Open();
        Assert.Empty(again.SequenceResets);
        Assert.Equal(2, (await StoreFolder.Accept(again)).Sequence);
    }

    [Fact]
    public async Task Open_LastNumbersLost_StartsAboveTheMark()
    {
        await using (InspectionStore store = _folder.Open())
            await StoreFolder.Accept(store);
        File.Delete(Path.Combine(_folder.Root, "sequences.last"));
        await using InspectionStore again = _folder.Open();
        Assert.Equal(1000, (await StoreFolder.Accept(again)).Sequence);
    }

    [Fact]
    public async Task Open_SecondTime_IsRefusedWithTheFolder()
    {
        await using InspectionStore store = _folder.Open();
        var refused = Assert.Throws<StorageUnavailableException>(() => _folder.Open());
        Assert.Contains(_folder.Root, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhileAnotherProcessHasIt_IsRefusedUntilThatEnds()
    {
        using (System.Diagnostics.Process child = StoreChild.Start(_folder.Root))
        {
            Assert.NotNull(await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal(StorageCondition.Locked, Assert.Throws<StorageUnavailableException>(() => _folder.Open()).Condition);
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await using InspectionStore store = _folder.Open();
        Assert.True(store.State.CanWrite);
    }

    [Fact]
    public async Task Open_NewerSchema_RefusesToStartAndLeavesTheFile()
    {
        await using (InspectionStore store = _folder.Open())
            await StoreFolder.Accept(store);
        using (SqliteConnection connection = _folder.Connect())
        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        Assert.Contains("99", Assert.Throws<StorageUnavailableException>(() => _folder.Open()).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Root, "*set-aside*"));
    }

    [Fact]
    public async Task Accept_ClockSetBack_KeepsIdsAndSequencesGrowingAcrossARestart()
    {
        var ids = new List<string>();
        for (int run = 0; run < 3; run++)
        {
            await using InspectionStore store = _folder.Open(
                new FakeTimeProvider(new DateTimeOffset(2026 - run, 1, 31, 8, 0, 0, TimeSpan.Zero))
            );
            for (int i = 0; i < 5; i++)
                ids.Add((await StoreFolder.Accept(store)).Id);
        }

        Assert.Equal(ids, ids.Distinct().Order(StringComparer.Ordinal));
    }
}
