using System.Threading.Channels;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// One loop's sign of life. The loop beats whenever it comes round and says before a piece of work how long that may take; what it waits
/// for (input, a camera, a broker, a disk, an engine build) may take for ever, because it goes on beating meanwhile.
/// </summary>
/// <remarks>Used by one loop at a time; read by others at any time. Beating and waiting allocate nothing in the steady state.</remarks>
internal sealed class Heartbeat : IDisposable
{
    private readonly Heartbeats _owner;
    private readonly TimeProvider _time;

    // Keeps one wake-up, so that none is lost between looking and waiting. Without a cancellable token a channel reuses what it needs for
    // its waiting reader.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private long _last;
    private long _limit;

    internal Heartbeat(Heartbeats owner, string loop, TimeProvider time)
    {
        (_owner, Loop, _time) = (owner, loop, time);
        Beat();
    }

    /// <summary>Which loop, for people: <c>line1: take frames</c>.</summary>
    public string Loop { get; }

    /// <summary>Since the last beat.</summary>
    public TimeSpan Age => _time.GetElapsedTime(Volatile.Read(ref _last));

    /// <summary>How old the last beat may become: <see cref="Heartbeats.IdleLimit"/>, or what the present piece of work is
    /// allowed.</summary>
    public TimeSpan Limit => new(Volatile.Read(ref _limit));

    /// <summary>Whether the loop hangs.</summary>
    public bool IsLate => Age > Limit;

    /// <summary>The loop came round.</summary>
    public void Beat() => Set(Heartbeats.IdleLimit);

    /// <summary>Begins a piece of work that is bounded.</summary>
    /// <param name="limit">How long it may take at most, on a loaded machine; above zero.</param>
    /// <returns>Dispose it at the end of the work.</returns>
    public Work Begin(TimeSpan limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        Set(limit);
        return new Work(this);
    }

    /// <summary>Waits for something that may take for ever, beating meanwhile.</summary>
    /// <param name="task">What is waited for; it has to observe the program's end itself.</param>
    /// <returns>When the task has ended; its error and its cancellation come out here.</returns>
    public async Task WaitAsync(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (!task.IsCompleted)
            task.GetAwaiter().UnsafeOnCompleted(Wake);
        while (!task.IsCompleted)
            await NextAsync().ConfigureAwait(false);
        Beat();
        await task.ConfigureAwait(false);
    }

    /// <inheritdoc cref="WaitAsync(Task)"/>
    public async Task<T> WaitAsync<T>(Task<T> task)
    {
        await WaitAsync((Task)task).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <summary>The loop has ended and is not watched any more.</summary>
    public void Dispose() => _owner.Remove(this);

    /// <summary>Ends a wait at <see cref="NextAsync"/>, the present one or the next.</summary>
    internal void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Beats, then waits for <see cref="Wake"/>, which comes once a second at least.</summary>
    internal ValueTask<bool> NextAsync()
    {
        Beat();
        return _wake.Reader.ReadAsync(CancellationToken.None);
    }

    private void Set(TimeSpan limit)
    {
        // A longer limit first and a shorter one last, so that nobody reads an old beat with a new, short limit.
        if (limit.Ticks > _limit)
            Volatile.Write(ref _limit, limit.Ticks);
        Volatile.Write(ref _last, _time.GetTimestamp());
        Volatile.Write(ref _limit, limit.Ticks);
    }

    /// <summary>A piece of work under way.</summary>
    /// <param name="heartbeat">Whose.</param>
    public readonly struct Work(Heartbeat heartbeat) : IDisposable
    {
        /// <summary>Ends it: a beat.</summary>
        public void Dispose() => heartbeat?.Beat();
    }
}
