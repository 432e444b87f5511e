using System.Numerics.Tensors;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>
/// "Towards Total Recall in Industrial Anomaly Detection" (Roth et al., 2022): a bank of locally aware patch features of normal images,
/// subsampled to a coreset; a patch's score is its distance to the bank, an image's the largest of them, weighed by how usual the bank is
/// there.
/// </summary>
internal sealed class PatchCore
{
    /// <summary>b of equation 7: how many neighbours of the nearest bank row its weight looks at, itself included.</summary>
    private const int Neighbours = 9;

    private readonly float[] _bank;
    private readonly int _width;

    /// <summary>A bank.</summary>
    /// <param name="features">Rows of all reference images, row-major.</param>
    /// <param name="width">Length of a row.</param>
    /// <param name="share">Share of the rows that the coreset keeps, above 0, at most 1.</param>
    public PatchCore(float[] features, int width, double share)
    {
        int rows = features.Length / width;
        int[] kept = GreedyCoreset.Select(features, width, Math.Clamp((int)(rows * share), 1, rows));
        _width = width;
        _bank = new float[kept.Length * width];
        for (int i = 0; i < kept.Length; i++)
            features.AsSpan(kept[i] * width, width).CopyTo(_bank.AsSpan(i * width));
    }

    /// <summary>Rows of the bank.</summary>
    public int Count => _bank.Length / _width;

    /// <summary>Section 3.1: each layer is averaged over 3 x 3 patches (beyond the edge there are zeros), then the layers stand side by
    /// side.</summary>
    /// <param name="layers">Per layer grid x grid rows.</param>
    /// <param name="grid">Patches along a side.</param>
    /// <returns>grid x grid rows of the layers' widths together.</returns>
    public static float[] LocallyAware(IReadOnlyList<float[]> layers, int grid)
    {
        int[] widths = [.. layers.Select(l => l.Length / (grid * grid))];
        int width = widths.Sum();
        float[] rows = new float[grid * grid * width];
        for (int patch = 0; patch < grid * grid; patch++)
        {
            (int y, int x) = Math.DivRem(patch, grid);
            int offset = patch * width;
            for (int layer = 0; layer < widths.Length; offset += widths[layer++])
            {
                Span<float> row = rows.AsSpan(offset, widths[layer]);
                for (int v = Math.Max(0, y - 1); v <= Math.Min(grid - 1, y + 1); v++)
                for (int u = Math.Max(0, x - 1); u <= Math.Min(grid - 1, x + 1); u++)
                    TensorPrimitives.Add(row, layers[layer].AsSpan(((v * grid) + u) * widths[layer], widths[layer]), row);
                TensorPrimitives.Divide(row, 9, row);
            }
        }

        return rows;
    }

    /// <summary>Section 3.3: distances to the bank (equation 6), and the largest of them, weighed (equation 7).</summary>
    /// <param name="features">The image's locally aware features.</param>
    /// <returns>The image's score, and one distance per patch.</returns>
    public (float Score, float[] Map) Judge(float[] features)
    {
        float[] map = new float[features.Length / _width];
        int[] nearest = new int[map.Length];
        for (int patch = 0; patch < map.Length; patch++)
        {
            float[] distances = Distances(features.AsSpan(patch * _width, _width));
            nearest[patch] = TensorPrimitives.IndexOfMin<float>(distances);
            map[patch] = distances[nearest[patch]];
        }

        int worst = TensorPrimitives.IndexOfMax<float>(map);
        return (Weight(features.AsSpan(worst * _width, _width), nearest[worst]) * map[worst], map);
    }

    /// <summary>1 - exp(distance to the nearest row m*) / sum over m*'s own neighbours of exp(distance to them): small where the bank is
    /// dense, so that what is rare but normal counts less.</summary>
    private float Weight(ReadOnlySpan<float> patch, int nearest)
    {
        // A bank of one row can't tell dense from sparse.
        if (Count == 1)
            return 1;
        float[] around = Distances(_bank.AsSpan(nearest * _width, _width)),
            here = Distances(patch);
        int[] neighbours = [.. Enumerable.Range(0, Count).OrderBy(row => row == nearest ? -1 : around[row]).Take(Neighbours)];
        double largest = neighbours.Max(row => here[row]);
        return (float)(1 - (Math.Exp(here[nearest] - largest) / neighbours.Sum(row => Math.Exp(here[row] - largest))));
    }

    private float[] Distances(ReadOnlySpan<float> row)
    {
        float[] distances = new float[Count];
        for (int i = 0; i < distances.Length; i++)
            distances[i] = TensorPrimitives.Distance(row, _bank.AsSpan(i * _width, _width));
        return distances;
    }
}
