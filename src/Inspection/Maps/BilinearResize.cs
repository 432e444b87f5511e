using System.Buffers;
using System.Numerics.Tensors;

namespace ClipFusion.Inspection.Maps;

/// <summary>
/// Bilinear resampling with the semantics of PyTorch's <c>interpolate(mode="bilinear", align_corners=False)</c> without antialiasing:
/// the centre of output cell i lies at (i + 0.5) x scale - 0.5 of the source, clamped at 0, and the second neighbour is clamped at the
/// edge.
/// </summary>
public static class BilinearResize
{
    /// <summary>Resamples one map to another grid.</summary>
    /// <param name="source">Row-major values, <paramref name="sourceHeight"/> x <paramref name="sourceWidth"/>.</param>
    /// <param name="sourceHeight">Rows of the source, at least 1.</param>
    /// <param name="sourceWidth">Columns of the source, at least 1.</param>
    /// <param name="destination">Receives <paramref name="height"/> x <paramref name="width"/> values; owned by the caller, must not
    /// overlap the source.</param>
    /// <param name="height">Rows wanted, at least 1.</param>
    /// <param name="width">Columns wanted, at least 1.</param>
    /// <param name="cancellation">Ends the resampling between two rows; the destination is then undefined.</param>
    /// <exception cref="ArgumentException">A size is not positive, or a span does not have exactly the number of values that its grid
    /// has.</exception>
    public static void Resize(
        ReadOnlySpan<float> source,
        int sourceHeight,
        int sourceWidth,
        Span<float> destination,
        int height,
        int width,
        CancellationToken cancellation = default
    )
    {
        RequireGrid(source.Length, sourceHeight, sourceWidth, nameof(source));
        RequireGrid(destination.Length, height, width, nameof(destination));
        if (source.Overlaps(destination))
            throw new ArgumentException("The destination overlaps the source; give it memory of its own.", nameof(destination));
        if (sourceHeight == height && sourceWidth == width)
        {
            source.CopyTo(destination);
            return;
        }

        Tap[] columns = ArrayPool<Tap>.Shared.Rent(width);
        float[] rows = ArrayPool<float>.Shared.Rent(2 * width);
        try
        {
            float scaleX = (float)sourceWidth / width,
                scaleY = (float)sourceHeight / height;
            for (int x = 0; x < width; x++)
                columns[x] = Tap.At(x, scaleX, sourceWidth);

            // Both source rows of an output row are widened once and kept while consecutive output rows need them.
            Span<float> upper = rows.AsSpan(0, width),
                lower = rows.AsSpan(width, width);
            int upperRow = -1,
                lowerRow = -1;
            for (int y = 0; y < height; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                Tap tap = Tap.At(y, scaleY, sourceHeight);
                if (tap.First == lowerRow)
                {
                    Span<float> spare = upper;
                    upper = lower;
                    lower = spare;
                    (upperRow, lowerRow) = (lowerRow, -1);
                }

                if (upperRow != tap.First)
                    Widen(source.Slice((upperRow = tap.First) * sourceWidth, sourceWidth), columns.AsSpan(0, width), upper);
                if (lowerRow != tap.Second)
                    Widen(source.Slice((lowerRow = tap.Second) * sourceWidth, sourceWidth), columns.AsSpan(0, width), lower);

                Span<float> output = destination.Slice(y * width, width);
                TensorPrimitives.Multiply(upper, 1 - tap.Weight, output);
                TensorPrimitives.MultiplyAdd(lower, tap.Weight, output, output);
            }
        }
        finally
        {
            ArrayPool<Tap>.Shared.Return(columns);
            ArrayPool<float>.Shared.Return(rows);
        }
    }

    private static void Widen(ReadOnlySpan<float> source, ReadOnlySpan<Tap> taps, Span<float> destination)
    {
        for (int x = 0; x < taps.Length; x++)
        {
            Tap tap = taps[x];
            destination[x] = ((1 - tap.Weight) * source[tap.First]) + (tap.Weight * source[tap.Second]);
        }
    }

    private static void RequireGrid(int length, int height, int width, string parameter)
    {
        if (height < 1 || width < 1 || (long)height * width != length)
        {
            throw new ArgumentException(
                $"The {parameter} has {length} values, which is not a grid of {height} x {width} (both at least 1).",
                parameter
            );
        }
    }

    /// <summary>The two source cells of one output cell and the weight of the second; single precision throughout, as PyTorch has
    /// it.</summary>
    private readonly record struct Tap(int First, int Second, float Weight)
    {
        public static Tap At(int index, float scale, int sourceSize)
        {
            float position = MathF.Max((scale * (index + 0.5f)) - 0.5f, 0);
            int first = Math.Min((int)position, sourceSize - 1);
            return new Tap(first, Math.Min(first + 1, sourceSize - 1), Math.Clamp(position - first, 0f, 1f));
        }
    }
}
