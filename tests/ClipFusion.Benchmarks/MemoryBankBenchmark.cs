using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using ClipFusion.Inspection.MemoryBanks;

namespace ClipFusion.Benchmarks;

/// <summary>
/// The memory bank's search against a loop of <see cref="TensorPrimitives.Dot(ReadOnlySpan{float}, ReadOnlySpan{float})"/>, at the method's
/// sizes and random rows: both run in turns on the same data, so a busy machine slows both, and the median ratio is what counts.
/// </summary>
internal static class MemoryBankBenchmark
{
    private const int Rounds = 3;

    private static readonly (int Queries, int Dimension)[] Shapes = [(225, 896), (1024, 1280), (4096, 320), (4096, 640)];

    private static readonly int[] References = [1, 2, 4, 16];

    /// <param name="args">The word itself and, if wanted, the number of threads (1).</param>
    public static void Run(string[] args)
    {
        int threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        Machine.Print();
        Console.WriteLine($"{threads} threads, {Rounds} paired rounds, medians");
        Console.WriteLine("queries x dimensions vs rows | ours GFLOP/s | Dot loop GFLOP/s | ratio | largest difference");
        foreach ((int queries, int dimension) in Shapes)
        {
            foreach (int k in References)
                Compare(queries, k * queries, dimension, threads);
        }
    }

    private static void Compare(int queries, int rows, int dimension, int threads)
    {
        float[] references = UnitRows(1, rows, dimension),
            query = UnitRows(2, queries, dimension),
            ours = new float[queries],
            theirs = new float[queries];
        var bank = MemoryBank.Create([new ReferenceFeatures(references)], dimension);
        var seconds = new List<(double Ours, double Theirs)>();
        // What is compiled in the first call weighs where a call is short.
        for (int round = -1; round < Rounds; round++)
        {
            double a = Seconds(() => bank.Search(query, ours, parallelism: threads));
            double b = Seconds(() => DotLoop(query, references, dimension, theirs, threads));
            if (round >= 0)
                seconds.Add((a, b));
        }

        double difference = ours.Zip(theirs, (x, y) => Math.Abs(x - y)).Max(),
            gflop = 2e-9 * queries * rows * dimension;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{queries} x {dimension} vs {rows} | {gflop / Machine.Median(seconds.Select(s => s.Ours)):f0} | "
                    + $"{gflop / Machine.Median(seconds.Select(s => s.Theirs)):f1} | "
                    + $"{Machine.Median(seconds.Select(s => s.Theirs / s.Ours)):f1} | {difference:e0}"
            )
        );
    }

    private static void DotLoop(float[] queries, float[] references, int dimension, float[] distances, int threads) =>
        Parallel.For(
            0,
            distances.Length,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            q =>
            {
                ReadOnlySpan<float> query = queries.AsSpan(q * dimension, dimension);
                float best = float.NegativeInfinity;
                for (int r = 0; r < references.Length / dimension; r++)
                    best = MathF.Max(best, TensorPrimitives.Dot(query, references.AsSpan(r * dimension, dimension)));
                distances[q] = 0.5f * (1 - best);
            }
        );

    private static float[] UnitRows(int seed, int count, int dimension)
    {
        var random = new Random(seed);
        float[] rows = new float[count * dimension];
        foreach (ref float value in rows.AsSpan())
            value = random.NextSingle() - 0.5f;
        ClipFusion.Inspection.MemoryBanks.UnitRows.Normalize(rows, dimension, rows, "benchmark rows");
        return rows;
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
