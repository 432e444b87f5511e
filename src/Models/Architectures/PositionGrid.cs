using ClipFusion.Models.Checkpoints;

namespace ClipFusion.Models.Architectures;

/// <summary>
/// DINOv2's position embeddings for another grid than the trained one. Each axis is resampled by a matrix of cubic weights. Done when the
/// pack is built and not in the graph: ONNX's Resize has neither the offset nor both cubic coefficients.
/// </summary>
internal static class PositionGrid
{
    // The cubic coefficients of PyTorch's two code paths.
    private const double PlainCoefficient = -0.75,
        AntialiasCoefficient = -0.5;

    /// <summary>Resamples [1 + M M, W] to [1 + g g, W]; the class token's row 0 is kept, and so is everything where g = M.</summary>
    /// <param name="stored">The stored embeddings, row by row.</param>
    /// <param name="trained">M.</param>
    /// <param name="grid">g.</param>
    /// <param name="width">W.</param>
    /// <param name="settings">Offset and filter.</param>
    public static float[] Resample(float[] stored, int trained, int grid, int width, DinoPositions settings)
    {
        if (grid == trained)
            return stored;
        double[][] axis = Axis(trained, grid, settings);
        // Rows first: [M, M, W] to [g, M, W], then columns to [g, g, W].
        double[] rows = Apply(axis, [.. stored.Skip(width).Select(v => (double)v)], 1, trained, trained * width);
        double[] both = Apply(axis, rows, grid, trained, width);
        return [.. stored.AsSpan(0, width), .. both.Select(v => (float)v)];
    }

    /// <summary>[outer, M, inner] to [outer, g, inner].</summary>
    private static double[] Apply(double[][] axis, double[] x, int outer, int length, int inner)
    {
        var result = new double[outer * axis.Length * inner];
        for (int o = 0; o < outer; o++)
        for (int i = 0; i < axis.Length; i++)
        for (int m = 0; m < length; m++)
        {
            double weight = axis[i][m];
            if (weight == 0)
                continue;
            Span<double> to = result.AsSpan((o * axis.Length + i) * inner, inner);
            ReadOnlySpan<double> from = x.AsSpan((o * length + m) * inner, inner);
            for (int c = 0; c < inner; c++)
                to[c] += weight * from[c];
        }

        return result;
    }

    /// <summary>Weights of the M stored positions for each of the g new ones.</summary>
    private static double[][] Axis(int trained, int grid, DinoPositions settings)
    {
        double scale = trained / (grid + settings.Offset);
        return [.. Enumerable.Range(0, grid).Select(i => settings.Antialias ? Widened(i, scale, trained) : Plain(i, scale, trained))];
    }

    private static double[] Plain(int i, double scale, int trained)
    {
        var weights = new double[trained];
        double x = scale * (i + 0.5) - 0.5;
        int floor = (int)Math.Floor(x);
        for (int tap = floor - 1; tap <= floor + 2; tap++)
            weights[Math.Clamp(tap, 0, trained - 1)] += Cubic(x - tap, PlainCoefficient);
        return weights;
    }

    private static double[] Widened(int i, double scale, int trained)
    {
        var weights = new double[trained];
        double widening = Math.Max(scale, 1),
            centre = scale * (i + 0.5);
        int from = Math.Max((int)(centre - 2 * widening + 0.5), 0),
            to = Math.Min((int)(centre + 2 * widening + 0.5), trained);
        for (int tap = from; tap < to; tap++)
            weights[tap] = Cubic((tap - centre + 0.5) / widening, AntialiasCoefficient);
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }

    private static double Cubic(double t, double a)
    {
        t = Math.Abs(t);
        return t switch
        {
            < 1 => ((a + 2) * t - (a + 3)) * t * t + 1,
            < 2 => ((a * t - 5 * a) * t + 8 * a) * t - 4 * a,
            _ => 0,
        };
    }
}
