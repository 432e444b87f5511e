namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// The time limit of one inspection, on the monotonic clock from the trigger's receipt. It is fired by a timer and not by a stage, so that
/// it holds whatever a stage is waiting for.
/// </summary>
/// <remarks>
/// A busy machine wakes a timer late, and whoever stores and sends the verdict after it. The timer is therefore set to half of the time
/// that is left, again and again: how late it has been so far says how much earlier it has to be at last. On a machine that keeps time
/// those are a few milliseconds.
/// </remarks>
internal sealed class Deadline : IDisposable
{
    // The timer's own thread, the one that stores, the one that sends.
    private const int Wakes = 3;

    private readonly TimeProvider _time;
    private readonly long _received;
    private readonly TimeSpan _margin;
    private readonly CancellationTokenSource _passed = new();
    private readonly ITimer? _timer;
    private TimeSpan _due;
    private TimeSpan _latest;

    /// <summary>Starts the clock.</summary>
    /// <param name="time">Whose monotonic clock counts.</param>
    /// <param name="received">Timestamp of the trigger's receipt.</param>
    /// <param name="limit">From receipt to verdict; null for no limit.</param>
    /// <param name="margin">How long before the limit <see cref="Passed"/> fires, for storing and sending; up to a quarter of the limit
    /// where timers are late, and half of the limit where that is shorter than twice the margin.</param>
    public Deadline(TimeProvider time, long received, TimeSpan? limit, TimeSpan margin)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_time, _received, _margin, Limit) = (time, received, margin, limit);
        Passed = _passed.Token;
        if (limit is null)
            return;
        _timer = time.CreateTimer(static d => ((Deadline)d!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Sleep();
    }

    /// <summary>From receipt to verdict; null for no limit.</summary>
    public TimeSpan? Limit { get; }

    /// <summary>Cancelled when what is there has to do. It stays as it is when the verdict is stored: a stage may look at it only
    /// then.</summary>
    public CancellationToken Passed { get; }

    /// <summary>Whether the limit itself is over: a verdict handed over now is late.</summary>
    public bool IsOver => Limit is { } limit && _time.GetElapsedTime(_received) > limit;

    /// <summary>Since the trigger's receipt.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_received);

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _passed.Dispose();
    }

    /// <summary>When <see cref="Passed"/> has to fire, as late as timers have been so far.</summary>
    private TimeSpan End
    {
        get
        {
            TimeSpan limit = Limit!.Value,
                margin = _margin + (_latest * Wakes);
            margin = margin > limit / 4 ? Max(_margin, limit / 4) : margin;
            return limit - (margin * 2 < limit ? margin : limit / 2);
        }
    }

    private void Wake()
    {
        _latest = Max(_latest, Elapsed - _due);
        Sleep();
    }

    private void Sleep()
    {
        TimeSpan now = Elapsed,
            left = End - now;
        try
        {
            if (left <= TimeSpan.Zero)
            {
                _passed.Cancel();
                return;
            }

            // Whole milliseconds are what a timer counts in.
            TimeSpan wait = TimeSpan.FromMilliseconds(Math.Ceiling((left > _margin * 2 ? left / 2 : left).TotalMilliseconds));
            _due = now + wait;
            _timer!.Change(wait, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The verdict is stored.
        }
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
