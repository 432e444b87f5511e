using ClipFusion.Models.Download;

namespace ClipFusion.Tests.Models.Download;

public sealed class PullRetryTests
{
    private static readonly byte[] Content = PullBench.Content();

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Pull_ErrorThatMayPass_IsTriedAgain(int status)
    {
        await using var bench = new PullBench(e => e.StatusAsync(status), e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Contains(bench.Events, e => e.Step == PullStep.Retrying && e.Detail!.Contains($"{status}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(416)]
    public async Task Pull_ErrorThatStays_FailsAtOnceAndNamesTheStatus(int status)
    {
        await using var bench = new PullBench(e => e.StatusAsync(status));
        var failure = await bench.FailAsync(bench.Set(PullBench.Sha256(Content)));
        Assert.Equal(PullFailure.Refused, failure.Failure);
        Assert.Contains($"{status}", failure.Message, StringComparison.Ordinal);
        Assert.Single(bench.Server.Gets);
    }

    [Fact]
    public async Task Pull_ErrorAlreadyAtTheSizeQuestion_FailsBeforeAnyBody()
    {
        await using var bench = new PullBench(e => e.ServeAsync(Content)) { Head = e => e.StatusAsync(404) };
        Assert.Equal(PullFailure.Refused, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
        Assert.Empty(bench.Server.Gets);
    }

    [Fact]
    public async Task Pull_ServerStaysAway_PausesDoubleWithJitterAndEndAfterFive()
    {
        await using var bench = new PullBench(e => e.StatusAsync(503));
        Assert.Equal(PullFailure.Refused, (await bench.FailAsync(bench.Set(PullBench.Sha256(Content)))).Failure);
        Assert.Equal(5, bench.Time.Pauses.Count);
        for (int i = 0; i < 5; i++)
            Assert.InRange(bench.Time.Pauses[i].TotalSeconds, Math.Pow(2, i) / 2, Math.Pow(2, i));
    }

    [Theory]
    [InlineData("60", 60)]
    [InlineData("86400", 120)]
    public async Task Pull_RetryAfter_IsHonouredUpToTwoMinutes(string asked, double waited)
    {
        await using var bench = new PullBench(e => e.StatusAsync(503, $"Retry-After: {asked}"), e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        Assert.Equal(waited, Assert.Single(bench.Time.Pauses).TotalSeconds);
    }

    [Fact]
    public async Task Pull_EveryTryBringsMuch_GoesOnBeyondFiveCuts()
    {
        const int step = 9 << 20;
        byte[] large = PullBench.Content(8 * step);
        await using var bench = new PullBench(e => e.ServeAsync(large, stopAfter: (int)Math.Min(step, large.Length - (e.RangeStart ?? 0))));
        await bench.PullAsync(large);
        Assert.Equal(8, bench.Server.Gets.Count);
        Assert.Equal(
            PullBench.Sha256(large),
            PullBench.Sha256(await File.ReadAllBytesAsync(bench.FinalPath, TestContext.Current.CancellationToken))
        );
    }

    [Fact]
    public async Task Pull_ServerStallsMidBody_IsGivenUpAndContinued()
    {
        var received = new TaskCompletionSource();
        PullBench? bench = null;
        await using var disposed = bench = new PullBench(
            async e =>
            {
                await e.ServeAsync(Content, stopAfter: 100_000);
                await received.Task;
                await AdvanceUntilHungUpAsync(bench!.Time, e);
            },
            e => e.ServeAsync(Content)
        );
        bench.OnProgress = p =>
        {
            if (p.Bytes == 100_000)
                received.TrySetResult();
        };
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
        Assert.Equal(100_000, bench.Server.Gets[1].RangeStart);
        Assert.Contains(
            bench.Events,
            e => e.Step == PullStep.Retrying && e.Detail!.Contains("nothing for 1000 s", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Pull_ServerNeverAnswers_IsGivenUpAndTriedAgain()
    {
        PullBench? bench = null;
        await using var disposed = bench = new PullBench(e => AdvanceUntilHungUpAsync(bench!.Time, e), e => e.ServeAsync(Content));
        await bench.PullAsync(Content);
        bench.AssertInstalled(Content);
    }

    [Fact]
    public async Task Pull_SlowDripsThatGoOn_AreNoStall()
    {
        using var received = new SemaphoreSlim(0);
        byte[] small = PullBench.Content(10);
        PullBench? bench = null;
        await using var disposed = bench = new PullBench(async e =>
        {
            await e.HeadAsync(200, "ETag: \"v1\"", "Content-Length: 10");
            foreach (byte drip in small)
            {
                await e.RawAsync(new[] { drip });
                await received.WaitAsync(e.Stopping);
                bench!.Time.Advance(PullBench.Stall * 0.9);
            }
        });
        bench.OnProgress = p =>
        {
            if (p.Step == PullStep.Downloading)
                received.Release();
        };
        await bench.PullAsync(small);
        bench.AssertInstalled(small);
        Assert.Single(bench.Server.Gets);
    }

    // The clock runs while the client waits; when it has had enough it hangs up.
    private static async Task AdvanceUntilHungUpAsync(ScriptedTime time, Exchange exchange)
    {
        // Once, so that the wait of the next try is not used up too.
        await time.LongWaitAsync();
        time.Advance(PullBench.Stall);
        await exchange.HungUpAsync();
    }
}
