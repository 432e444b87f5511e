using System.Collections.Concurrent;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>The signs of life of all loops, and the clock that wakes those that wait. Safe for use by many threads.</summary>
internal sealed class Heartbeats : IDisposable
{
    /// <summary>How often a loop that waits is woken to beat.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How old the beat of a loop may be that does no announced piece of work. Many intervals: on a loaded machine a wake-up may
    /// come late.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<Heartbeat, bool> _all = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    /// <summary>Starts the clock.</summary>
    /// <param name="time">Whose monotonic clock counts.</param>
    public Heartbeats(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _timer = time.CreateTimer(static all => ((Heartbeats)all!).WakeAll(), this, Interval, Interval);
    }

    /// <summary>The loops that run now, in no order.</summary>
    public IEnumerable<Heartbeat> All => _all.Keys;

    /// <summary>Begins to watch a loop.</summary>
    /// <param name="loop">Its name for people, such as <c>line1: take frames</c>.</param>
    /// <returns>Owned by the loop, which disposes it at its end.</returns>
    public Heartbeat Add(string loop)
    {
        ArgumentException.ThrowIfNullOrEmpty(loop);
        var heartbeat = new Heartbeat(this, loop, _time);
        _all[heartbeat] = true;
        return heartbeat;
    }

    /// <summary>Stops waking. Loops that still wait are no longer woken to beat.</summary>
    public void Dispose() => _timer.Dispose();

    internal void Remove(Heartbeat heartbeat) => _all.TryRemove(heartbeat, out _);

    private void WakeAll()
    {
        foreach (KeyValuePair<Heartbeat, bool> heartbeat in _all)
            heartbeat.Key.Wake();
    }
}
