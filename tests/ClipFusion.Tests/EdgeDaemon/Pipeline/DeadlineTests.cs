using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void Passed_AtTheLimitMinusTheMargin_Fires()
    {
        var time = new FakeTimeProvider();
        using var deadline = new Deadline(time, time.GetTimestamp(), TimeSpan.FromMilliseconds(100), Margin);
        Pass(time, 89);
        Assert.False(deadline.Passed.IsCancellationRequested);
        Pass(time, 1);
        Assert.True(deadline.Passed.IsCancellationRequested);
        Assert.False(deadline.IsOver);
        Pass(time, 11);
        Assert.True(deadline.IsOver);
    }

    [Theory]
    [InlineData(10, 1000 - 10 - (3 * 10))]
    [InlineData(200, 1000 - 250)] // Never more than a quarter.
    public void Passed_WhereTimersAreLate_FiresEarlierByWhatThreeOfThemTake(int late, int expected)
    {
        var time = new FakeTimeProvider();
        using var deadline = new Deadline(time, time.GetTimestamp(), TimeSpan.FromSeconds(1), Margin);
        int halfWay = (1000 - 10) / 2;
        time.Advance(TimeSpan.FromMilliseconds(halfWay + late));
        Pass(time, expected - 1 - halfWay - late);
        Assert.False(deadline.Passed.IsCancellationRequested);
        Pass(time, 1);
        Assert.True(deadline.Passed.IsCancellationRequested);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void Passed_LookedAtAfterTheVerdictIsStored_SaysWhetherItHasFired(int limitMs)
    {
        var time = new FakeTimeProvider();
        var deadline = new Deadline(
            time,
            time.GetTimestamp() - (time.TimestampFrequency / 100),
            TimeSpan.FromMilliseconds(limitMs),
            Margin
        );
        deadline.Dispose();
        Assert.Equal(limitMs == 1, deadline.Passed.IsCancellationRequested);
        using CancellationTokenRegistration registration = deadline.Passed.Register(static () => { });
    }

    [Fact]
    public void Dispose_BeforeTheLimit_NeverFires()
    {
        var time = new FakeTimeProvider();
        var deadline = new Deadline(time, time.GetTimestamp(), TimeSpan.FromMilliseconds(100), Margin);
        CancellationToken passed = deadline.Passed;
        deadline.Dispose();
        Pass(time, 200);
        Assert.False(passed.IsCancellationRequested);
    }

    [Fact]
    public void Passed_OfATriggerThatWaitedLonger_HasFiredAlready()
    {
        var time = new FakeTimeProvider();
        long received = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(1));
        using var deadline = new Deadline(time, received, TimeSpan.FromMilliseconds(100), Margin);
        Assert.True(deadline.Passed.IsCancellationRequested);
    }

    [Fact]
    public void Passed_OfALimitBelowTheMargin_FiresHalfWay()
    {
        var time = new FakeTimeProvider();
        using var deadline = new Deadline(time, time.GetTimestamp(), TimeSpan.FromMilliseconds(8), Margin);
        Pass(time, 3);
        Assert.False(deadline.Passed.IsCancellationRequested);
        Pass(time, 1);
        Assert.True(deadline.Passed.IsCancellationRequested);
    }

    [Fact]
    public void Passed_WithoutALimit_NeverFires()
    {
        var time = new FakeTimeProvider();
        using var deadline = new Deadline(time, time.GetTimestamp(), null, Margin);
        time.Advance(TimeSpan.FromDays(40));
        Assert.False(deadline.Passed.IsCancellationRequested || deadline.IsOver);
    }

    /// <summary>Lets a clock pass so that each timer is on time.</summary>
    private static void Pass(FakeTimeProvider time, int milliseconds)
    {
        for (int i = 0; i < milliseconds; i++)
            time.Advance(TimeSpan.FromMilliseconds(1));
    }
}
