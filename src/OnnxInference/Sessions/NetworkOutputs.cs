using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Sessions;

/// <summary>What a run gave; the tensors live in the runtime's memory until this is disposed.</summary>
/// <param name="names">What was asked for.</param>
/// <param name="values">The tensors, in that order; owned from now on.</param>
/// <param name="isOnDevice">Which of them lie in a GPU's memory; null for none.</param>
public sealed class NetworkOutputs(
    IReadOnlyCollection<string> names,
    IReadOnlyCollection<OrtValue> values,
    Predicate<string>? isOnDevice = null
) : IDisposable
{
    private readonly Dictionary<string, OrtValue> _byName = names
        .Zip(values)
        .ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
    private LoadedGraph? _graph;

    /// <summary>Outputs whose memory is the runtime's.</summary>
    /// <param name="names">What was asked for.</param>
    /// <param name="values">The tensors, in that order; owned from now on.</param>
    /// <param name="isOnDevice">Which of them lie in a GPU's memory; null for none.</param>
    /// <param name="graph">What ran, kept for these outputs and released with them.</param>
    internal NetworkOutputs(
        IReadOnlyCollection<string> names,
        IReadOnlyCollection<OrtValue> values,
        Predicate<string>? isOnDevice,
        LoadedGraph graph
    )
        : this(names, values, isOnDevice) => _graph = graph;

    /// <summary>What there is, in the order that was asked for.</summary>
    public IReadOnlyCollection<string> Names { get; } = names;

    /// <summary>The tensor itself, to hand it to the next graph.</summary>
    public OrtValue this[string name] => _byName[name];

    /// <summary>Whether it lies in a GPU's memory and can't be read here.</summary>
    public bool IsOnDevice(string name) => isOnDevice?.Invoke(name) == true;

    /// <summary>Its elements in row-major order; valid until this is disposed.</summary>
    /// <exception cref="InvalidOperationException">It lies in a GPU's memory.</exception>
    public ReadOnlySpan<float> Floats(string name) =>
        !IsOnDevice(name)
            ? _byName[name].GetTensorDataAsSpan<float>()
            : throw new InvalidOperationException($"Output '{name}' was left on the GPU; ask the run to bring it down.");

    /// <summary>The elements of one row along axis 0.</summary>
    public ReadOnlySpan<float> Row(string name, int row)
    {
        ReadOnlySpan<float> all = Floats(name);
        int length = all.Length / (int)Shape(name)[0];
        return all.Slice(row * length, length);
    }

    /// <summary>Where its elements lie, for a search on the same GPU; valid until this is disposed. The run has ended, so every stream may
    /// read them.</summary>
    internal unsafe DeviceTensor Device(string name) =>
        new((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_byName[name].GetTensorMutableRawData())), Shape(name));

    /// <summary>Where one row along axis 0 lies, as <see cref="Device"/> says it, and how many float32 values it has.</summary>
    public (nint Pointer, long Values) DeviceRow(string name, int row)
    {
        DeviceTensor tensor = Device(name);
        long values = tensor.Shape.Skip(1).Aggregate(1L, (a, b) => a * b);
        return (tensor.Pointer + (nint)(row * values * sizeof(float)), values);
    }

    /// <summary>Its lengths, outermost first.</summary>
    public long[] Shape(string name) => _byName[name].GetTensorTypeAndShape().Shape;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        foreach (OrtValue value in values)
            value.Dispose();
        Interlocked.Exchange(ref _graph, null)?.Release();
    }
}
