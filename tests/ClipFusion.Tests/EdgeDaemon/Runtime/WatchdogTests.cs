using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

public sealed class WatchdogTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _heartbeats;
    private readonly LogLines<Watchdog> _log = new();
    private int _fed;

    public WatchdogTests() => _heartbeats = new Heartbeats(_time);

    [Fact]
    public async Task Watchdog_LoopThatHangs_IsNamedCriticalBeforeTheFeedingStops_AndFeedsAgainAfterwards()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using Watchdog watchdog = Watchdog(TimeSpan.FromSeconds(30));
        using Heartbeat good = _heartbeats.Add("line1: commands"),
            bad = _heartbeats.Add("line1: judge");
        var commands = Channel.CreateBounded<int>(1);
        var release = new TaskCompletionSource();
        Task reading = Task.Run(
            async () =>
            {
                await foreach (int _ in commands.Reader.ReadAllAsync(good, cancellation)) { }
            },
            cancellation
        );
        Task judging = Task.Run(
            async () =>
            {
                // A network that never comes back, as far as its loop can tell.
                using (bad.Begin(TimeSpan.FromSeconds(20)))
                    await release.Task;
            },
            cancellation
        );
        Assert.True(SpinWait.SpinUntil(() => bad.Limit == TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30)));

        for (int second = 1; second <= 20; second++)
        {
            Pass(good);
            Assert.True(watchdog.Look());
        }

        Assert.Empty(_log.Lines);
        Pass(good);
        Assert.False(watchdog.Look());
        (LogLevel level, int id, string text) = Assert.Single(_log.Lines);
        Assert.Equal((LogLevel.Critical, 5010), (level, id));
        Assert.Contains("line1: judge", text, StringComparison.Ordinal);
        Pass(good);
        Assert.False(watchdog.Look());
        Assert.Equal(20, _fed);
        Assert.Single(_log.Lines);

        release.SetResult();
        await judging;
        Assert.True(watchdog.Look());
        Assert.Equal(5011, _log.Lines[^1].Id);
        commands.Writer.Complete();
        await reading;
    }

    [Fact]
    public void Watchdog_HungLoopThatEnds_IsNotWaitedForAnyMore()
    {
        using Watchdog watchdog = Watchdog(null);
        Heartbeat ending = _heartbeats.Add("line1: judge");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(watchdog.Look());
        ending.Dispose();
        Assert.True(watchdog.Look());
    }

    [Theory]
    [InlineData("30000000", "77", 30_000)]
    [InlineData("30000000", null, 30_000)]
    [InlineData("30000000", "", 30_000)]
    [InlineData("30000000", "78", null)]
    [InlineData("0", "77", null)]
    [InlineData("-1", "77", null)]
    [InlineData("soon", "77", null)]
    [InlineData(null, "77", null)]
    public void PeriodOf_WhatTheServiceManagerSets_IsTakenByTheRightProcess(string? usec, string? pid, int? milliseconds)
    {
        TimeSpan? period = ClipFusion.EdgeDaemon.Runtime.Watchdog.PeriodOf(
            name =>
                name switch
                {
                    "WATCHDOG_USEC" => usec,
                    "WATCHDOG_PID" => pid,
                    _ => null,
                },
            77
        );
        Assert.Equal(milliseconds, (int?)period?.TotalMilliseconds);
    }

    [Theory]
    [InlineData(200, 100)]
    [InlineData(8_000, 4_000)]
    [InlineData(600_000, 5_000)]
    [InlineData(null, 5_000)]
    public void Interval_AnyPeriod_IsHalfOfItAtMost(int? period, int interval)
    {
        using Watchdog watchdog = Watchdog(period is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
        Assert.Equal(interval, watchdog.Interval.TotalMilliseconds);
    }

    public void Dispose() => _heartbeats.Dispose();

    private Watchdog Watchdog(TimeSpan? period) => new(_heartbeats, period, () => _fed++, _time, _log);

    private void Pass(Heartbeat beating)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(SpinWait.SpinUntil(() => beating.Age == TimeSpan.Zero, TimeSpan.FromSeconds(30)));
    }
}
