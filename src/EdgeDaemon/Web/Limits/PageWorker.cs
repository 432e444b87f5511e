using System.Collections.Concurrent;
using System.Diagnostics;
using ClipFusion.EdgeDaemon.Pictures;

namespace ClipFusion.EdgeDaemon.Web.Limits;

/// <summary>
/// Does what page and API need that takes time: one piece after another, on one thread of low priority that rests three times as
/// long as it works.
/// </summary>
internal sealed class PageWorker : IDisposable
{
    private const int Places = 64,
        RestPerWork = 3;

    private readonly BlockingCollection<Action> _work = new(Places);
    private readonly CancellationTokenSource _stop = new();

    public PageWorker() => new Thread(Run) { IsBackground = true, Name = "page" }.Start();

    /// <summary>Does a piece of work.</summary>
    /// <returns>What it gave; fails as the work did, and with <see cref="PageBusyException"/> where too much waits.</returns>
    public Task<T> DoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (_stop.IsCancellationRequested || !_work.TryAdd(() => Do(work, done)))
            done.SetException(new PageBusyException());
        return done.Task;
    }

    public void Dispose() => _stop.Cancel();

    private static void Do<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(work());
        }
#pragma warning disable CA1031 // It comes out where the work was asked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            done.SetException(e);
        }
    }

    private void Run()
    {
        LowPriority.Take();
        while (!_stop.IsCancellationRequested)
        {
            Action? next;
            try
            {
                next = _work.Take(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            long began = Stopwatch.GetTimestamp();
            next();
            _stop.Token.WaitHandle.WaitOne(RestPerWork * Stopwatch.GetElapsedTime(began));
        }

        while (_work.TryTake(out Action? left))
            left();
    }
}

/// <summary>More work waits than the page's thread takes.</summary>
internal sealed class PageBusyException() : Exception("page and API have too much to do; try again");
