using System.Diagnostics;
using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Benchmarks;

/// <summary>
/// AUPRO beside the algorithm that it is defined by (sort all normal pixels, walk every component at every threshold) on the same maps in the same run,
/// single-threaded; then a whole category at 1,024 x 1,024, with the memory it takes.
/// </summary>
internal static class AuproBenchmark
{
    private const int Side = 1024, Pixels = Side * Side, PairedImages = 4, CategoryImages = 117;
    private const double Limit = 0.3;

    private static readonly float[] Scores = new float[Pixels];
    private static readonly bool[] Defect = new bool[Pixels];

    public static void Run()
    {
        long start = Stopwatch.GetTimestamp();
        double ours = PixelRanks.Read(PairedImages, Draw).Aupro(Limit);
        TimeSpan drawing = Drawing(PairedImages), took = Stopwatch.GetElapsedTime(start) - drawing - drawing;

        (List<float> normal, List<float[]> components) = Collect();
        start = Stopwatch.GetTimestamp();
        double reference = Reference(normal, components);
        TimeSpan referenceTook = Stopwatch.GetElapsedTime(start);
        Console.WriteLine($"{PairedImages} images, {components.Count} components: ours {took.TotalSeconds:F2} s, reference {referenceTook.TotalSeconds:F2} s ({referenceTook / took:F1} times as long); difference {Math.Abs(ours - reference):E1}");

        start = Stopwatch.GetTimestamp();
        PixelRanks category = PixelRanks.Read(CategoryImages, Draw);
        double auroc = RankMetrics.Auroc(category.Ranks), f1 = RankMetrics.F1Max(category.Ranks), precision = RankMetrics.AveragePrecision(category.Ranks), aupro = category.Aupro(Limit);
        took = Stopwatch.GetElapsedTime(start);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"{CategoryImages} images, all pixel metrics: {took.TotalSeconds:F1} s with drawing the maps twice; {category.Ranks.AnomalousTotal:N0} defect pixels, {category.Regions} regions (AUROC {auroc:F4}, AP {precision:F4}, F1 {f1:F4}, AUPRO {aupro:F4})");
        Console.WriteLine($"peak memory of the process {process.PeakWorkingSet64 >> 20} MiB; all maps would be {(long)CategoryImages * Pixels * sizeof(float) >> 20} MiB");
    }

    /// <summary>A smooth map with noise, and three blots of defect that score a little higher; 2 % of the pixels, as in MVTec-AD.</summary>
    private static ScoredPixels Draw(int image)
    {
        var random = new Random(image);
        Array.Clear(Defect);
        for (int blot = 0; blot < 3; blot++)
        {
            (int top, int left) = (random.Next(Side - 90), random.Next(Side - 90));
            for (int y = 0; y < 84; y++) Defect.AsSpan(((top + y) * Side) + left, 84).Fill(true);
        }

        for (int i = 0; i < Pixels; i++) Scores[i] = (0.3f * random.NextSingle()) + (0.2f * MathF.Sin(i * 0.003f)) + (Defect[i] ? 0.25f : 0);
        return new ScoredPixels("map", Side, Side, Scores, Defect);
    }

    private static TimeSpan Drawing(int images)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < images; i++) Draw(i);
        return Stopwatch.GetElapsedTime(start);
    }

    private static (List<float> Normal, List<float[]> Components) Collect()
    {
        var normal = new List<float>();
        var components = new List<float[]>();
        int[] labels = new int[Pixels];
        for (int image = 0; image < PairedImages; image++)
        {
            Draw(image);
            int count = DefectRegions.Label(Defect, Side, Side, labels);
            for (int region = 1; region <= count; region++) components.Add([.. Scores.Where((_, i) => labels[i] == region)]);
            normal.AddRange(Scores.Where((_, i) => !Defect[i]));
        }

        return (normal, components);
    }

    /// <summary>Components are sorted too, so that each walk goes on where it stood: the fast form of the reference.</summary>
    private static double Reference(List<float> normal, List<float[]> components)
    {
        float[] sorted = [.. normal];
        Array.Sort(sorted);
        float[][] parts = [.. components.Select(c => (float[])c.Clone())];
        foreach (float[] part in parts) Array.Sort(part);
        int[] at = new int[parts.Length];
        int n = sorted.Length;
        double[] overlap = new double[n];
        for (int position = 0; position < n; position++)
        {
            double sum = 0;
            for (int c = 0; c < parts.Length; c++)
            {
                while (at[c] < parts[c].Length && parts[c][at[c]] <= sorted[position]) at[c]++;
                sum += (double)(parts[c].Length - at[c]) / parts[c].Length;
            }

            overlap[position] = sum / parts.Length;
        }

        double area = 0, x = 0, y = overlap[n - 1];
        for (int position = n - 2; position >= 0; position--)
        {
            double nextX = (double)(n - 1 - position) / n, nextY = overlap[position];
            if (nextX > Limit)
            {
                double cut = y + ((nextY - y) * (Limit - x) / (nextX - x));
                return (area + ((Limit - x) * (y + cut) / 2)) / Limit;
            }

            area += (nextX - x) * (y + nextY) / 2;
            (x, y) = (nextX, nextY);
        }

        return area / Limit;
    }
}
