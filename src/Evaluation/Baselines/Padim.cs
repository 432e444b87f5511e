using System.Numerics;
using System.Numerics.Tensors;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// "PaDiM: a Patch Distribution Modeling Framework for Anomaly Detection and Localization" (Defard et al., 2020): at every position of the
/// grid a Gaussian of the normal images' features, and an image's map is the Mahalanobis distance to it.
/// </summary>
/// <remarks>
/// The covariance C = A^T A / m + εI of n images (A [n, D] their rows minus the mean, m = n - 1, but 1 for a single image, which has no
/// covariance: the distance is then |x - μ| / √ε) is never made. By Woodbury's identity the distance needs the n x n matrix A A^T + ε m I
/// alone, exactly and for every n: n D numbers a position in the place of D². All in double.
/// </remarks>
internal sealed class Padim
{
    /// <summary>ε, which the paper adds to the covariance's diagonal.</summary>
    private const double Epsilon = 0.01;

    private readonly float[][] _images;
    private readonly int _positions;
    private readonly int _width;

    /// <summary>μ [positions, D].</summary>
    private readonly double[] _mean;

    /// <summary>Per position the Cholesky factor of A A^T + ε m I, lower triangle by rows [n, n].</summary>
    private readonly double[] _factors;

    /// <summary>Fits the Gaussians.</summary>
    /// <param name="images">Features of the normal images, [positions, D] each; kept, not copied.</param>
    /// <param name="positions">Positions of the grid.</param>
    /// <param name="cancellation">Ends it between two positions.</param>
    /// <exception cref="ArgumentException">There is no image, or they are not of one size.</exception>
    public Padim(IReadOnlyList<float[]> images, int positions, CancellationToken cancellation = default)
    {
        if (images.Count == 0 || positions < 1 || images[0].Length % positions != 0 || images.Any(i => i.Length != images[0].Length))
            throw new ArgumentException(
                $"features of {string.Join(", ", images.Select(i => i.Length))} values; {positions} rows of one width each are expected",
                nameof(images)
            );
        (_images, _positions, _width) = ([.. images], positions, images[0].Length / positions);
        _mean = new double[positions * _width];
        _factors = new double[positions * Count * Count];
        Parallel.For(0, positions, new ParallelOptions { CancellationToken = cancellation }, Fit);
    }

    /// <summary>n, the normal images.</summary>
    public int Count => _images.Length;

    /// <summary>The Mahalanobis distance of an image's features at every position.</summary>
    /// <param name="features">[positions, D].</param>
    public float[] Distances(ReadOnlySpan<float> features)
    {
        if (features.Length != _positions * _width)
            throw new ArgumentException($"{features.Length} values; {_positions} x {_width} are expected", nameof(features));
        float[] distances = new float[_positions];
        double[] e = new double[_width],
            b = new double[Count];
        for (int p = 0; p < _positions; p++)
        {
            ReadOnlySpan<double> mean = Mean(p);
            TensorPrimitives.ConvertTruncating(Row(features, p), e.AsSpan());
            TensorPrimitives.Subtract(e, mean, e);
            // b = A e.
            double centre = TensorPrimitives.Dot(mean, e);
            for (int i = 0; i < b.Length; i++)
                b[i] = Dot(Row(_images[i], p), e) - centre;
            Solve(Factor(p), b);
            double squared = (TensorPrimitives.Dot<double>(e, e) - TensorPrimitives.Dot<double>(b, b)) / Epsilon;
            distances[p] = (float)Math.Sqrt(Math.Max(squared, 0));
        }

        return distances;
    }

    private void Fit(int position)
    {
        int n = Count;
        Span<double> mean = _mean.AsSpan(position * _width, _width),
            factor = _factors.AsSpan(position * n * n, n * n);
        double[] centred = new double[n * _width];
        for (int i = 0; i < n; i++)
        {
            Span<double> row = centred.AsSpan(i * _width, _width);
            TensorPrimitives.ConvertTruncating(Row(_images[i], position), row);
            TensorPrimitives.Add(mean, row, mean);
        }

        TensorPrimitives.Divide(mean, n, mean);
        for (int i = 0; i < n; i++)
        {
            Span<double> row = centred.AsSpan(i * _width, _width);
            TensorPrimitives.Subtract(row, mean, row);
            for (int j = 0; j <= i; j++)
                factor[(i * n) + j] = TensorPrimitives.Dot<double>(row, centred.AsSpan(j * _width, _width));
            factor[(i * n) + i] += Epsilon * Math.Max(n - 1, 1);
        }

        Decompose(factor, n);
    }

    /// <summary>Cholesky's decomposition in place, of the lower triangle.</summary>
    private static void Decompose(Span<double> matrix, int n)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = matrix.Slice(i * n, n);
            for (int j = 0; j < i; j++)
            {
                ReadOnlySpan<double> above = matrix.Slice(j * n, n);
                row[j] = (row[j] - TensorPrimitives.Dot(row[..j], above[..j])) / above[j];
            }

            row[i] = Math.Sqrt(row[i] - TensorPrimitives.Dot<double>(row[..i], row[..i]));
        }
    }

    /// <summary>y of L y = b, in the place of b.</summary>
    private static void Solve(ReadOnlySpan<double> factor, Span<double> b)
    {
        for (int i = 0; i < b.Length; i++)
        {
            ReadOnlySpan<double> row = factor.Slice(i * b.Length, b.Length);
            b[i] = (b[i] - TensorPrimitives.Dot(row[..i], b[..i])) / row[i];
        }
    }

    private static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<double> y)
    {
        (Vector<double> low, Vector<double> high) = (Vector<double>.Zero, Vector<double>.Zero);
        int i = 0;
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(x[i..]), out Vector<double> left, out Vector<double> right);
            low += left * new Vector<double>(y[i..]);
            high += right * new Vector<double>(y[(i + Vector<double>.Count)..]);
        }

        double sum = Vector.Sum(low + high);
        for (; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    private ReadOnlySpan<float> Row(ReadOnlySpan<float> features, int position) => features.Slice(position * _width, _width);

    private ReadOnlySpan<double> Mean(int position) => _mean.AsSpan(position * _width, _width);

    private ReadOnlySpan<double> Factor(int position) => _factors.AsSpan(position * Count * Count, Count * Count);
}
