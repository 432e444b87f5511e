namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// The time limit of one inspection, on the monotonic clock from the trigger's receipt. It is fired by a timer and not by a stage, so that
/// it holds whatever a stage is waiting for.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _received;
    private readonly CancellationTokenSource _passed;

    /// <summary>Starts the clock.</summary>
    /// <param name="time">Whose monotonic clock counts.</param>
    /// <param name="received">Timestamp of the trigger's receipt.</param>
    /// <param name="limit">From receipt to verdict; null for no limit.</param>
    /// <param name="margin">How long before the limit <see cref="Passed"/> fires, for storing and sending; less where the limit is shorter
    /// than twice it.</param>
    public Deadline(TimeProvider time, long received, TimeSpan? limit, TimeSpan margin)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_time, _received, Limit) = (time, received, limit);
        TimeSpan left = limit is { } l ? l - (margin * 2 < l ? margin : l / 2) - time.GetElapsedTime(received) : Timeout.InfiniteTimeSpan;
        _passed = new CancellationTokenSource(limit is null || left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
    }

    /// <summary>From receipt to verdict; null for no limit.</summary>
    public TimeSpan? Limit { get; }

    /// <summary>Cancelled when what is there has to do.</summary>
    public CancellationToken Passed => _passed.Token;

    /// <summary>Whether the limit itself is over: a verdict handed over now is late.</summary>
    public bool IsOver => Limit is { } limit && _time.GetElapsedTime(_received) > limit;

    /// <summary>Since the trigger's receipt.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_received);

    /// <inheritdoc/>
    public void Dispose() => _passed.Dispose();
}
