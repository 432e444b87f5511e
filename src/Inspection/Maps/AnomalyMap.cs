namespace ClipFusion.Inspection.Maps;

/// <summary>One map on a regular grid: <see cref="Height"/> x <see cref="Width"/> values in row-major order, higher = less
/// normal.</summary>
/// <remarks>The values are not copied: whoever made the map says how long they stay as they are. Two maps are equal when they share the
/// same array.</remarks>
public sealed record AnomalyMap
{
    /// <summary>Wraps <paramref name="values"/> without copying them.</summary>
    /// <param name="height">Rows of the grid, at least 1.</param>
    /// <param name="width">Columns of the grid, at least 1.</param>
    /// <param name="values">Exactly <paramref name="height"/> x <paramref name="width"/> values.</param>
    /// <exception cref="ArgumentException">The sizes are not positive or don't match the number of values.</exception>
    public AnomalyMap(int height, int width, float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (values.LongLength != (long)height * width)
        {
            throw new ArgumentException(
                $"A map of {height} x {width} needs {(long)height * width} values, but there are {values.LongLength}.",
                nameof(values)
            );
        }

        Height = height;
        Width = width;
        Values = values;
    }

    /// <summary>A map of zeros.</summary>
    /// <param name="height">Rows of the grid, at least 1.</param>
    /// <param name="width">Columns of the grid, at least 1.</param>
    public AnomalyMap(int height, int width)
        : this(height, width, new float[Math.Max(0, checked(height * width))]) { }

    /// <summary>Rows of the grid.</summary>
    public int Height { get; }

    /// <summary>Columns of the grid.</summary>
    public int Width { get; }

    /// <summary>The values, row by row; <c>Values[y * Width + x]</c>.</summary>
    public float[] Values { get; }

    /// <summary>Whether <paramref name="other"/> lies on a grid of the same size.</summary>
    /// <param name="other">The map to compare with.</param>
    public bool SameGrid(AnomalyMap other) => other is not null && Height == other.Height && Width == other.Width;
}
