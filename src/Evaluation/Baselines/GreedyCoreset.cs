using System.Numerics.Tensors;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// PatchCore's coreset (section 3.2, algorithm 1): rows are taken one by one, each the one that lies farthest from all taken before, on a
/// random projection that keeps distances (Johnson and Lindenstrauss). Always draws the same.
/// </summary>
internal static class GreedyCoreset
{
    /// <summary>Wider rows are projected to so many dimensions.</summary>
    public const int ProjectedWidth = 128;

    private const int Seed = 0;

    /// <summary>Chooses rows; the first is row 0.</summary>
    /// <param name="rows">Row-major.</param>
    /// <param name="width">Length of a row.</param>
    /// <param name="count">How many, 1 to the number of rows.</param>
    /// <returns>Row numbers in the order taken.</returns>
    public static int[] Select(float[] rows, int width, int count)
    {
        // Nothing is left out, so there is nothing to choose.
        if (count == rows.Length / width)
            return [.. Enumerable.Range(0, count)];
        if (width > ProjectedWidth)
            (rows, width) = (Project(rows, width), ProjectedWidth);
        float[] toTaken = new float[rows.Length / width];
        Array.Fill(toTaken, float.PositiveInfinity);
        int[] taken = new int[count];
        for (int i = 0; i < count; i++)
        {
            taken[i] = i == 0 ? 0 : TensorPrimitives.IndexOfMax<float>(toTaken);
            ReadOnlySpan<float> last = rows.AsSpan(taken[i] * width, width);
            for (int row = 0; row < toTaken.Length; row++)
                toTaken[row] = MathF.Min(toTaken[row], TensorPrimitives.Distance(rows.AsSpan(row * width, width), last));
        }

        return taken;
    }

    /// <summary>Products with random signs, which keep distances as well as Gaussian ones do (Achlioptas, 2003); their common scale does
    /// not matter here.</summary>
    private static float[] Project(float[] rows, int width)
    {
        var random = new Random(Seed);
        float[] signs = new float[ProjectedWidth * width];
        for (int i = 0; i < signs.Length; i++)
            signs[i] = random.Next(2) == 0 ? -1 : 1;
        int count = rows.Length / width;
        float[] projected = new float[count * ProjectedWidth];
        for (int row = 0; row < count; row++)
        for (int i = 0; i < ProjectedWidth; i++)
            projected[(row * ProjectedWidth) + i] = TensorPrimitives.Dot(rows.AsSpan(row * width, width), signs.AsSpan(i * width, width));
        return projected;
    }
}
