using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Bindings;

/// <summary>New tensors for every run, of whatever shapes it has: inputs are copied up by the runtime where they have to be, and each
/// output is made where it is wanted.</summary>
/// <param name="session">Borrowed.</param>
/// <param name="memory">Where outputs can stay.</param>
internal sealed class FreshBinding(InferenceSession session, OrtMemoryInfo memory) : IGraphBinding
{
    // As many as runs that overlapped.
    private readonly ConcurrentBag<OrtIoBinding> _bindings = [];

    public IReadOnlyCollection<OrtValue> Run(
        RunOptions options,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        Predicate<string>? staysOnDevice
    )
    {
        if (!_bindings.TryTake(out OrtIoBinding? binding))
            binding = session.CreateIoBinding();
        try
        {
            foreach ((string name, OrtValue value) in inputs)
                binding.BindInput(name, value);
            foreach (string name in outputs)
                binding.BindOutputToDevice(name, staysOnDevice?.Invoke(name) == true ? memory : OrtMemoryInfo.DefaultInstance);
            // Copies may run beside the host; on the CPU neither line does anything.
            binding.SynchronizeBoundInputs();
            session.RunWithBinding(options, binding);
            binding.SynchronizeBoundOutputs();
            return binding.GetOutputValues();
        }
        finally
        {
            // What was bound belongs to others and may be gone before the next run.
            binding.ClearBoundInputs();
            binding.ClearBoundOutputs();
            _bindings.Add(binding);
        }
    }

    public void Dispose()
    {
        foreach (OrtIoBinding binding in _bindings)
            binding.Dispose();
    }
}
