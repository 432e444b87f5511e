using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class InspectionRunTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Verdict_JudgedInTime_IsTheJudges()
    {
        using InspectionRun run = Start(100);
        Assert.True(run.TryFinish(Judged(run, "clipfusion")));
        _time.Advance(TimeSpan.FromMilliseconds(200));
        VerdictRecord verdict = await run.Verdict;
        Assert.Equal(("clipfusion", false), (verdict.Profile, verdict.IsFallbackProfile));
    }

    [Fact]
    public async Task Verdict_AtTheDeadlineWithAHeldResult_IsTheHeldOneAndSaysSo()
    {
        using InspectionRun run = Start(100);
        run.SetFallback(Judged(run, "patchclip"));
        _time.Advance(TimeSpan.FromMilliseconds(90));
        VerdictRecord verdict = await run.Verdict;
        Assert.Equal(("patchclip", true, Verdict.Ok), (verdict.Profile, verdict.IsFallbackProfile, verdict.Verdict));
        Assert.False(run.TryFinish(Judged(run, "clipfusion")));
    }

    [Fact]
    public async Task Verdict_AtTheDeadlineWithNothing_IsNotJudged()
    {
        using InspectionRun run = Start(100);
        _time.Advance(TimeSpan.FromMilliseconds(90));
        VerdictRecord verdict = await run.Verdict;
        Assert.Equal((Verdict.NotJudged, Code.Deadline), (verdict.Verdict, verdict.Reason));
        Assert.True(run.DeadlinePassed.IsCancellationRequested);
    }

    [Fact]
    public async Task Verdict_OfManyWhoDecideAtOnce_IsOne()
    {
        using InspectionRun run = Start(100);
        bool[] won = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(i => Task.Run(() => i % 2 == 0 ? run.TryFail(Code.NoFrame) : run.TryFinish(Judged(run, $"{i}"))))
        );
        Assert.Single(won, w => w);
    }

    private static VerdictRecord Judged(InspectionRun run, string profile) =>
        InspectionRun.NotJudged(run.Inspection, Code.None, DateTimeOffset.UnixEpoch) with
        {
            Verdict = Verdict.Ok,
            Profile = profile,
            Score = 0.1,
            Threshold = 0.5,
        };

    private InspectionRun Start(int milliseconds) =>
        new(
            new AcceptedInspection(
                "id",
                "line1",
                1,
                TriggerSource.Mqtt,
                "t1",
                null,
                new RecipeStamp(1, "plate", "0", null),
                TimeSpan.FromMilliseconds(milliseconds),
                _time.GetUtcNow()
            ),
            _time.GetTimestamp(),
            _time,
            TimeSpan.FromMilliseconds(10)
        );
}
