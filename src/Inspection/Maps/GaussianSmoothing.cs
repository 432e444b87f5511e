using System.Buffers;
using System.Numerics.Tensors;

namespace ClipFusion.Inspection.Maps;

/// <summary>
/// Gaussian smoothing of a map: the kernel is sampled at integers, cut at four sigma, normalised to sum 1 and applied along rows, then
/// along columns; beyond the edge the map is mirrored with its edge cell repeated (d c b a | a b c d | d c b a).
/// </summary>
public static class GaussianSmoothing
{
    private const double ReferenceSize = 240;

    /// <summary>The standard deviation in cells that a recipe's <c>smoothingSigma</c> means on a grid: given for 240 cells, scaled by the
    /// shorter side.</summary>
    /// <param name="smoothingSigma">The recipe's value, in cells of a 240 x 240 map; 0 = off.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    public static double SigmaFor(double smoothingSigma, int height, int width) => smoothingSigma * Math.Min(height, width) / ReferenceSize;

    /// <summary>Smooths a map in place.</summary>
    /// <param name="map">Row-major values, <paramref name="height"/> x <paramref name="width"/>.</param>
    /// <param name="height">Rows, at least 1; may be smaller than the kernel.</param>
    /// <param name="width">Columns, at least 1; may be smaller than the kernel.</param>
    /// <param name="sigma">Standard deviation in cells of this map, at least 0; 0 leaves the map as it is.</param>
    /// <param name="cancellation">Ends the smoothing between two rows, which is what takes long where sigma and map are large; the map is
    /// then undefined.</param>
    /// <exception cref="ArgumentException">The sizes don't match the map, or sigma is negative or not finite.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public static void Smooth(Span<float> map, int height, int width, double sigma, CancellationToken cancellation = default)
    {
        if (height < 1 || width < 1 || (long)height * width != map.Length)
        {
            throw new ArgumentException(
                $"The map has {map.Length} values, which is not a grid of {height} x {width} (both at least 1).",
                nameof(map)
            );
        }

        if (!double.IsFinite(sigma) || sigma < 0)
            throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "Sigma must be a finite number of cells, 0 or more.");
        int radius = checked((int)((4 * sigma) + 0.5));
        if (radius == 0)
            return;

        float[] half = HalfKernel(sigma, radius);
        float[] rows = ArrayPool<float>.Shared.Rent(map.Length);
        float[] line = ArrayPool<float>.Shared.Rent(checked(width + (2 * radius)));
        try
        {
            for (int y = 0; y < height; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                SmoothRow(map.Slice(y * width, width), half, line, rows.AsSpan(y * width, width));
            }

            for (int y = 0; y < height; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                SmoothColumnsAt(y, rows, height, width, half, map.Slice(y * width, width));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rows);
            ArrayPool<float>.Shared.Return(line);
        }
    }

    /// <summary>Weights of the kernel's centre and right half; computed in double and rounded once.</summary>
    private static float[] HalfKernel(double sigma, int radius)
    {
        double sum = 1;
        for (int i = 1; i <= radius; i++)
            sum += 2 * Density(i, sigma);
        var half = new float[radius + 1];
        for (int i = 0; i <= radius; i++)
            half[i] = (float)(Density(i, sigma) / sum);
        return half;
    }

    private static double Density(int offset, double sigma) => Math.Exp(-0.5 * offset * offset / (sigma * sigma));

    private static void SmoothRow(ReadOnlySpan<float> source, float[] half, float[] line, Span<float> destination)
    {
        int radius = half.Length - 1,
            width = source.Length;
        for (int x = 0; x < radius; x++)
        {
            line[x] = source[Mirror(x - radius, width)];
            line[radius + width + x] = source[Mirror(width + x, width)];
        }

        source.CopyTo(line.AsSpan(radius));
        TensorPrimitives.Multiply(line.AsSpan(radius, width), half[0], destination);
        for (int i = 1; i <= radius; i++)
        {
            TensorPrimitives.MultiplyAdd(line.AsSpan(radius - i, width), half[i], destination, destination);
            TensorPrimitives.MultiplyAdd(line.AsSpan(radius + i, width), half[i], destination, destination);
        }
    }

    private static void SmoothColumnsAt(int y, float[] rows, int height, int width, float[] half, Span<float> destination)
    {
        TensorPrimitives.Multiply(rows.AsSpan(y * width, width), half[0], destination);
        for (int i = 1; i < half.Length; i++)
        {
            TensorPrimitives.MultiplyAdd(rows.AsSpan(Mirror(y - i, height) * width, width), half[i], destination, destination);
            TensorPrimitives.MultiplyAdd(rows.AsSpan(Mirror(y + i, height) * width, width), half[i], destination, destination);
        }
    }

    /// <summary>Folds any index into 0 .. size-1; the mirrored signal repeats every 2 x size cells.</summary>
    private static int Mirror(int index, int size)
    {
        int period = 2 * size;
        int folded = ((index % period) + period) % period;
        return folded < size ? folded : period - 1 - folded;
    }
}
