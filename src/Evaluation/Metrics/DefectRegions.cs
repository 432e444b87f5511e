namespace ClipFusion.Evaluation.Metrics;

/// <summary>The 8-connected regions of a defect mask.</summary>
public static class DefectRegions
{
    /// <summary>Numbers the regions from 1, in the order of their first pixel.</summary>
    /// <param name="mask">height x width flags, row-major; true = defect.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="labels">Receives each pixel's region, 0 outside; as long as the mask.</param>
    /// <returns>The number of regions.</returns>
    /// <exception cref="ArgumentException">A length is not height x width.</exception>
    public static int Label(ReadOnlySpan<bool> mask, int height, int width, Span<int> labels)
    {
        if (mask.Length != (long)height * width || labels.Length != mask.Length)
            throw new ArgumentException(
                $"a mask of {height} x {width} has {(long)height * width} pixels; {mask.Length} flags and {labels.Length} labels given",
                nameof(mask)
            );

        // parents[i] is the provisional label that i was found to be the same region as.
        var parents = new List<int> { 0 };
        for (int y = 0, at = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++, at++)
            {
                labels[at] = 0;
                if (!mask[at])
                    continue;
                int left = x > 0 ? labels[at - 1] : 0;
                int label = left;
                if (y > 0)
                {
                    if (x > 0)
                        label = Join(parents, label, labels[at - width - 1]);
                    label = Join(parents, label, labels[at - width]);
                    if (x + 1 < width)
                        label = Join(parents, label, labels[at - width + 1]);
                }

                if (label == 0)
                {
                    label = parents.Count;
                    parents.Add(label);
                }

                labels[at] = label;
            }
        }

        return Renumber(parents, labels);
    }

    private static int Join(List<int> parents, int a, int b)
    {
        if (b == 0 || a == b)
            return a;
        if (a == 0)
            return b;
        (int rootA, int rootB) = (Root(parents, a), Root(parents, b));
        // The older label wins, so that regions keep the order of their first pixel.
        (int older, int newer) = rootA < rootB ? (rootA, rootB) : (rootB, rootA);
        parents[newer] = older;
        return older;
    }

    private static int Root(List<int> parents, int label)
    {
        while (parents[label] != label)
            label = parents[label] = parents[parents[label]];
        return label;
    }

    private static int Renumber(List<int> parents, Span<int> labels)
    {
        int[] final = new int[parents.Count];
        int regions = 0;
        for (int label = 1; label < final.Length; label++)
        {
            int root = Root(parents, label);
            final[label] = root == label ? ++regions : final[root];
        }

        foreach (ref int label in labels)
            label = final[label];
        return regions;
    }
}
