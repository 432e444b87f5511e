namespace ClipFusion.Tests.Models.Download;

/// <summary>
/// A clock that only a test moves. Waits up to <paramref name="passAtOnce"/> (pauses between tries) pass as soon as they are asked for and
/// are noted; longer ones (stall time-outs) pass when the test advances the clock.
/// </summary>
internal sealed class ScriptedTime(TimeSpan passAtOnce) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ScriptedTimer> _timers = [];
    private readonly List<TimeSpan> _pauses = [];
    private TaskCompletionSource _pending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The waits that passed at once, in order.</summary>
    public IReadOnlyList<TimeSpan> Pauses
    {
        get
        {
            lock (_lock)
                return [.. _pauses];
        }
    }

    /// <summary>Done as soon as a long wait is running.</summary>
    public Task LongWaitAsync()
    {
        lock (_lock)
            return _timers.Count > 0 ? Task.CompletedTask : _pending.Task;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public void Advance(TimeSpan by)
    {
        List<ScriptedTimer> due;
        lock (_lock)
        {
            _now += by;
            due = [.. _timers.Where(t => t.Due <= _now)];
            foreach (var timer in due)
                timer.Due = null;
            _timers.RemoveAll(due.Contains);
        }

        foreach (var timer in due)
            timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ScriptedTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ScriptedTimer(ScriptedTime time, Action fire) : ITimer
    {
        public DateTimeOffset? Due { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                Due = null;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                if (dueTime <= time.PassAtOnce)
                {
                    time._now += dueTime;
                    time._pauses.Add(dueTime);
                    ThreadPool.QueueUserWorkItem(_ => fire());
                    return true;
                }

                Due = time._now + dueTime;
                time._timers.Add(this);
                time._pending.TrySetResult();
                time._pending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private TimeSpan PassAtOnce => passAtOnce;
}
