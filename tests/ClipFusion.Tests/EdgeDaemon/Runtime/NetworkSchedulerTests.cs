using ClipFusion.EdgeDaemon.Runtime;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

public sealed class NetworkSchedulerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TakeAsync_OfALongQueueAndAShortOne_TakesTurns()
    {
        var turns = new NetworkScheduler();
        IDisposable running = await turns.AcquireAsync("a", Cancellation);
        List<(string Station, Task<IDisposable> Turn)> waiting = [];
        foreach (string station in (string[])["a", "a", "a", "a", "b", "c", "b"])
            waiting.Add((station, turns.AcquireAsync(station, Cancellation).AsTask()));

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

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task TakeAsync_OneStationFloods_NoOtherWaitsLongerThanTwiceItsShare(int stations)
    {
        // One station has 64 inspections waiting all the time, the others bring one after the other, at random moments; a turn is the unit
        // of time.
        const int Turns = 2000;
        var turns = new NetworkScheduler();
        var random = new Random(7);
        Dictionary<string, int> waitingSince = [];
        List<(string Station, Task<IDisposable> Turn)> waiting = [];
        List<int> waits = [];
        IDisposable running = await turns.AcquireAsync("flood", Cancellation);
        for (int now = 0; now < Turns; now++)
        {
            while (waiting.Count(w => w.Station == "flood") < 64)
                waiting.Add(("flood", turns.AcquireAsync("flood", Cancellation).AsTask()));
            for (int i = 1; i < stations; i++)
            {
                string name = $"line{i}";
                if (waitingSince.ContainsKey(name) || random.Next(3) != 0)
                    continue;
                waitingSince[name] = now;
                waiting.Add((name, turns.AcquireAsync(name, Cancellation).AsTask()));
            }

            running.Dispose();
            Task<IDisposable> next = await Task.WhenAny(waiting.Select(w => w.Turn));
            (string station, _) = waiting.Single(w => w.Turn == next);
            waiting.RemoveAll(w => w.Turn == next);
            if (waitingSince.Remove(station, out int since))
                waits.Add(now - since + 1);
            running = await next;
        }

        Assert.True(waits.Count > Turns / 10, $"only {waits.Count} waits were seen");
        int p99 = waits.Order().ElementAt((int)(waits.Count * 0.99));
        Assert.True(p99 <= 2 * stations, $"p99 of the others' wait is {p99} turns; a fair share is one turn in {stations}");
    }

    [Fact]
    public async Task TakeInBackground_WhileStationsWait_ComesAfterAllOfThem()
    {
        var turns = new NetworkScheduler();
        IDisposable running = await turns.AcquireAsync("a", Cancellation);
        Task<IDisposable> recipe = turns.AcquireInBackgroundAsync(Cancellation).AsTask(),
            due = turns.AcquireAsync("b", Cancellation).AsTask();
        running.Dispose();
        running = await due;
        Task<IDisposable> later = turns.AcquireAsync("a", Cancellation).AsTask();
        running.Dispose();
        running = await later;
        Assert.False(recipe.IsCompleted);
        running.Dispose();
        (await recipe).Dispose();
        (await turns.AcquireAsync("a", Cancellation)).Dispose();
    }

    [Fact]
    public async Task LetOthersGoFirst_InspectionDue_ComesBetweenTwoCallsOfTheBackground()
    {
        var turns = new NetworkScheduler();
        List<string> order = [];
        using var secondCall = new ManualResetEventSlim();
        using var firstCall = new ManualResetEventSlim();
        Task background = Task.Run(
            () =>
            {
                using var turn = new BackgroundLease(turns, Cancellation);
                firstCall.Set();
                secondCall.Wait(Cancellation);
                order.Add("first call");
                turn.LetOthersGoFirst();
                order.Add("second call");
            },
            Cancellation
        );
        firstCall.Wait(Cancellation);
        Task<IDisposable> due = turns.AcquireAsync("a", Cancellation).AsTask();
        secondCall.Set();
        using (await due)
            order.Add("inspection");
        await background;
        Assert.Equal(["first call", "inspection", "second call"], order);
        (await turns.AcquireAsync("a", Cancellation)).Dispose();
    }

    [Fact]
    public async Task TakeAsync_Cancelled_LeavesTheLineToTheOthers()
    {
        var turns = new NetworkScheduler();
        IDisposable running = await turns.AcquireAsync("a", Cancellation);
        using var impatient = new CancellationTokenSource();
        Task<IDisposable> first = turns.AcquireAsync("a", impatient.Token).AsTask();
        Task<IDisposable> second = turns.AcquireAsync("a", Cancellation).AsTask();
        await impatient.CancelAsync();
        running.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        (await second).Dispose();
        (await turns.AcquireAsync("b", Cancellation)).Dispose();
    }

    [Fact]
    public async Task Dispose_Twice_LetsOneIn()
    {
        var turns = new NetworkScheduler();
        IDisposable running = await turns.AcquireAsync("a", Cancellation);
        Task<IDisposable> second = turns.AcquireAsync("a", Cancellation).AsTask(),
            third = turns.AcquireAsync("a", Cancellation).AsTask();
        running.Dispose();
        running.Dispose();
        IDisposable held = await second;
        Assert.False(third.IsCompleted);
        held.Dispose();
        (await third).Dispose();
    }
}
