using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>What a run gave; the tensors live in the runtime's memory until this is disposed.</summary>
internal sealed class NetworkOutputs(IReadOnlyCollection<string> names, IDisposableReadOnlyCollection<OrtValue> values) : IDisposable
{
    private readonly Dictionary<string, OrtValue> _byName = names.Zip(values).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    /// <summary>What there is, in the order that was asked for.</summary>
    public IReadOnlyCollection<string> Names { get; } = names;

    /// <summary>The tensor itself, to hand it to the next graph.</summary>
    public OrtValue this[string name] => _byName[name];

    /// <summary>Its elements in row-major order; valid until this is disposed. Only for outputs in the host's memory.</summary>
    public ReadOnlySpan<float> Floats(string name) => _byName[name].GetTensorDataAsSpan<float>();

    /// <summary>The elements of one row along axis 0.</summary>
    public ReadOnlySpan<float> Row(string name, int row)
    {
        ReadOnlySpan<float> all = Floats(name);
        int length = all.Length / (int)Shape(name)[0];
        return all.Slice(row * length, length);
    }

    /// <summary>Where its elements lie, for a search on the same GPU; valid until this is disposed. The run has ended, so every stream may read them.</summary>
    public unsafe DeviceTensor Device(string name) => new((nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_byName[name].GetTensorMutableRawData())), Shape(name));

    public long[] Shape(string name) => _byName[name].GetTensorTypeAndShape().Shape;

    public void Dispose() => values.Dispose();
}
