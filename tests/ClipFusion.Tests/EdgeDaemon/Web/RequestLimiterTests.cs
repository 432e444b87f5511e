using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>A limiter of ten units a second, of which two gather, with three places to wait.</summary>
public sealed class RequestLimiterTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RequestLimiter _limiter;

    public RequestLimiterTests() => _limiter = new RequestLimiter(10, 2, 3, _time);

    public void Dispose() => _limiter.Dispose();

    [Fact]
    public async Task Enter_WhileUnitsAreThere_GoesAtOnceAndThenWaits()
    {
        Assert.True(await _limiter.EnterAsync(isLight: true));
        Assert.True(await _limiter.EnterAsync(isLight: false));
        Task<bool> third = _limiter.EnterAsync(isLight: true).AsTask();
        Assert.False(third.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await third);
    }

    [Fact]
    public async Task Enter_LightAfterHeavy_GoesFirst()
    {
        _limiter.Charge(2);
        Task<bool> heavy = _limiter.EnterAsync(isLight: false).AsTask(),
            light = _limiter.EnterAsync(isLight: true).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await light);
        Assert.False(heavy.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await heavy);
    }

    [Fact]
    public async Task Enter_NoPlaceOrPatienceLeft_IsRefused()
    {
        _limiter.Charge(1000);
        Task<bool>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => _limiter.EnterAsync(isLight: true).AsTask())];
        Assert.False(await _limiter.EnterAsync(isLight: true));
        _time.Advance(RequestLimiter.Patience);
        Assert.All(await Task.WhenAll(waiting), Assert.False);
    }

    [Fact]
    public async Task Charge_LargeAnswer_MakesTheNextWaitLonger()
    {
        _limiter.Charge(12);
        Task<bool> next = _limiter.EnterAsync(isLight: true).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(await next);
    }
}
