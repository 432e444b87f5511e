namespace ClipFusion.Models.Graph;

/// <summary>One dimension of a tensor in a graph: a fixed length, or a named length that is known only at run time.</summary>
/// <param name="Length">Fixed length, 0 or more; -1 where <paramref name="Symbol"/> names it.</param>
/// <param name="Symbol">Name of the run-time length (ONNX <c>dim_param</c>), or null.</param>
public readonly record struct Dim(long Length, string? Symbol)
{
    /// <summary>Whether the length is known when the graph is written.</summary>
    public bool IsFixed => Symbol is null;

    /// <summary>A fixed length.</summary>
    public static implicit operator Dim(long length) => FromInt64(length);

    /// <summary>A run-time length of that name.</summary>
    public static implicit operator Dim(string symbol) => FromString(symbol);

    /// <summary>A fixed length.</summary>
    public static Dim FromInt64(long length) => new(length, null);

    /// <summary>A run-time length of that name.</summary>
    public static Dim FromString(string symbol) => new(-1, symbol);

    /// <inheritdoc/>
    public override string ToString() => Symbol ?? Length.ToString();
}
