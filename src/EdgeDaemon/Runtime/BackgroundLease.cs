namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>The networks' use by background work on a thread of its own, given up between two calls of them whenever an inspection is
/// due.</summary>
internal sealed class BackgroundLease : IDisposable
{
    private readonly NetworkScheduler _turns;
    private readonly CancellationToken _cancellation;
    private IDisposable _turn;

    /// <summary>Waits for the first turn; blocks.</summary>
    /// <exception cref="OperationCanceledException">Cancelled before it came.</exception>
    public BackgroundLease(NetworkScheduler turns, CancellationToken cancellation)
    {
        (_turns, _cancellation) = (turns, cancellation);
        _turn = Take();
    }

    /// <summary>Lets everything that is due go first; blocks until it is done.</summary>
    /// <exception cref="OperationCanceledException">Cancelled meanwhile.</exception>
    public void LetOthersGoFirst()
    {
        _turn.Dispose();
        _turn = Take();
    }

    /// <summary>Gives the turn back. May be called again.</summary>
    public void Dispose() => _turn.Dispose();

    private IDisposable Take() => _turns.AcquireInBackgroundAsync(_cancellation).AsTask().GetAwaiter().GetResult();
}
