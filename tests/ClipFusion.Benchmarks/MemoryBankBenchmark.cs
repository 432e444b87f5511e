using System.Diagnostics;
using System.Numerics.Tensors;
using ClipFusion.Inspection;

namespace ClipFusion.Benchmarks;

/// <summary>
/// The memory bank's search against a loop of <see cref="TensorPrimitives.Dot(ReadOnlySpan{float}, ReadOnlySpan{float})"/>, at the size of one decoder
/// block at 64 x 64: both run in turns on the same data, so a busy machine slows both, and the median ratio is what counts.
/// </summary>
internal static class MemoryBankBenchmark
{
    private const int Queries = 4096, Rows = 4096, Dimension = 320, Rounds = 9;

    public static void Run()
    {
        float[] references = UnitRows(1), queries = UnitRows(2);
        var bank = MemoryBank.Create([new ReferenceFeatures(references)], Dimension);
        Console.WriteLine($"{Queries} queries x {Rows} rows x {Dimension}, {Rounds} paired rounds, median");
        Console.WriteLine("threads   bank GFLOP/s   Dot loop GFLOP/s   ratio   largest difference");
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct()) Compare(bank, queries, references, threads);
    }

    private static void Compare(MemoryBank bank, float[] queries, float[] references, int threads)
    {
        float[] ours = new float[Queries], theirs = new float[Queries];
        var seconds = new List<(double Ours, double Theirs)>();
        for (int round = -1; round < Rounds; round++)
        {
            double a = Seconds(() => bank.Search(queries, ours, parallelism: threads));
            double b = Seconds(() => DotLoop(queries, references, theirs, threads));
            if (round >= 0) seconds.Add((a, b));
        }

        double difference = ours.Zip(theirs, (x, y) => Math.Abs(x - y)).Max();
        double gflop = 2e-9 * Queries * Rows * Dimension;
        Console.WriteLine(
            $"{threads,7} {gflop / Median(seconds.Select(s => s.Ours)),14:F1} {gflop / Median(seconds.Select(s => s.Theirs)),18:F1}"
            + $" {Median(seconds.Select(s => s.Theirs / s.Ours)),7:F2} {difference,20:E1}");
    }

    private static void DotLoop(float[] queries, float[] references, float[] distances, int threads) =>
        Parallel.For(0, Queries, new ParallelOptions { MaxDegreeOfParallelism = threads }, q =>
        {
            ReadOnlySpan<float> query = queries.AsSpan(q * Dimension, Dimension);
            float best = float.NegativeInfinity;
            for (int r = 0; r < Rows; r++) best = MathF.Max(best, TensorPrimitives.Dot(query, references.AsSpan(r * Dimension, Dimension)));
            distances[q] = 0.5f * (1 - best);
        });

    private static float[] UnitRows(int seed)
    {
        var random = new Random(seed);
        float[] rows = [.. Enumerable.Range(0, Queries * Dimension).Select(_ => random.NextSingle() - 0.5f)];
        Inspection.UnitRows.Normalize(rows, Dimension, rows, "benchmark rows");
        return rows;
    }

    private static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
