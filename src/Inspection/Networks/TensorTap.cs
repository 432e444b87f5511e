namespace ClipFusion.Inspection.Networks;

/// <summary>Intermediate tensors of one inspection, copied out for a dump. Only debug packs give raw ones.</summary>
public sealed class TensorTaps
{
    private readonly Dictionary<string, TensorTap> _taps = new(StringComparer.Ordinal);

    /// <summary>What was tapped, by the golden files' names without the image's prefix.</summary>
    public IReadOnlyDictionary<string, TensorTap> All => _taps;

    internal void Add(string name, ReadOnlySpan<float> values, params long[] shape) => _taps[name] = new TensorTap(shape, values.ToArray());

    internal void Clear() => _taps.Clear();
}

/// <summary>A copied tensor.</summary>
/// <param name="Shape">Lengths, outermost first.</param>
/// <param name="Values">Elements in row-major order.</param>
public sealed record TensorTap(long[] Shape, float[] Values);
