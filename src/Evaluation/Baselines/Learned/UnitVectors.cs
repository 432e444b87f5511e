using System.Numerics.Tensors;

namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>Means and directions of embeddings.</summary>
internal static class UnitVectors
{
    /// <summary>Divides a vector by its Euclidean length.</summary>
    public static void Normalize(Span<float> vector) => TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);

    /// <summary>The direction of the plain mean of rows.</summary>
    /// <param name="rows">At least one, of one length.</param>
    public static float[] OfMean(IReadOnlyList<float[]> rows)
    {
        double[] sum = new double[rows[0].Length];
        foreach (float[] row in rows)
            for (int i = 0; i < sum.Length; i++)
                sum[i] += row[i];
        double norm = TensorPrimitives.Norm<double>(sum);
        return [.. sum.Select(s => (float)(s / norm))];
    }
}
