using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipFusion.OnnxInference.Bindings;

/// <summary>
/// One input and all outputs at addresses that never change, as the replay of a CUDA graph needs them: it reads and writes where its
/// capture did. A picture is copied into the input by this product and not by the runtime, and what a run gave is copied out before the
/// next run may begin, within the GPU's memory where it stays there. So nobody sees what another run does, and there is one graph however
/// many outputs are alive.
/// </summary>
/// <remarks>
/// One graph and not one for each overlapping run: TensorRT's provider keeps one a session and ignores the ids (<c>gpu_graph_id</c>) by
/// which CUDA's tells several apart. One thread and not a lock: CUDA's provider captures again for every thread that runs, and while it
/// captures other threads' calls to the driver may fail. Here the first run captures, which is the parity gate's, and none after it.
/// </remarks>
internal sealed class FixedBinding : IGraphBinding
{
    private readonly InferenceSession _session;
    private readonly TensorCopies _copies;
    private readonly OrtAllocator _allocator;
    private readonly OrtIoBinding _binding;
    private readonly string _inputName;
    private readonly FixedTensor _input;
    private readonly Dictionary<string, FixedTensor> _outputs = new(StringComparer.Ordinal);
    private readonly CallThread _thread = new("cuda-graph");
    private readonly Stack<IDisposable> _owned = new();

    /// <summary>Allocates and binds.</summary>
    /// <param name="session">Has one input and no free lengths but that of axis 0, which is 1 in every run; borrowed.</param>
    /// <param name="memory">The memory of what runs it.</param>
    /// <param name="device">Number of the GPU whose memory that is; null for the host's.</param>
    /// <exception cref="NetworkException">The session has other inputs or lengths.</exception>
    /// <exception cref="OnnxRuntimeException">There is too little memory.</exception>
    public FixedBinding(InferenceSession session, OrtMemoryInfo memory, int? device)
    {
        (_session, _copies) = (session, new TensorCopies(device));
        try
        {
            _owned.Push(_thread);
            _owned.Push(_allocator = new OrtAllocator(session, memory));
            if (session.InputNames is not [var input])
                throw new NetworkException($"a graph with fixed addresses has one input; this one has {session.InputNames.Count}");
            (_inputName, _input) = (input, Allocate(input, session.InputMetadata[input]));
            foreach (string output in session.OutputNames)
                _outputs.Add(output, Allocate(output, session.OutputMetadata[output]));

            _owned.Push(_binding = session.CreateIoBinding());
            _binding.BindInput(_inputName, _input.Value);
            foreach ((string name, FixedTensor tensor) in _outputs)
                _binding.BindOutput(name, tensor.Value);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<OrtValue> Run(
        RunOptions options,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputs,
        Predicate<string>? staysOnDevice
    )
    {
        var taken = new OrtValue?[outputs.Count];
        try
        {
            _thread.Run(() =>
            {
                _copies.Up(_input.Value, inputs[_inputName]);
                _session.RunWithBinding(options, _binding);
                _binding.SynchronizeBoundOutputs();
                int i = 0;
                foreach (string name in outputs)
                    Take(_outputs[name], staysOnDevice?.Invoke(name) == true, out taken[i++]);
            });
            return taken!;
        }
        catch
        {
            foreach (OrtValue? value in taken)
                value?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? last))
            last.Dispose();
    }

    private void Take(FixedTensor from, bool stays, out OrtValue? to)
    {
        to = OrtValue.CreateAllocatedTensorValue(stays ? _allocator : OrtAllocator.DefaultInstance, from.Type, from.Shape);
        if (stays)
            _copies.Within(to, from.Value);
        else
            _copies.Down(to, from.Value);
    }

    private FixedTensor Allocate(string name, NodeMetadata tensor)
    {
        if (tensor.Dimensions.Skip(1).Any(d => d < 0))
            throw new NetworkException(
                $"'{name}' has shape [{string.Join(", ", tensor.Dimensions)}]: only the first length may be free where addresses are fixed"
            );
        long[] shape = [.. tensor.Dimensions.Select(d => d < 0 ? 1L : d)];
        var value = OrtValue.CreateAllocatedTensorValue(_allocator, tensor.ElementDataType, shape);
        _owned.Push(value);
        return new FixedTensor(value, tensor.ElementDataType, shape);
    }

    private sealed record FixedTensor(OrtValue Value, TensorElementType Type, long[] Shape);
}
