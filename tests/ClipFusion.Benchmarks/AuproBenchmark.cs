using System.Diagnostics;
using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Benchmarks;

/// <summary>
/// AUPRO beside the algorithm that it is defined by (sort all normal pixels, walk every component at every threshold) on the same maps in
/// the same run, single-threaded; then a whole category at 1,024 x 1,024, with the memory it takes.
/// </summary>
internal static class AuproBenchmark
{
    private const int Side = 1024,
        Pixels = Side * Side,
        Images = 117;
    private const double Limit = 0.3;

    private static readonly float[] Scores = new float[Pixels];
    private static readonly bool[] Defect = new bool[Pixels];

    public static void Run()
    {
        PixelRanks.Read(1, Draw);
        TimeSpan drawing = Time(() =>
        {
            for (int i = 0; i < Images; i++)
                Draw(i);
        });

        PixelRanks ranks = null!;
        TimeSpan reading = Time(() => ranks = PixelRanks.Read(Images, Draw)) - drawing - drawing;
        double aupro = 0;
        TimeSpan integral = Time(() => aupro = ranks.Aupro(Limit)),
            ours = reading + integral;
        TimeSpan others = Time(() =>
            Console.WriteLine(
                $"AUROC {RankMetrics.Auroc(ranks.Ranks):F4}, AP {RankMetrics.AveragePrecision(ranks.Ranks):F4}, F1-max "
                    + $"{RankMetrics.F1Max(ranks.Ranks):F4}, AUPRO {aupro:F4}"
            )
        );
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(
            $"{Images} images of {Side} x {Side}, {ranks.Ranks.AnomalousTotal:N0} defect pixels in {ranks.Regions} regions: ranks "
                + $"{reading.TotalSeconds:F2} s, AUPRO from them {integral.TotalMilliseconds:F0} ms, the other three "
                + $"{others.TotalMilliseconds:F0} ms"
        );
        Console.WriteLine(
            $"peak memory of the process {process.PeakWorkingSet64 >> 20} MiB; the maps are "
                + $"{(long)Images * Pixels * sizeof(float) >> 20} MiB"
        );

        (float[] normal, float[][] components) = Collect();
        double reference = 0;
        TimeSpan took = Time(() => reference = Reference(normal, components));
        Console.WriteLine(
            $"reference: {took.TotalSeconds:F2} s, {took / ours:F1} times as long; difference {Math.Abs(aupro - reference):E1}"
        );
    }

    private static TimeSpan Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>A smooth map with noise, and three blots of defect that score a little higher; 2 % of the pixels, as in MVTec-AD.</summary>
    private static ScoredPixels Draw(int image)
    {
        var random = new Random(image);
        float[] wave = [.. Enumerable.Range(0, Side).Select(x => MathF.Sin((x * 0.01f) + image))];
        Array.Clear(Defect);
        for (int blot = 0; blot < 3; blot++)
        {
            (int top, int left) = (random.Next(Side - 90), random.Next(Side - 90));
            for (int y = 0; y < 84; y++)
                Defect.AsSpan(((top + y) * Side) + left, 84).Fill(true);
        }

        uint noise = (uint)image + 1;
        for (int i = 0; i < Pixels; i++)
        {
            noise = (noise * 1664525) + 1013904223;
            Scores[i] = (noise * (0.3f / uint.MaxValue)) + (0.2f * wave[i & (Side - 1)]) + (Defect[i] ? 0.25f : 0);
        }

        return new ScoredPixels("map", Side, Side, Scores, Defect);
    }

    private static (float[] Normal, float[][] Components) Collect()
    {
        float[] normal = new float[Images * Pixels];
        int count = 0;
        var components = new List<float[]>();
        int[] labels = new int[Pixels];
        for (int image = 0; image < Images; image++)
        {
            Draw(image);
            int regions = DefectRegions.Label(Defect, Side, Side, labels);
            for (int region = 1; region <= regions; region++)
                components.Add([.. Scores.Where((_, i) => labels[i] == region)]);
            for (int i = 0; i < Pixels; i++)
                if (!Defect[i])
                    normal[count++] = Scores[i];
        }

        return (normal[..count], [.. components]);
    }

    /// <summary>From the highest threshold down. Components are sorted too, so that each walk goes on where it stood: the fast form of the
    /// reference.</summary>
    private static double Reference(float[] normal, float[][] components)
    {
        Array.Sort(normal);
        foreach (float[] component in components)
            Array.Sort(component);
        int n = normal.Length;
        int[] above = new int[components.Length];
        double area = 0,
            before = 0;
        for (int j = 0; j < n; j++)
        {
            float threshold = normal[n - 1 - j];
            double overlap = 0;
            for (int c = 0; c < components.Length; c++)
            {
                float[] component = components[c];
                while (above[c] < component.Length && component[component.Length - 1 - above[c]] > threshold)
                    above[c]++;
                overlap += (double)above[c] / component.Length;
            }

            overlap /= components.Length;
            // The step from FPR (j - 1) / n to j / n, as far as the limit.
            double within = Math.Clamp((Limit * n) - (j - 1), 0, 1);
            if (j > 0)
                area += within * (before + before + ((overlap - before) * within)) / 2;
            before = overlap;
        }

        return area / (Limit * n);
    }
}
