using System.Text.Json;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

public sealed class InspectionStoreTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Accept_TenThousandFromFiftyTasks_NumbersEachStationWithoutGapAndIdsGrowWithThem()
    {
        await using InspectionStore store = _folder.Open();
        var accepted = new AcceptedInspection[10_000];
        await Parallel.ForAsync(
            0,
            50,
            new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = TestContext.Current.CancellationToken },
            async (task, _) =>
            {
                for (int i = 0; i < 200; i++)
                    accepted[task * 200 + i] = await StoreFolder.Accept(store, $"line{task % 3}");
            }
        );

        foreach (IGrouping<string, AcceptedInspection> station in accepted.GroupBy(a => a.Station))
        {
            AcceptedInspection[] ordered = [.. station.OrderBy(a => a.Sequence)];
            Assert.Equal(Enumerable.Range(1, ordered.Length).Select(n => (long)n), ordered.Select(a => a.Sequence));
            Assert.Equal(ordered.Select(a => a.Id), ordered.Select(a => a.Id).Order(StringComparer.Ordinal));
        }

        Assert.Equal(10_000, accepted.Select(a => a.Id).Distinct().Count());
        Assert.Equal(10_000, Assert.Single(_folder.Query("SELECT count(*) FROM inspections", r => r.GetInt64(0))));
    }

    [Fact]
    public async Task Accept_OneFaultyAmongMany_FailsAloneAndLeavesNoGap()
    {
        await using InspectionStore store = _folder.Open();
        Task<AcceptedInspection>[] all =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(i =>
                    store.AcceptAsync(
                        StoreFolder.Trigger(),
                        i % 10 == 5 ? null! : StoreFolder.Recipe,
                        null,
                        TestContext.Current.CancellationToken
                    )
                ),
        ];
        for (int i = 0; i < all.Length; i++)
        {
            if (i % 10 == 5)
                await Assert.ThrowsAsync<NullReferenceException>(() => all[i]);
            else
                await all[i];
        }

        Assert.Equal(
            Enumerable.Range(1, 36).Select(n => (long)n),
            all.Where(t => t.IsCompletedSuccessfully).Select(t => t.Result.Sequence).Order()
        );
        Assert.Equal(StorageCondition.Healthy, store.State.Condition);
        await Assert.ThrowsAsync<ArgumentException>(() => StoreFolder.Accept(store, "line 1"));
    }

    [Fact]
    public async Task Complete_ReadBackAfterRestart_IsTheSameToTheLastBit()
    {
        VerdictRecord record;
        await using (InspectionStore store = _folder.Open())
        {
            AcceptedInspection inspection = await StoreFolder.Accept(store, id: "T-1");
            record = StoreFolder.Judged(inspection, Verdict.Ng);
            Assert.Equal(CompletionOutcome.Stored, await store.CompleteAsync(record));
        }

        await using InspectionStore again = _folder.Open();
        StoredOutboxRow row = Assert.Single(again.ReadPending("line1", 0, 10));
        Assert.Equal(JsonSerializer.Serialize(record), JsonSerializer.Serialize(row.Record));
        Assert.Equal(record.Inspection, again.Find(record.Inspection.Id)!.Value.Inspection);
    }

    [Fact]
    public async Task Complete_SecondVerdict_IsRefusedAndTheFirstStands()
    {
        await using InspectionStore store = _folder.Open();
        AcceptedInspection inspection = await StoreFolder.Accept(store);
        CompletionOutcome[] outcomes = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => store.CompleteAsync(StoreFolder.Judged(inspection)))
        );
        Assert.Single(outcomes, CompletionOutcome.Stored);
        Assert.Equal(7, outcomes.Count(o => o == CompletionOutcome.AlreadyCompleted));
        Assert.Equal(CompletionOutcome.AlreadyCompleted, await store.CompleteAsync(StoreFolder.Judged(inspection, Verdict.Ng)));
        Assert.Equal(
            CompletionOutcome.Unknown,
            await store.CompleteAsync(StoreFolder.Judged(inspection with { Id = "01ARZ3NDEKTSV4RRFFQ69G5FAV" }))
        );
        Assert.Equal(Verdict.Ok, Assert.Single(store.ReadPending("line1", 0, 10)).Record.Verdict);
    }

    [Fact]
    public async Task Complete_OutOfOrder_LeavesInSequenceOrderAndDoesNotHoldBackOtherStations()
    {
        await using InspectionStore store = _folder.Open();
        var inspections = new List<AcceptedInspection>();
        for (int i = 0; i < 12; i++)
            inspections.Add(await StoreFolder.Accept(store));
        AcceptedInspection other = await StoreFolder.Accept(store, "line2");
        await store.CompleteAsync(StoreFolder.Judged(other));

        int[] order = [.. Enumerable.Range(0, 12)];
        new Random(20260131).Shuffle(order);
        var done = new HashSet<long>();
        long sent = 0;
        foreach (int index in order)
        {
            await store.CompleteAsync(StoreFolder.Judged(inspections[index]));
            done.Add(inspections[index].Sequence);
            long reachable = Enumerable.Range(1, 12).TakeWhile(n => done.Contains(n)).LastOrDefault();
            IReadOnlyList<StoredOutboxRow> page = store.ReadPending("line1", sent, 100);
            Assert.Equal(
                Enumerable.Range(1, 12).Select(n => (long)n).Where(n => n > sent && n <= reachable),
                page.Select(r => r.Record.Inspection.Sequence)
            );
            sent = reachable;
            Assert.Single(store.ReadPending("line2", 0, 100));
        }

        Assert.Equal(12, sent);
    }

    [Fact]
    public async Task Recover_AfterRestart_AnswersOpenOnesOnceAndReportsDueAcks()
    {
        AcceptedInspection judgedNotAcked,
            openAcked,
            openNotAcked;
        await using (InspectionStore store = _folder.Open())
        {
            (judgedNotAcked, openAcked, openNotAcked) = (
                await StoreFolder.Accept(store),
                await StoreFolder.Accept(store),
                await StoreFolder.Accept(store)
            );
            await store.CompleteAsync(StoreFolder.Judged(judgedNotAcked));
            await store.MarkAckedAsync(openAcked.Id);
            await store.AcceptAsync(
                StoreFolder.Trigger(source: TriggerSource.Interval),
                StoreFolder.Recipe,
                null,
                TestContext.Current.CancellationToken
            );
        }

        await using InspectionStore again = _folder.Open();
        AcceptedInspection ofThisRun = await StoreFolder.Accept(again);
        Recovery recovery = await again.RecoverAsync();
        Assert.Equal([2, 3, 4], recovery.Interrupted.Select(r => r.Inspection.Sequence));
        Assert.All(recovery.Interrupted, r => Assert.Equal((Verdict.NotJudged, Code.Interrupted), (r.Verdict, r.Reason)));
        Assert.Equal([judgedNotAcked, openNotAcked, ofThisRun], recovery.Unacked);
        Assert.Empty((await again.RecoverAsync()).Interrupted);
        Assert.Equal([1, 2, 3, 4], again.ReadPending("line1", 0, 10).Select(r => r.Record.Inspection.Sequence));
    }

    [Fact]
    public async Task AcceptNotJudged_SelfTimed_HasSequenceVerdictAndOutboxRowAtOnce()
    {
        await using InspectionStore store = _folder.Open();
        VerdictRecord record = await store.AcceptNotJudgedAsync(
            StoreFolder.Trigger(source: TriggerSource.Interval),
            StoreFolder.Recipe,
            Code.Overrun,
            TestContext.Current.CancellationToken
        );
        Assert.Equal((1, Code.Overrun), (record.Inspection.Sequence, Assert.Single(store.ReadPending("line1", 0, 1)).Record.Reason));
        Assert.Empty((await store.RecoverAsync()).Unacked);
    }

    [Fact]
    public async Task Outbox_RefusedThreeTimes_IsParkedAndHoldsNothingBack()
    {
        await using InspectionStore store = _folder.Open();
        AcceptedInspection first = await StoreFolder.Accept(store),
            second = await StoreFolder.Accept(store);
        await store.CompleteAsync(StoreFolder.Judged(first));
        await store.CompleteAsync(StoreFolder.Judged(second));
        Assert.False(await store.MarkRefusedAsync(first.Id, "quota"));
        Assert.False(await store.MarkRefusedAsync(first.Id, "quota"));
        Assert.Equal(first.Id, store.ReadPending("line1", 0, 10)[0].Record.Inspection.Id);
        Assert.True(await store.MarkRefusedAsync(first.Id, "not authorised"));
        Assert.Equal(second.Id, Assert.Single(store.ReadPending("line1", 0, 10)).Record.Inspection.Id);
        Assert.Equal("not authorised", Assert.Single(store.ReadParked(10)).RefusalReason);
        Assert.Equal(new OutboxShare(Pending: 1, Parked: 1), store.State.Outboxes["line1"]);

        await store.MarkDeliveredAsync([second.Id, "01ARZ3NDEKTSV4RRFFQ69G5FAV"]);
        Assert.Empty(store.StationsWithPending());
        Assert.Equal((1, new OutboxShare(Pending: 0, Parked: 1)), (store.State.OutboxRows, store.State.Outboxes["line1"]));
    }

    [Fact]
    public async Task Outbox_AtItsCap_DropsTheOldestOkFirstAndCountsAcrossRestarts()
    {
        long size;
        await using (InspectionStore store = _folder.Open())
        {
            await store.CompleteAsync(StoreFolder.Judged(await StoreFolder.Accept(store), Verdict.Ng));
            size = store.State.OutboxBytes;
        }

        await using (
            InspectionStore store = _folder.Open(
                options: StoreFolder.Options with
                {
                    Limits = StoreFolder.Options.Limits with { OutboxBytes = size * 3 + size / 2 },
                }
            )
        )
        {
            foreach (Verdict verdict in new[] { Verdict.Ok, Verdict.Ok, Verdict.Review, Verdict.Ng })
            {
                await store.CompleteAsync(StoreFolder.Judged(await StoreFolder.Accept(store), verdict));
            }

            Assert.Equal([1, 4, 5], store.ReadPending("line1", 0, 10).Select(r => r.Record.Inspection.Sequence));
            await store.CompleteAsync(StoreFolder.Judged(await StoreFolder.Accept(store), Verdict.Ng));
            Assert.Equal([4, 5, 6], store.ReadPending("line1", 0, 10).Select(r => r.Record.Inspection.Sequence));
        }

        await using InspectionStore again = _folder.Open();
        Assert.Equal((3, 3), (again.State.OutboxDropped, again.State.OutboxRows));
    }

    [Fact]
    public async Task OutboxRow_LiveWindow_RunsOnTheMonotonicClockAndInterruptedCountsFromItsTrigger()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
        var trigger = new Trigger("line1", TriggerSource.Mqtt, time.GetTimestamp());
        await using InspectionStore store = _folder.Open(time);
        AcceptedInspection judged = await store.AcceptAsync(trigger, StoreFolder.Recipe, null, TestContext.Current.CancellationToken);
        AcceptedInspection interrupted = await store.AcceptAsync(trigger, StoreFolder.Recipe, null, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(11));
        await store.CompleteAsync(StoreFolder.Judged(judged));
        await store.CompleteAsync(StoreFolder.Judged(interrupted, Verdict.NotJudged) with { Reason = Code.Interrupted });
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal([true, false], store.ReadPending("line1", 0, 10).Select(r => r.IsLive(TimeSpan.FromSeconds(10))));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([false, false], store.ReadPending("line1", 0, 10).Select(r => r.IsLive(TimeSpan.FromSeconds(10))));
    }

    [Fact]
    public async Task Retention_OldRows_GoOnlyWhenDeliveredAndTheClockIsTrusted()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        StorageOptions options = StoreFolder.Options with
        {
            Limits = new(1 << 30, OutboxAge: TimeSpan.FromDays(20), RowAge: TimeSpan.FromDays(10)),
            RetentionStep = 4,
            RetentionInterval = TimeSpan.FromDays(40),
            ProbeInterval = TimeSpan.FromDays(40),
        };
        await using InspectionStore store = _folder.Open(time, options);
        var old = new List<AcceptedInspection>();
        for (int i = 0; i < 10; i++)
        {
            old.Add(await StoreFolder.Accept(store));
            await store.CompleteAsync(StoreFolder.Judged(old[i]));
        }

        await store.MarkDeliveredAsync([.. old.Take(9).Select(i => i.Id)]);
        time.Advance(TimeSpan.FromDays(11));
        await StoreFolder.Accept(store);

        store.IsClockTrusted = false;
        Assert.True(await store.RetainStepAsync());
        Assert.Equal(11, Assert.Single(Sequences()).Count);
        store.IsClockTrusted = true;
        while (!await store.RetainStepAsync()) { }
        Assert.Equal([10, 11], Assert.Single(Sequences()));

        time.Advance(TimeSpan.FromDays(10));
        while (!await store.RetainStepAsync()) { }
        while (!await store.RetainStepAsync()) { }
        Assert.Equal([11], Assert.Single(Sequences()));
        Assert.Equal((0, 1), (store.State.OutboxRows, store.State.OutboxDropped));
        Assert.Equal(12, (await StoreFolder.Accept(store)).Sequence);
    }

    private IEnumerable<List<long>> Sequences() =>
        [_folder.Query("SELECT sequence FROM inspections ORDER BY sequence", r => r.GetInt64(0))];
}
