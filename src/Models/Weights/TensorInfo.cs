namespace ClipFusion.Models.Weights;

/// <summary>Where a tensor lies in its file.</summary>
/// <param name="Name">Unique in its file.</param>
/// <param name="Type">Element type; the format's own name of it is <see cref="StoredType"/>.</param>
/// <param name="Shape">Lengths per axis, outermost first; empty for a scalar. Elements are stored row-major.</param>
/// <param name="Offset">First byte, counted from the start of the data (not of the file).</param>
/// <param name="ByteLength">Bytes of all elements.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>The type as the file spells it, for example <c>BF16</c>.</summary>
    public string StoredType { get; init; } = Type == TensorType.Other ? "" : TensorTypes.Name(Type);

    /// <summary>Number of elements, 1 for a scalar. The header's checks guarantee that it fits.</summary>
    public long Count => Shapes.Product(Shape);
}
