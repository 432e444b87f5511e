namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// Gives the networks to one inspection at a time, station by station in turn: whoever has waited longest among the stations' first
/// in line goes next, so that a station with a long queue can't starve the others. Background work (recipes being loaded) gets a turn when
/// no station waits.
/// </summary>
/// <remarks>Thread-safe. Waiting is bounded by the stations' own queues and by each waiter's cancellation.</remarks>
internal sealed class NetworkScheduler
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<Waiter>> _waiting = new(StringComparer.Ordinal);
    private readonly LinkedList<string> _order = [];
    private readonly Queue<Waiter> _background = new();
    private bool _taken;
    private CancellationTokenSource? _interrupt;

    /// <summary>Waits for a turn.</summary>
    /// <param name="station">Who asks; turns go round the stations that ask.</param>
    /// <param name="cancellation">Gives the place in the line up.</param>
    /// <returns>Dispose it to let the next one in.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before the turn came.</exception>
    public ValueTask<IDisposable> AcquireAsync(string station, CancellationToken cancellation) => WaitAsync(station, cancellation);

    /// <summary>Waits for a turn below every station's; to be asked for anew between two calls of the networks, so that a due inspection
    /// waits for one at most.</summary>
    /// <param name="cancellation">Gives the place in the line up.</param>
    /// <returns>Dispose it to let the next one in.</returns>
    /// <exception cref="OperationCanceledException">Cancelled before the turn came.</exception>
    public ValueTask<IDisposable> AcquireInBackgroundAsync(CancellationToken cancellation) => WaitAsync(null, cancellation);

    /// <summary>As <see cref="AcquireInBackgroundAsync"/>, for work that can begin again: it is told when a station is due, and gives its
    /// turn back then.</summary>
    /// <param name="cancellation">Gives the place in the line up.</param>
    /// <returns>
    /// The turn, to be disposed to let the next one in, and after it the source of the token that is cancelled when a station is due, or
    /// with <paramref name="cancellation"/>.
    /// </returns>
    /// <exception cref="OperationCanceledException">Cancelled before the turn came.</exception>
    public async ValueTask<(IDisposable Lease, CancellationTokenSource Wanted)> AcquireInterruptibleAsync(CancellationToken cancellation)
    {
        IDisposable turn = await WaitAsync(null, cancellation).ConfigureAwait(false);
        var wanted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (_lock)
        {
            _interrupt = wanted;
            if (_order.Count > 0)
                Interrupt();
        }

        return (turn, wanted);
    }

    /// <summary>Inside the lock, so that nobody cancels a source that is disposed; what is registered with it only ends a run.</summary>
    private void Interrupt()
    {
        _interrupt?.Cancel();
        _interrupt = null;
    }

    private async ValueTask<IDisposable> WaitAsync(string? station, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Waiter waiter;
        lock (_lock)
        {
            if (!_taken)
            {
                _taken = true;
                return new Lease(this);
            }

            waiter = new Waiter();
            Queue<Waiter> line = station is null ? _background : LineOf(station);
            line.Enqueue(waiter);
            if (station is not null)
                Interrupt();
        }

        await using CancellationTokenRegistration giveUp = cancellation.Register(static w => ((Waiter)w!).TrySetCanceled(), waiter);
        await waiter.Task.ConfigureAwait(false);
        return new Lease(this);
    }

    private Queue<Waiter> LineOf(string station)
    {
        if (!_waiting.TryGetValue(station, out Queue<Waiter>? line))
            _waiting.Add(station, line = new Queue<Waiter>());
        if (line.Count == 0)
            _order.AddLast(station);
        return line;
    }

    private void Next()
    {
        lock (_lock)
        {
            _interrupt = null;
            while (_order.First is { } first)
            {
                _order.RemoveFirst();
                Queue<Waiter> line = _waiting[first.Value];
                Waiter? next = null;
                while (line.Count > 0 && next is null)
                {
                    Waiter candidate = line.Dequeue();
                    if (candidate.TrySetResult())
                        next = candidate;
                }

                if (line.Count > 0)
                    _order.AddLast(first.Value);
                else
                    _waiting.Remove(first.Value);
                if (next is not null)
                    return;
            }

            while (_background.TryDequeue(out Waiter? next))
            {
                if (next.TrySetResult())
                    return;
            }

            _taken = false;
        }
    }

    private sealed class Waiter() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Lease(NetworkScheduler owner) : IDisposable
    {
        private NetworkScheduler? _owner = owner;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Next();
    }
}
