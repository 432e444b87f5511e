using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Tests.EdgeDaemon.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>Somebody sets the wall clock while the box runs.</summary>
public sealed class ClockChangeTests : IDisposable
{
    private static readonly StorageOptions Options = StoreFolder.Options with
    {
        Limits = new(1 << 30, OutboxAge: TimeSpan.FromDays(20), RowAge: TimeSpan.FromDays(10)),
        RetentionInterval = TimeSpan.FromDays(40),
        ProbeInterval = TimeSpan.FromDays(40),
    };

    private readonly StoreFolder _folder = new();
    private readonly FakeTimeProvider _monotonic = new(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
    private readonly TwoClocks _time;

    public ClockChangeTests() => _time = new TwoClocks(_monotonic);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Accept_ClockSetBackAndForward_KeepsIdsSequencesAndTheOutboxInOrder()
    {
        await using InspectionStore store = _folder.Open(_time, Options);
        var accepted = new List<AcceptedInspection>();
        foreach (double hours in (double[])[0, -24, 25, -100_000, 200_000, -100_001])
        {
            _time.Jump(TimeSpan.FromHours(hours));
            for (int i = 0; i < 3; i++)
                accepted.Add(await StoreFolder.Accept(store));
        }

        foreach (AcceptedInspection inspection in Enumerable.Reverse(accepted))
            await store.CompleteAsync(StoreFolder.Judged(inspection));
        Assert.Equal(Enumerable.Range(1, 18).Select(i => (long)i), accepted.Select(i => i.Sequence));
        Assert.Equal(accepted.Select(i => i.Id), accepted.Select(i => i.Id).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(accepted.Select(i => i.Id), store.ReadPending("line1", 0, 100).Select(r => r.Record.Inspection.Id));
    }

    [Fact]
    public async Task IsLive_ClockSetForwardAndBack_CountsTheMonotonicClock()
    {
        await using InspectionStore store = _folder.Open(_time, Options);
        await store.CompleteAsync(StoreFolder.Judged(await StoreFolder.Accept(store)));
        bool IsLive() => Assert.Single(store.ReadPending("line1", 0, 10)).IsLive(TimeSpan.FromSeconds(10));
        _time.Jump(TimeSpan.FromDays(1));
        _monotonic.Advance(TimeSpan.FromSeconds(9));
        Assert.True(IsLive());
        _time.Jump(TimeSpan.FromDays(-2));
        _monotonic.Advance(TimeSpan.FromSeconds(2));
        Assert.False(IsLive());
    }

    [Fact]
    public void Claim_ClockSetForwardAndBack_RemembersForTheMonotonicTime()
    {
        var memory = new TriggerMemory(_time, TimeSpan.FromSeconds(10), 16);
        Trigger Again() => new("line1", TriggerSource.Mqtt, _time.GetTimestamp(), "a");
        TriggerMatch Match() => memory.Claim(Again()).Match;
        Assert.Equal(TriggerMatch.New, Match());
        _time.Jump(TimeSpan.FromDays(1));
        _monotonic.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(TriggerMatch.Duplicate, Match());
        _time.Jump(TimeSpan.FromDays(-2));
        _monotonic.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TriggerMatch.New, Match());
    }

    [Fact]
    public void Deadline_ClockSetForwardAndBack_FiresByTheMonotonicClock()
    {
        using var deadline = new Deadline(_time, _time.GetTimestamp(), TimeSpan.FromSeconds(1), TimeSpan.Zero);
        _time.Jump(TimeSpan.FromDays(1));
        // One by one: a deadline whose timers are late fires earlier.
        for (int i = 0; i < 999; i++)
            _monotonic.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(deadline.Passed.IsCancellationRequested);
        _time.Jump(TimeSpan.FromDays(-2));
        _monotonic.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(deadline.Passed.IsCancellationRequested);
    }

    [Fact]
    public async Task Retention_AcceptedWhileTheClockWasBehind_KeepsTheRowAndItsUndeliveredVerdict()
    {
        await using InspectionStore store = _folder.Open(_time, Options);
        await StoreFolder.Accept(store);
        // A box without a battery: 1970, until a time service says better.
        _time.Jump(TimeSpan.FromDays(-20_000));
        AcceptedInspection delivered = await StoreFolder.Accept(store),
            pending = await StoreFolder.Accept(store);
        foreach (AcceptedInspection inspection in (AcceptedInspection[])[delivered, pending])
            await store.CompleteAsync(StoreFolder.Judged(inspection));
        await store.MarkDeliveredAsync([delivered.Id]);
        _time.Jump(TimeSpan.FromDays(20_000));
        Assert.True(await store.RetainStepAsync());
        Assert.NotNull(store.Find(delivered.Id));
        Assert.Equal((1, 0), (store.State.OutboxRows, store.State.OutboxDropped));
    }

    [Fact]
    public async Task Retention_RowsFromAWrongFuture_StayAndKeepNoOtherRow()
    {
        await using InspectionStore store = _folder.Open(_time, Options with { RetentionStep = 2 });
        var future = new List<string>();
        _time.Jump(TimeSpan.FromDays(5000));
        for (int i = 0; i < 5; i++)
            future.Add(await DoneAsync(store));
        _time.Jump(TimeSpan.FromDays(-5000));
        string old = await DoneAsync(store);
        _monotonic.Advance(TimeSpan.FromDays(11));
        string young = await DoneAsync(store);
        while (!await store.RetainStepAsync()) { }
        Assert.Equal(
            [true, true, true, true, true, false, true],
            future.Append(old).Append(young).Select(id => store.Find(id) is not null)
        );
    }

    [Fact]
    public async Task Retention_ClockNotTrusted_DeletesNothingUntilItIs()
    {
        await using InspectionStore store = _folder.Open(_time, Options);
        string id = await DoneAsync(store);
        store.IsClockTrusted = false;
        _time.Jump(TimeSpan.FromDays(5000));
        await store.RetainStepAsync();
        Assert.NotNull(store.Find(id));
        _time.Jump(TimeSpan.FromDays(-5000));
        store.IsClockTrusted = true;
        await store.RetainStepAsync();
        Assert.NotNull(store.Find(id));
        _monotonic.Advance(TimeSpan.FromDays(11));
        await store.RetainStepAsync();
        Assert.Null(store.Find(id));
    }

    private static async Task<string> DoneAsync(InspectionStore store)
    {
        AcceptedInspection inspection = await StoreFolder.Accept(store);
        await store.CompleteAsync(StoreFolder.Judged(inspection));
        await store.MarkDeliveredAsync([inspection.Id]);
        return inspection.Id;
    }
}
