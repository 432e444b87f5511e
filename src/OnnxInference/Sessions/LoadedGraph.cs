using ClipFusion.OnnxInference.Bindings;
using ClipFusion.OnnxInference.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Sessions;

/// <summary>
/// A graph opened on one provider. Every run goes through an I/O binding, on the CPU too. Lives until it was released once more than it was
/// kept; the outputs of a run keep it until they are disposed.
/// </summary>
internal sealed class LoadedGraph
{
    private readonly InferenceSession _session;
    private readonly IGraphBinding _binding;
    private int _uses = 1;

    private LoadedGraph(InferenceSession session, IGraphBinding binding, IGraphProvider provider, bool cudaGraphs) =>
        (_session, _binding, Provider, Device, CudaGraphs) = (session, binding, provider.Kind, provider.Device, cudaGraphs);

    /// <summary>What it runs on.</summary>
    public ExecutionProvider Provider { get; }

    /// <summary>Number of the GPU, from 0, in whose memory its outputs can stay; null when that is the host's.</summary>
    public int? Device { get; }

    /// <summary>Whether runs are replays of what the first one did.</summary>
    public bool CudaGraphs { get; }

    /// <summary>Opens a graph.</summary>
    /// <param name="provider">What is to run it.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="cudaGraphs">Whether runs are captured and replayed; the graph has fixed shapes then
    /// (<see cref="GraphFile.HasFixedShapes"/>).</param>
    /// <exception cref="OnnxRuntimeException">The runtime refuses.</exception>
    /// <exception cref="EntryPointNotFoundException">The runtime was built without this provider.</exception>
    /// <exception cref="NetworkException">The graph can't be bound to fixed addresses.</exception>
    public static LoadedGraph Open(IGraphProvider provider, GraphFile graph, bool cudaGraphs = false)
    {
        InferenceSession session = provider.Open(graph, cudaGraphs);
        try
        {
            IGraphBinding binding = cudaGraphs
                ? new FixedBinding(session, provider.Memory, provider.Device)
                : new FreshBinding(session, provider.Memory);
            return new LoadedGraph(session, binding, provider, cudaGraphs);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Every input by name, wherever it lies; borrowed.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="staysOnDevice">Which of them stay in the memory of what ran them, for the next graph or a search on the same GPU; null
    /// for none. The others are copied down when the run ends.</param>
    /// <param name="cancellation">Ends the run between two operators; a replay is not interrupted.</param>
    /// <exception cref="OnnxRuntimeException">The runtime failed, or the run was ended.</exception>
    /// <exception cref="NetworkException">A copy failed.</exception>
    public NetworkOutputs Run(
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        Predicate<string>? staysOnDevice,
        CancellationToken cancellation
    )
    {
        using var options = new RunOptions();
        using CancellationTokenRegistration end = cancellation.Register(static o => ((RunOptions)o!).Terminate = true, options);
        IReadOnlyCollection<OrtValue> values = _binding.Run(options, inputs, outputs, staysOnDevice);
        Keep();
        return new NetworkOutputs(outputs, values, Device is null ? null : staysOnDevice, this);
    }

    /// <summary>Keeps it alive for a run.</summary>
    public void Keep() => Interlocked.Increment(ref _uses);

    /// <summary>Gives up one use; who opened it has the first.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _uses) > 0)
            return;
        _binding.Dispose();
        _session.Dispose();
    }
}
