namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Deletes what is too old, a few rows at a time, while nobody waits for the writer and the wall clock can be believed.</summary>
internal sealed class RetentionSweeper : IAsyncDisposable
{
    private readonly GroupCommitWriter _writer;
    private readonly int _step;
    private readonly TimeProvider _time;
    private readonly Action<Exception> _failed;
    private readonly ITimer _timer;
    private volatile bool _isClockTrusted = true;
    private volatile StorageLimits _limits;
    private long _cursor;
    private int _isStepping;

    /// <summary>Starts the timer.</summary>
    /// <param name="writer">The store's.</param>
    /// <param name="options">Ages and steps.</param>
    /// <param name="time">Wall clock and timers.</param>
    /// <param name="failed">Told of errors that are not the storage's own condition.</param>
    public RetentionSweeper(GroupCommitWriter writer, StorageOptions options, TimeProvider time, Action<Exception> failed)
    {
        (_writer, _step, _limits, _time, _failed) = (writer, options.RetentionStep, options.Limits, time, failed);
        _timer = time.CreateTimer(_ => _ = TickAsync(), null, options.RetentionInterval, options.RetentionInterval);
    }

    /// <summary>Whether ages by the wall clock mean anything.</summary>
    public bool IsClockTrusted
    {
        get => _isClockTrusted;
        set => _isClockTrusted = value;
    }

    /// <summary>Caps and ages; may be replaced at any time.</summary>
    public StorageLimits Limits
    {
        get => _limits;
        set => _limits = value;
    }

    /// <summary>One step, unless the clock is not trusted.</summary>
    /// <returns>Whether everything old has been seen.</returns>
    public async Task<bool> StepAsync()
    {
        if (!_isClockTrusted)
            return true;
        DateTimeOffset now = _time.GetUtcNow();
        StorageLimits limits = _limits;
        return await _writer
            .SubmitAsync(session =>
            {
                int expired = session.Outbox.DropOlder(limits.OutboxAge, now, _step);
                (long next, int _) = session.Inspections.Sweep(Volatile.Read(ref _cursor), now - limits.RowAge, now, _step);
                Volatile.Write(ref _cursor, next);
                if (next == 0)
                    session.ForgetDamaged(now - limits.RowAge);
                return next == 0 && expired < _step;
            })
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private async Task TickAsync()
    {
        if (!_writer.IsIdle || Interlocked.Exchange(ref _isStepping, 1) == 1)
            return;
        try
        {
            await StepAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is StorageUnavailableException or ObjectDisposedException)
        {
            // The store has said so itself, or is closing.
        }
        catch (Exception e)
        {
            _failed(e);
        }
        finally
        {
            Volatile.Write(ref _isStepping, 0);
        }
    }
}
