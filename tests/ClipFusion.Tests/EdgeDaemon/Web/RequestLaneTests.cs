using ClipFusion.EdgeDaemon.Web.Share;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>A lane of ten units a second, of which two gather, with three places to wait.</summary>
public sealed class RequestLaneTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RequestLane _lane;

    public RequestLaneTests() => _lane = new RequestLane(10, 2, 3, _time);

    public void Dispose() => _lane.Dispose();

    [Fact]
    public async Task Enter_WhileUnitsAreThere_GoesAtOnceAndThenWaits()
    {
        Assert.True(await _lane.EnterAsync(isLight: true));
        Assert.True(await _lane.EnterAsync(isLight: false));
        Task<bool> third = _lane.EnterAsync(isLight: true).AsTask();
        Assert.False(third.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await third);
    }

    [Fact]
    public async Task Enter_LightAfterHeavy_GoesFirst()
    {
        _lane.Charge(2);
        Task<bool> heavy = _lane.EnterAsync(isLight: false).AsTask(),
            light = _lane.EnterAsync(isLight: true).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await light);
        Assert.False(heavy.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await heavy);
    }

    [Fact]
    public async Task Enter_NoPlaceOrPatienceLeft_IsRefused()
    {
        _lane.Charge(1000);
        Task<bool>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => _lane.EnterAsync(isLight: true).AsTask())];
        Assert.False(await _lane.EnterAsync(isLight: true));
        _time.Advance(RequestLane.Patience);
        Assert.All(await Task.WhenAll(waiting), Assert.False);
    }

    [Fact]
    public async Task Charge_LargeAnswer_MakesTheNextWaitLonger()
    {
        _lane.Charge(12);
        Task<bool> next = _lane.EnterAsync(isLight: true).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await next);
    }
}
