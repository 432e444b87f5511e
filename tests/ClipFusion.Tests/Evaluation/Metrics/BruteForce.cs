namespace ClipFusion.Tests.Evaluation.Metrics;

/// <summary>The metrics as their definitions read, as slow as they come: every pair, every threshold, every region.</summary>
internal static class BruteForce
{
    public static double Auroc(float[] normal, float[] anomalous) =>
        anomalous.Sum(a =>
            normal.Sum(n =>
                a > n ? 1
                : a == n ? 0.5
                : 0
            )
        ) / ((double)normal.Length * anomalous.Length);

    public static double AveragePrecision(float[] normal, float[] anomalous)
    {
        double sum = 0,
            recallBefore = 0;
        foreach (float threshold in normal.Concat(anomalous).Distinct().OrderDescending())
        {
            double hits = anomalous.Count(a => a >= threshold),
                alarms = normal.Count(n => n >= threshold);
            double recall = hits / anomalous.Length;
            sum += (recall - recallBefore) * hits / (hits + alarms);
            recallBefore = recall;
        }

        return sum;
    }

    public static double F1Max(float[] normal, float[] anomalous) =>
        normal
            .Concat(anomalous)
            .Distinct()
            .Max(threshold =>
            {
                double hits = anomalous.Count(a => a >= threshold),
                    alarms = normal.Count(n => n >= threshold);
                return hits == 0 ? 0 : 2 * hits / (hits + alarms + anomalous.Length);
            });

    /// <summary>One point a normal pixel, each from a walk over all regions; then the trapezoid up to the limit.</summary>
    public static double Aupro(float[] normal, IReadOnlyList<float[]> regions, double limit)
    {
        float[] sorted = [.. normal.Order()];
        int n = sorted.Length;
        var points = sorted
            .Select(
                (threshold, position) =>
                    (X: 1 - ((position + 1) / (double)n), Y: regions.Average(r => r.Count(s => s > threshold) / (double)r.Length))
            )
            .Append((X: 1, Y: 1))
            .OrderBy(p => p.X)
            .ToList();
        double area = 0;
        for (int i = 1; i < points.Count && points[i - 1].X < limit; i++)
        {
            ((double x0, double y0), (double x1, double y1)) = (points[i - 1], points[i]);
            double end = Math.Min(x1, limit),
                y = y0 + ((y1 - y0) * (end - x0) / (x1 - x0));
            area += (end - x0) * (y0 + y) / 2;
        }

        return area / limit;
    }

    /// <summary>The 8-connected regions, by flooding from every pixel that has not been reached.</summary>
    public static IReadOnlyList<List<int>> Regions(bool[] mask, int height, int width)
    {
        var regions = new List<List<int>>();
        bool[] reached = new bool[mask.Length];
        for (int start = 0; start < mask.Length; start++)
        {
            if (!mask[start] || reached[start])
                continue;
            var region = new List<int> { start };
            reached[start] = true;
            for (int i = 0; i < region.Count; i++)
            {
                (int y, int x) = Math.DivRem(region[i], width);
                for (int v = Math.Max(0, y - 1); v <= Math.Min(height - 1, y + 1); v++)
                for (int u = Math.Max(0, x - 1); u <= Math.Min(width - 1, x + 1); u++)
                    if (mask[(v * width) + u] && !reached[(v * width) + u])
                    {
                        reached[(v * width) + u] = true;
                        region.Add((v * width) + u);
                    }
            }

            regions.Add(region);
        }

        return regions;
    }
}
