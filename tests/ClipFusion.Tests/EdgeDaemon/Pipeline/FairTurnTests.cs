using ClipFusion.EdgeDaemon.Pipeline;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class FairTurnTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TakeAsync_OfALongQueueAndAShortOne_TakesTurns()
    {
        var turns = new FairTurn();
        IDisposable running = await turns.TakeAsync("a", Cancellation);
        List<(string Station, Task<IDisposable> Turn)> waiting = [];
        foreach (string station in (string[])["a", "a", "a", "a", "b", "c", "b"]) waiting.Add((station, turns.TakeAsync(station, Cancellation).AsTask()));

        List<string> order = [];
        while (waiting.Count > 0)
        {
            running.Dispose();
            Task<IDisposable> next = await Task.WhenAny(waiting.Select(w => w.Turn));
            order.Add(waiting.Single(w => w.Turn == next).Station);
            waiting.RemoveAll(w => w.Turn == next);
            running = await next;
        }

        Assert.Equal("abcabaa", string.Concat(order));
    }

    [Fact]
    public async Task TakeInBackground_WhileStationsWait_ComesAfterAllOfThem()
    {
        var turns = new FairTurn();
        IDisposable running = await turns.TakeAsync("a", Cancellation);
        Task<IDisposable> recipe = turns.TakeInBackgroundAsync(Cancellation).AsTask(), due = turns.TakeAsync("b", Cancellation).AsTask();
        running.Dispose();
        running = await due;
        Task<IDisposable> later = turns.TakeAsync("a", Cancellation).AsTask();
        running.Dispose();
        running = await later;
        Assert.False(recipe.IsCompleted);
        running.Dispose();
        (await recipe).Dispose();
        (await turns.TakeAsync("a", Cancellation)).Dispose();
    }

    [Fact]
    public async Task LetOthersGoFirst_InspectionDue_ComesBetweenTwoCallsOfTheBackground()
    {
        var turns = new FairTurn();
        List<string> order = [];
        using var secondCall = new ManualResetEventSlim();
        using var firstCall = new ManualResetEventSlim();
        Task background = Task.Run(() =>
        {
            using var turn = new BackgroundTurn(turns, Cancellation);
            firstCall.Set();
            secondCall.Wait(Cancellation);
            order.Add("first call");
            turn.LetOthersGoFirst();
            order.Add("second call");
        }, Cancellation);
        firstCall.Wait(Cancellation);
        Task<IDisposable> due = turns.TakeAsync("a", Cancellation).AsTask();
        secondCall.Set();
        using (await due) order.Add("inspection");
        await background;
        Assert.Equal(["first call", "inspection", "second call"], order);
        (await turns.TakeAsync("a", Cancellation)).Dispose();
    }

    [Fact]
    public async Task TakeAsync_Cancelled_LeavesTheLineToTheOthers()
    {
        var turns = new FairTurn();
        IDisposable running = await turns.TakeAsync("a", Cancellation);
        using var impatient = new CancellationTokenSource();
        Task<IDisposable> first = turns.TakeAsync("a", impatient.Token).AsTask();
        Task<IDisposable> second = turns.TakeAsync("a", Cancellation).AsTask();
        await impatient.CancelAsync();
        running.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        (await second).Dispose();
        (await turns.TakeAsync("b", Cancellation)).Dispose();
    }

    [Fact]
    public async Task Dispose_Twice_LetsOneIn()
    {
        var turns = new FairTurn();
        IDisposable running = await turns.TakeAsync("a", Cancellation);
        Task<IDisposable> second = turns.TakeAsync("a", Cancellation).AsTask(), third = turns.TakeAsync("a", Cancellation).AsTask();
        running.Dispose();
        running.Dispose();
        IDisposable held = await second;
        Assert.False(third.IsCompleted);
        held.Dispose();
        (await third).Dispose();
    }
}
