namespace ClipFusion.Camera;

/// <summary>What happened at a source since it was made; numbers only rise. Thread-safe.</summary>
public sealed class FrameCounters
{
    private long _delivered,
        _incomplete,
        _dropped,
        _timedOut,
        _unmatched,
        _lost,
        _rejected,
        _stuck,
        _ignored;

    /// <summary>Frames handed out.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Of those, frames that were not complete.</summary>
    public long Incomplete => Volatile.Read(ref _incomplete);

    /// <summary>Self-arriving frames thrown away because nobody took them in time or no buffer was free.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Triggers that no frame answered in time.</summary>
    public long TimedOut => Volatile.Read(ref _timedOut);

    /// <summary>Frames that came for a trigger nobody waits for any more; they are thrown away, never given to another trigger.</summary>
    public long Unmatched => Volatile.Read(ref _unmatched);

    /// <summary>Times that the source was lost.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Files put aside as unusable.</summary>
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>Files that could not be moved away and are left where they are.</summary>
    public long Stuck => Volatile.Read(ref _stuck);

    /// <summary>Files passed over because they can't be pictures: they answer no trigger.</summary>
    public long Ignored => Volatile.Read(ref _ignored);

    internal void CountDelivered(Frame frame)
    {
        Interlocked.Increment(ref _delivered);
        if (!frame.IsComplete)
            Interlocked.Increment(ref _incomplete);
    }

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    internal void CountTimedOut() => Interlocked.Increment(ref _timedOut);

    internal void CountUnmatched() => Interlocked.Increment(ref _unmatched);

    internal void CountLost() => Interlocked.Increment(ref _lost);

    internal void CountRejected() => Interlocked.Increment(ref _rejected);

    internal void CountIgnored() => Interlocked.Increment(ref _ignored);

    internal void CountStuck() => Interlocked.Increment(ref _stuck);
}
