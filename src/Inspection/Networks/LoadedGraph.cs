using System.Collections.Concurrent;
using ClipFusion.Inspection.Networks.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>
/// A graph opened on one provider. Every run goes through an I/O binding, on the CPU too: inputs are copied up by the runtime where they have to be,
/// and each output is left where it is wanted. Lives until it was released once more than it was kept.
/// </summary>
internal sealed class LoadedGraph(InferenceSession session, ExecutionProvider provider, OrtMemoryInfo memory, int? device = null)
{
    // As many as runs that overlapped.
    private readonly ConcurrentBag<OrtIoBinding> _bindings = [];
    private int _uses = 1;

    /// <summary>What it runs on.</summary>
    public ExecutionProvider Provider { get; } = provider;

    /// <summary>Number of the GPU, from 0, in whose memory its outputs can stay; null when that is the host's.</summary>
    public int? Device { get; } = device;

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Every input by name, wherever it lies; borrowed.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="staysOnDevice">Which of them stay in the memory of what ran them, for the next graph or a search on the same GPU; null for none. The others are copied down when the run ends.</param>
    /// <param name="cancellation">Ends the run between two operators.</param>
    /// <exception cref="OnnxRuntimeException">The runtime failed, or the run was ended.</exception>
    public NetworkOutputs Run(IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputs, Predicate<string>? staysOnDevice, CancellationToken cancellation)
    {
        using var options = new RunOptions();
        using CancellationTokenRegistration end = cancellation.Register(static o => ((RunOptions)o!).Terminate = true, options);
        if (!_bindings.TryTake(out OrtIoBinding? binding)) binding = session.CreateIoBinding();
        try
        {
            foreach ((string name, OrtValue value) in inputs) binding.BindInput(name, value);
            foreach (string name in outputs) binding.BindOutputToDevice(name, staysOnDevice?.Invoke(name) == true ? memory : OrtMemoryInfo.DefaultInstance);
            // Copies may run beside the host; on the CPU neither line does anything.
            binding.SynchronizeBoundInputs();
            session.RunWithBinding(options, binding);
            binding.SynchronizeBoundOutputs();
            return new NetworkOutputs(outputs, binding.GetOutputValues(), Device is null ? null : staysOnDevice);
        }
        finally
        {
            // What was bound belongs to others and may be gone before the next run.
            binding.ClearBoundInputs();
            binding.ClearBoundOutputs();
            _bindings.Add(binding);
        }
    }

    /// <summary>Keeps it alive for a run.</summary>
    public void Keep() => Interlocked.Increment(ref _uses);

    /// <summary>Gives up one use; who opened it has the first.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _uses) > 0) return;
        foreach (OrtIoBinding binding in _bindings) binding.Dispose();
        session.Dispose();
    }
}
