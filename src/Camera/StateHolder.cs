namespace ClipFusion.Camera;

/// <summary>The state of one source: changes are counted and announced once each, in order.</summary>
internal sealed class StateHolder(FrameCounters counters)
{
    private readonly Lock _announcing = new();
    private volatile SourceState _state = SourceState.Closed;

    public event Action<SourceState>? Changed;

    public SourceState Current => _state;

    /// <summary>Moves to another state; does nothing when it is lost or closed already, whatever the reason.</summary>
    /// <param name="next">The new state.</param>
    /// <param name="onlyFrom">If given, the move is made only from this status: a camera closed meanwhile must not come back as
    /// connected.</param>
    public bool Set(SourceState next, SourceStatus? onlyFrom = null)
    {
        lock (_announcing)
        {
            bool isSame = next.Status == SourceStatus.Connected ? _state == next : _state.Status == next.Status;
            if (isSame || (onlyFrom is { } from && _state.Status != from))
                return false;
            _state = next;
            if (next.Status == SourceStatus.Lost)
                counters.CountLost();
            Changed?.Invoke(next);
            return true;
        }
    }
}
