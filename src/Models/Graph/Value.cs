namespace ClipFusion.Models.Graph;

/// <summary>A tensor in a graph under construction: its name, element type and shape.</summary>
/// <param name="Name">Unique in its graph.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
public sealed record Value(string Name, ElementType Type, IReadOnlyList<Dim> Shape)
{
    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Count;

    /// <summary>The dimension at <paramref name="axis"/>; negative counts from the end.</summary>
    public Dim this[int axis] => Shape[axis < 0 ? axis + Rank : axis];

    /// <summary>The fixed length at <paramref name="axis"/>.</summary>
    /// <exception cref="GraphException">The length is known only at run time.</exception>
    public int Fixed(int axis) =>
        this[axis] is { IsFixed: true } d
            ? checked((int)d.Length)
            : throw new GraphException($"{this}: axis {axis} must have a fixed length");

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Type}[{string.Join(", ", Shape)}]";
}
