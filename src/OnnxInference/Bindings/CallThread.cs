using System.Runtime.ExceptionServices;

namespace ClipFusion.OnnxInference.Bindings;

/// <summary>A thread that makes calls for others, one after the other, while they wait: for libraries that tie what they keep to the
/// calling thread.</summary>
internal sealed class CallThread : IDisposable
{
    private readonly Lock _turn = new();
    private readonly SemaphoreSlim _wanted = new(0),
        _done = new(0);
    private readonly Thread _thread;
    private Action? _call;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Starts it.</summary>
    /// <param name="name">What debuggers call it.</param>
    public CallThread(string name)
    {
        _thread = new Thread(Serve) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Makes a call and waits for its end; what it throws is thrown here.</summary>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public void Run(Action call)
    {
        ExceptionDispatchInfo? failure;
        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(!_thread.IsAlive, this);
            _call = call;
            _wanted.Release();
            _done.Wait();
            (failure, _failure) = (_failure, null);
        }

        failure?.Throw();
    }

    /// <summary>Ends the thread after the calls that were made before.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (!_thread.IsAlive)
                return;
            _wanted.Release();
            _thread.Join();
        }

        _wanted.Dispose();
        _done.Dispose();
    }

    private void Serve()
    {
        while (true)
        {
            _wanted.Wait();
            if (_call is null)
                return;
            try
            {
                _call();
            }
            catch (Exception e)
            {
                _failure = ExceptionDispatchInfo.Capture(e);
            }

            _call = null;
            _done.Release();
        }
    }
}
