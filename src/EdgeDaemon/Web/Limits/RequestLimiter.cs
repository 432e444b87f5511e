namespace ClipFusion.EdgeDaemon.Web.Limits;

/// <summary>
/// A bounded rate of requests. One that comes when nothing is left waits its turn, which holds back whatever else its connection has
/// sent; one that waits for
/// <see cref="Patience"/> is refused. Connections that ask for much wait behind those that ask for little. Safe for several threads.
/// </summary>
internal sealed class RequestLimiter : IDisposable
{
    /// <summary>Longest wait of a request.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ShortestTimer = TimeSpan.FromMilliseconds(1);

    private readonly TimeProvider _time;
    private readonly TokenBucket _bucket;
    private readonly int _places;
    private readonly Queue<Waiter> _light = new(),
        _heavy = new();
    private readonly Lock _gate = new();
    private readonly ITimer _timer;

    /// <param name="perSecond">Units a second.</param>
    /// <param name="burst">Units that gather while nobody asks.</param>
    /// <param name="places">Most requests that wait.</param>
    /// <param name="time">Monotonic clock and timers.</param>
    public RequestLimiter(double perSecond, double burst, int places, TimeProvider time)
    {
        (_time, _bucket, _places) = (time, new TokenBucket(perSecond, burst, time), places);
        _timer = time.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Waits for a turn, and takes one unit.</summary>
    /// <param name="isLight">Whether the connection has asked for little lately.</param>
    /// <returns>False when the request has to be refused.</returns>
    public ValueTask<bool> EnterAsync(bool isLight)
    {
        lock (_gate)
        {
            if (_bucket.Level >= 1 && _light.Count == 0 && (isLight || _heavy.Count == 0))
            {
                _bucket.Take(1);
                return new(true);
            }

            if (_light.Count + _heavy.Count >= _places)
                return new(false);
            var waiter = new Waiter(_time.GetTimestamp());
            (isLight ? _light : _heavy).Enqueue(waiter);
            Schedule();
            return new(waiter.Admitted.Task);
        }
    }

    /// <summary>Takes more units for a request that turned out to be large.</summary>
    public void Charge(double units)
    {
        lock (_gate)
            _bucket.Take(units);
    }

    public void Dispose() => _timer.Dispose();

    private void Pump()
    {
        lock (_gate)
        {
            Refuse(_light);
            Refuse(_heavy);
            while (_bucket.Level >= 1 && (_light.TryDequeue(out Waiter? next) || _heavy.TryDequeue(out next)))
            {
                _bucket.Take(1);
                next.Admitted.SetResult(true);
            }

            Schedule();
        }
    }

    private void Refuse(Queue<Waiter> waiting)
    {
        while (waiting.TryPeek(out Waiter? first) && LeftOf(first) <= TimeSpan.Zero)
            waiting.Dequeue().Admitted.SetResult(false);
    }

    private void Schedule()
    {
        if (_light.Count + _heavy.Count == 0)
            return;
        TimeSpan wait = _bucket.Until(1);
        foreach (Queue<Waiter> waiting in (ReadOnlySpan<Queue<Waiter>>)[_light, _heavy])
        {
            if (waiting.TryPeek(out Waiter? first) && LeftOf(first) < wait)
                wait = LeftOf(first);
        }

        _timer.Change(wait < ShortestTimer ? ShortestTimer : wait, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan LeftOf(Waiter waiter) => Patience - _time.GetElapsedTime(waiter.Since);

    private sealed record Waiter(long Since)
    {
        public TaskCompletionSource<bool> Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
