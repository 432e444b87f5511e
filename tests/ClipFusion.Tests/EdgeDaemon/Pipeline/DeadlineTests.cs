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
        time.Advance(TimeSpan.FromMilliseconds(89));
        Assert.False(deadline.Passed.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(deadline.Passed.IsCancellationRequested);
        Assert.False(deadline.IsOver);
        time.Advance(TimeSpan.FromMilliseconds(11));
        Assert.True(deadline.IsOver);
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
        time.Advance(TimeSpan.FromMilliseconds(3));
        Assert.False(deadline.Passed.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(1));
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
}
