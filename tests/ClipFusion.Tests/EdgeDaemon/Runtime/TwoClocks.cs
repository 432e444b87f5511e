using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Runtime;

/// <summary>A wall clock that somebody sets, beside a monotonic clock and timers that don't care.</summary>
/// <param name="monotonic">Moved by the test.</param>
internal sealed class TwoClocks(FakeTimeProvider monotonic) : TimeProvider
{
    private TimeSpan _offset;

    public override long TimestampFrequency => monotonic.TimestampFrequency;

    /// <summary>Sets the wall clock forward, or back.</summary>
    public void Jump(TimeSpan by) => _offset += by;

    public override DateTimeOffset GetUtcNow() => monotonic.GetUtcNow() + _offset;

    public override long GetTimestamp() => monotonic.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        monotonic.CreateTimer(callback, state, dueTime, period);
}
