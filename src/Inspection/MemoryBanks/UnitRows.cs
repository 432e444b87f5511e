namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>Scales feature vectors to length 1, so that a dot product is a cosine.</summary>
public static class UnitRows
{
    /// <summary>Writes every row of <paramref name="source"/>, divided by its Euclidean length, to
    /// <paramref name="destination"/>.</summary>
    /// <param name="source">Rows x <paramref name="dimension"/>, row-major, raw features.</param>
    /// <param name="dimension">Length of a row, at least 1.</param>
    /// <param name="destination">Same length as <paramref name="source"/>; may be the same memory.</param>
    /// <param name="name">What the rows are, for the error message ("reference image 3").</param>
    /// <exception cref="ArgumentException">The lengths don't fit, or a row is zero, NaN or infinite; the message names the row.</exception>
    public static void Normalize(ReadOnlySpan<float> source, int dimension, Span<float> destination, string name)
    {
        int rows = Count(source.Length, dimension, name);
        if (destination.Length != source.Length)
        {
            throw new ArgumentException(
                $"{name}: the destination holds {destination.Length} values; {source.Length} are needed.",
                nameof(destination)
            );
        }

        for (int row = 0; row < rows; row++)
        {
            Normalize(source.Slice(row * dimension, dimension), destination.Slice(row * dimension, dimension), name, row);
        }
    }

    /// <summary>Normalises one row; <paramref name="name"/> and <paramref name="row"/> are for the error message.</summary>
    internal static void Normalize(ReadOnlySpan<float> source, Span<float> destination, string name, int row)
    {
        double norm = Norm(source);
        if (!double.IsFinite(norm) || norm == 0)
        {
            string found = norm == 0 ? "is a zero vector" : "has NaN or infinite values";
            throw new ArgumentException($"{name}: row {row} {found}; a finite vector with a direction is expected.", nameof(source));
        }

        // In double, because 1/norm of a tiny vector overflows single precision.
        double scale = 1 / norm;
        for (int i = 0; i < source.Length; i++)
            destination[i] = (float)(source[i] * scale);
    }

    /// <summary>Euclidean length, summed in double; a float32's square can't overflow there.</summary>
    internal static double Norm(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float value in row)
            sum += (double)value * value;
        return Math.Sqrt(sum);
    }

    /// <summary>The number of rows in <paramref name="length"/> values.</summary>
    /// <exception cref="ArgumentException">The values are no whole number of rows.</exception>
    internal static int Count(int length, int dimension, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        return length % dimension == 0
            ? length / dimension
            : throw new ArgumentException($"{name}: {length} values are not a whole number of rows of {dimension}.", nameof(length));
    }
}
