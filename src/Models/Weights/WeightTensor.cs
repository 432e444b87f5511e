namespace ClipFusion.Models.Weights;

/// <summary>One float tensor of a network, read in pieces so that no weight file has to fit into memory. Belongs to the
/// <see cref="IWeights"/> that gave it and is unusable once that is disposed.</summary>
public abstract class WeightTensor
{
    /// <summary>Published name.</summary>
    public abstract string Name { get; }

    /// <summary>Lengths per axis, outermost first; empty for a scalar.</summary>
    public abstract IReadOnlyList<long> Shape { get; }

    /// <summary>Number of elements, 1 for a scalar.</summary>
    public long Count => Shapes.Product(Shape);

    /// <summary>Reads consecutive elements in row-major order, widened to single precision (exact for F16 and BF16).</summary>
    /// <param name="start">First element, 0 .. <see cref="Count"/>.</param>
    /// <param name="destination">Receives as many elements as it is long.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the tensor.</exception>
    public abstract void Read(long start, Span<float> destination);
}
