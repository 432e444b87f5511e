namespace ClipFusion.Models.Download;

/// <summary>Ends a wait on the network that brings nothing for too long. Only waits count: time spent writing to the disk does
/// not.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly string _what;
    private readonly TimeSpan _timeout;
    private readonly CancellationToken _outer;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    /// <summary>Guards the waits for one request.</summary>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="timeout">Longest wait without any byte.</param>
    /// <param name="time">Clock of the time-out.</param>
    /// <param name="outer">Ends the waits early; that is no stall.</param>
    public StallGuard(string what, TimeSpan timeout, TimeProvider time, CancellationToken outer)
    {
        _what = what;
        _timeout = timeout;
        _outer = outer;
        _timer = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(outer, _timer.Token);
    }

    /// <summary>Waits for one piece of progress.</summary>
    /// <exception cref="PullException">Nothing came within the time-out (retryable).</exception>
    public async Task<T> WaitAsync<T>(Func<CancellationToken, Task<T>> wait)
    {
        _timer.CancelAfter(_timeout);
        try
        {
            return await wait(_linked.Token).ConfigureAwait(false);
        }
        catch (Exception e)
            when (_timer.IsCancellationRequested && !_outer.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            throw new PullException(PullFailure.Connection, $"{_what}: the server sent nothing for {_timeout.TotalSeconds:0.#} s", e)
            {
                Retryable = true,
            };
        }
        finally
        {
            _timer.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
