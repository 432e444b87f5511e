using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class RecipeDeadlineTests
{
    [Fact]
    public void Deadline_WhileAnEngineIsBuilt_StandsStill()
    {
        var time = new FakeTimeProvider();
        using var deadline = new RecipeDeadline(TimeSpan.FromSeconds(10), time);
        time.Advance(TimeSpan.FromSeconds(6));
        deadline.Apart(() => time.Advance(TimeSpan.FromMinutes(20)));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(deadline.Passed.IsCancellationRequested);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(deadline.Passed.IsCancellationRequested);
    }

    [Fact]
    public void Within_ItsTimeOrTheOther_IsCancelled()
    {
        var time = new FakeTimeProvider();
        using var deadline = new RecipeDeadline(TimeSpan.FromMinutes(5), time);
        using var other = new CancellationTokenSource();
        using CancellationTokenSource first = deadline.Within(TimeSpan.FromSeconds(2), other.Token),
            second = deadline.Within(TimeSpan.FromMinutes(2), other.Token);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((true, false), (first.IsCancellationRequested, second.IsCancellationRequested));
        other.Cancel();
        Assert.True(second.IsCancellationRequested);
    }

    [Fact]
    public async Task InterruptibleTurn_WhenAStationIsDue_IsToldAndGivesWay()
    {
        var turns = new NetworkScheduler();
        CancellationToken test = TestContext.Current.CancellationToken;
        (IDisposable turn, CancellationTokenSource wanted) = await turns.AcquireInterruptibleAsync(test);
        Task<IDisposable> background = turns.AcquireInBackgroundAsync(test).AsTask();
        Assert.False(wanted.IsCancellationRequested);
        Task<IDisposable> station = turns.AcquireAsync("line1", test).AsTask();
        Assert.True(wanted.IsCancellationRequested);
        turn.Dispose();
        wanted.Dispose();
        using (await station)
            Assert.False(background.IsCompleted);
        (await background).Dispose();
        // Nobody is left who would be interrupted.
        (await turns.AcquireAsync("line1", test)).Dispose();
    }
}
