using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

public sealed class TriggerMemoryTests
{
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Claim_SameTriggerAgain_IsGivenTheFirstAndItsVerdict()
    {
        var memory = new TriggerMemory(_time, Ttl, 100);
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger("T-1")).Match);
        TriggerClaim early = memory.Claim(Trigger("T-1"));
        Assert.False(early.First!.IsCompleted);
        AcceptedInspection first = Accepted("T-1");
        memory.Accepted(first);
        Assert.Equal(first, await early.First);

        VerdictRecord record = StoreFolder.Judged(first);
        memory.Judged(record);
        TriggerClaim late = memory.Claim(Trigger("T-1"));
        Assert.Equal((TriggerMatch.Duplicate, record), (late.Match, late.Verdict));
    }

    [Fact]
    public void Claim_SameIdOtherPartOrRecipe_IsAConflict()
    {
        var memory = new TriggerMemory(_time, Ttl, 100);
        memory.Claim(Trigger("T-1", "P-1", "bottle"));
        Assert.Equal(TriggerMatch.Conflict, memory.Claim(Trigger("T-1", "P-2", "bottle")).Match);
        Assert.Equal(TriggerMatch.Conflict, memory.Claim(Trigger("T-1", "P-1")).Match);
        Assert.Equal(TriggerMatch.Duplicate, memory.Claim(Trigger("T-1", "P-1", "bottle")).Match);
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger(null)).Match);
    }

    [Fact]
    public void Claim_AfterItsTime_IsNewWhateverTheWallClockDoes()
    {
        var memory = new TriggerMemory(_time, Ttl, 100);
        memory.Claim(Trigger("T-1"));
        _time.Advance(Ttl - TimeSpan.FromMilliseconds(1));
        Assert.Equal(TriggerMatch.Duplicate, memory.Claim(Trigger("T-1")).Match);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger("T-1")).Match);
    }

    [Fact]
    public async Task Claim_AfterRefusal_IsNewAndWaitingDuplicatesAreTold()
    {
        var memory = new TriggerMemory(_time, Ttl, 100);
        memory.Claim(Trigger("T-1"));
        TriggerClaim waiting = memory.Claim(Trigger("T-1"));
        memory.Refused(Trigger("T-1"));
        Assert.Null(await waiting.First!);
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger("T-1")).Match);
    }

    [Fact]
    public void Claim_ManyIds_StaysWithinItsCapacity()
    {
        var memory = new TriggerMemory(_time, Ttl, 50);
        for (int i = 0; i < 500; i++)
        {
            memory.Claim(Trigger($"T-{i}"));
            if (i % 3 == 0)
                memory.Refused(Trigger($"T-{i}"));
        }

        Assert.InRange(memory.Count, 1, 50);
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger("T-1")).Match);
        Assert.Equal(TriggerMatch.Duplicate, memory.Claim(Trigger("T-499")).Match);
    }

    [Fact]
    public async Task Claim_OneOfManyAtOnce_IsNew()
    {
        var memory = new TriggerMemory(_time, Ttl, 50);
        TriggerClaim[] claims = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(_ => Task.Run(() => memory.Claim(Trigger("T-1")), TestContext.Current.CancellationToken))
        );
        Assert.Single(claims, c => c.Match == TriggerMatch.New);
    }

    [Fact]
    public async Task Constructor_AfterRestart_KnowsTheRecentPast()
    {
        using var folder = new StoreFolder();
        _time.SetUtcNow(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
        VerdictRecord record;
        await using (InspectionStore store = folder.Open(_time))
        {
            await Accept(store, "T-old");
            _time.Advance(TimeSpan.FromSeconds(8));
            await Accept(store, "T-open");
            record = StoreFolder.Judged(await Accept(store, "T-judged"), Verdict.Ng);
            await store.CompleteAsync(record);
        }

        _time.Advance(TimeSpan.FromSeconds(5));
        await using InspectionStore again = folder.Open(_time);
        var memory = new TriggerMemory(_time, Ttl, 100, again.ReadRecent("line1", 100));
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger("T-old", "P-1", "bottle")).Match);
        Assert.Equal((TriggerMatch.Duplicate, null), Outcome(memory.Claim(Trigger("T-open", "P-1", "bottle"))));
        Assert.Equal((TriggerMatch.Duplicate, Verdict.Ng), Outcome(memory.Claim(Trigger("T-judged", "P-1", "bottle"))));
        Assert.Equal(TriggerMatch.Conflict, memory.Claim(Trigger("T-judged", "P-1")).Match);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TriggerMatch.New, memory.Claim(Trigger("T-open", "P-1", "bottle")).Match);
    }

    private static (TriggerMatch, Verdict?) Outcome(TriggerClaim claim) => (claim.Match, claim.Verdict?.Verdict);

    private Task<AcceptedInspection> Accept(InspectionStore store, string id) =>
        store.AcceptAsync(Trigger(id, "P-1", "bottle"), StoreFolder.Recipe, null, TestContext.Current.CancellationToken);

    private Trigger Trigger(string? id, string? part = null, string? recipe = null) =>
        new("line1", TriggerSource.Mqtt, _time.GetTimestamp(), id, part, recipe);

    private AcceptedInspection Accepted(string id) =>
        new("01ARZ3NDEKTSV4RRFFQ69G5FAV", "line1", 1, TriggerSource.Mqtt, id, null, StoreFolder.Recipe, null, _time.GetUtcNow());
}
