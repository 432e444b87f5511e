using System.Diagnostics;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Time from decoded picture to score and map, of one picture at a time.</summary>
/// <param name="Shots">References in the banks.</param>
/// <param name="ClipFusion">Milliseconds of the product, one entry a round.</param>
/// <param name="WinClip">Milliseconds of WinCLIP in the same rounds.</param>
public sealed record Latency(int Shots, double[] ClipFusion, double[] WinClip);

/// <summary>
/// Measures the product and WinCLIP in turns, so that whatever else the machine does meets both. The pictures are noise: neither method's work depends on what is shown.
/// </summary>
public static class LatencyBench
{
    private const int Width = 1024, Height = 1024, WarmUps = 1;

    /// <summary>Runs it.</summary>
    /// <param name="pack">A pack with WinCLIP's graphs; shared, not owned.</param>
    /// <param name="shots">Numbers of references, one result each.</param>
    /// <param name="rounds">Measurements of each, at least 1; one more before them is not counted.</param>
    /// <param name="threads">Threads of the bank search, at least 1.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyList<Latency> Run(ModelPack pack, IReadOnlyList<int> shots, int rounds, int threads, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        Recipe recipe = Recipe.Default("object");
        RgbImage[] references = [.. Enumerable.Range(0, shots.Append(0).Max()).Select(i => Noise(i + 1))];
        RgbImage query = Noise(0);
        using var inspector = Inspector.Create(pack, recipe, parallelism: threads, cancellation: cancellation);
        var networks = new WinClipNetworks(pack, recipe);
        var winClip = new WinClip(networks.Grid, networks.Mean(WinClipPrompts.Normal("object"), cancellation), networks.Mean(WinClipPrompts.Anomalous("object"), cancellation));
        WinClipFeatures[] features = [.. references.Select(Encode)];
        return [.. shots.Select(k =>
        {
            if (k > 0) inspector.Enroll(k, (i, use) => use(references[i].View), cancellation: cancellation);
            else inspector.Use(null);
            (double Own, double Other)[] times = [.. Enumerable.Range(0, rounds + WarmUps)
                .Select(_ => (Milliseconds(() => inspector.Inspect(query.View, cancellation: cancellation)), Milliseconds(() => Judge(Encode(query), features[..k]))))
                .Skip(WarmUps)];
            return new Latency(k, [.. times.Select(t => t.Own)], [.. times.Select(t => t.Other)]);
        })];

        WinClipFeatures Encode(RgbImage image)
        {
            using NetworkOutputs outputs = networks.Encode(image.View, cancellation).Outputs;
            return WinClipNetworks.Features(outputs);
        }

        void Judge(WinClipFeatures image, WinClipFeatures[] bank) => _ = bank.Length > 0 ? winClip.FewShot(image, bank) : winClip.ZeroShot(image);
    }

    private static double Milliseconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static RgbImage Noise(int seed)
    {
        var image = new RgbImage(Width, Height);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }
}
