namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// The time limit of one recipe's making. It stands still while an engine is built, which takes minutes, can't be interrupted and is
/// reported by the state; everything else is ended by it, a running network too.
/// </summary>
internal sealed class RecipeDeadline : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _passed;
    private TimeSpan _left;
    private long _since;

    /// <summary>Starts the clock.</summary>
    /// <param name="limit">How long the making may take.</param>
    /// <param name="time">Whose monotonic clock is read.</param>
    public RecipeDeadline(TimeSpan limit, TimeProvider time)
    {
        (Limit, _left, _time, _since) = (limit, limit, time, time.GetTimestamp());
        _passed = new CancellationTokenSource(limit, time);
    }

    /// <summary>How long the making may take.</summary>
    public TimeSpan Limit { get; }

    /// <summary>Cancelled when it has taken longer.</summary>
    public CancellationToken Passed => _passed.Token;

    /// <summary>A token that is cancelled after a time, or with another.</summary>
    /// <param name="limit">The time.</param>
    /// <param name="other">The other; may be cancelled before.</param>
    public CancellationTokenSource Within(TimeSpan limit, CancellationToken other)
    {
        // Its timer runs once and is forgotten then.
        var timer = new CancellationTokenSource(limit, _time);
        return CancellationTokenSource.CreateLinkedTokenSource(timer.Token, other);
    }

    /// <summary>Stops the clock while something is done that does not count.</summary>
    public void Apart(Action work)
    {
        lock (_lock)
        {
            _left -= _time.GetElapsedTime(_since);
            // Over meanwhile: then there is nothing to stop.
            if (_left > TimeSpan.Zero)
                _passed.CancelAfter(Timeout.InfiniteTimeSpan);
        }

        try
        {
            work();
        }
        finally
        {
            lock (_lock)
            {
                _since = _time.GetTimestamp();
                _passed.CancelAfter(_left > TimeSpan.Zero ? _left : TimeSpan.Zero);
            }
        }
    }

    public void Dispose() => _passed.Dispose();
}
