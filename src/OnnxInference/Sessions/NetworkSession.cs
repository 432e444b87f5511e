using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Sessions;

/// <summary>One graph of a pack, ready to run. Runs may overlap; each can be ended from outside. What runs it may be replaced by something
/// better meanwhile.</summary>
internal sealed class NetworkSession(string name, LoadedGraph first) : IDisposable
{
    private readonly Lock _lock = new();
    private LoadedGraph _graph = first;

    /// <summary>What runs it.</summary>
    public LoadedGraph Current => Volatile.Read(ref _graph);

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Every input by name; borrowed.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the run between two operators; its partial results are gone.</param>
    /// <param name="staysOnDevice">Which outputs stay where the graph runs, to be handed to the next one or to a search there; null for
    /// none. They can't be read here.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    /// <exception cref="NetworkException">The runtime or a copy failed.</exception>
    public NetworkOutputs Run(
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        CancellationToken cancellation,
        Predicate<string>? staysOnDevice = null
    )
    {
        cancellation.ThrowIfCancellationRequested();
        LoadedGraph graph = Keep();
        try
        {
            return graph.Run(inputs, outputs, staysOnDevice, cancellation);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException($"{name} was ended before it was done", cancellation);
        }
        catch (Exception e) when (e is OnnxRuntimeException or NetworkException)
        {
            throw new NetworkException($"{name}: {e.Message}", e);
        }
        finally
        {
            graph.Release();
        }
    }

    /// <summary>Runs on something else from the next run on; what ran it is freed after its last run.</summary>
    /// <param name="better">Owned from now on.</param>
    public void Replace(LoadedGraph better)
    {
        lock (_lock)
        {
            _graph.Release();
            _graph = better;
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _graph.Release();
    }

    private LoadedGraph Keep()
    {
        lock (_lock)
        {
            _graph.Keep();
            return _graph;
        }
    }
}
