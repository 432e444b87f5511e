using System.Diagnostics;
using System.Globalization;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Benchmarks;

/// <summary>
/// Our resampling and Pillow's, one after the other in the same run on the same machine: each round times both, the medians and their ratio
/// are printed. Single-threaded. Pillow is that of <c>/usr/bin/python3</c> unless the environment variable PYTHON names another.
/// </summary>
internal static class ResamplingBenchmark
{
    private const int Width = 2448,
        Height = 2048,
        Rounds = 7,
        PerRound = 5;

    /// <summary>Runs the comparison; returns 1 where Pillow can't be run.</summary>
    public static int Run()
    {
        string model =
            File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            ?? "model name: unknown";
        Console.WriteLine(
            $"CPU {model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()}; {Width}x{Height} frame, median of {Rounds} "
                + $"paired rounds, best of {PerRound} each"
        );
        byte[] frame = new byte[Width * Height * 3],
            grey = new byte[Width * Height],
            target = new byte[512 * 512 * 3];
        new Random(1).NextBytes(frame);
        new Random(2).NextBytes(grey);
        var fast = new PillowResampler();
        var portable = new PillowResampler(portable: true);
        foreach ((ResampleFilter filter, int size) in new[] { (ResampleFilter.Bicubic, 240), (ResampleFilter.Bilinear, 512) })
        {
            foreach (bool colour in new[] { true, false })
            {
                double[] ours = new double[Rounds],
                    plain = new double[Rounds],
                    peer = new double[Rounds];
                for (int i = 0; i < Rounds; i++)
                {
                    ours[i] = Best(fast);
                    plain[i] = Best(portable);
                    peer[i] = Pillow(colour ? "RGB" : "L", filter, size);
                    if (double.IsNaN(peer[i]))
                        return 1;
                }

                (double o, double p, double q) = (Median(ours), Median(plain), Median(peer));
                Console.WriteLine(
                    $"{filter, -8} to {size} {(colour ? "RGB " : "grey")}: ours {o, 6:F2} ms, portable {p, 6:F2} ms, Pillow {q, 6:F2} "
                        + $"ms: {q / o:F1} times as fast (portable {q / p:F1})"
                );

                double Best(PillowResampler resampler)
                {
                    double best = double.MaxValue;
                    for (int k = 0; k < PerRound; k++)
                    {
                        long start = Stopwatch.GetTimestamp();
                        resampler.Resize(
                            new ImageView(
                                colour ? frame : grey,
                                Width,
                                Height,
                                colour ? Width * 3 : Width,
                                colour ? PixelFormat.RGB8 : PixelFormat.Mono8
                            ),
                            size,
                            size,
                            filter,
                            target
                        );
                        best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    }

                    return best;
                }
            }
        }

        return 0;
    }

    private static double Pillow(string mode, ResampleFilter filter, int size)
    {
        string script = $"""
            import time, random
            from PIL import Image
            n = {Width * Height} * (3 if '{mode}' == 'RGB' else 1)
            im = Image.frombytes('{mode}', ({Width}, {Height}), random.Random(1).getrandbits(8 * n).to_bytes(n, 'little'))
            t = []
            for _ in range({PerRound}):
                s = time.perf_counter(); im.resize(({size}, {size}), Image.{filter.ToString().ToUpperInvariant()}); t.append(time.perf_counter() - s)
            print(min(t) * 1000)
            """;
        return Machine.Python(script) is { } output ? double.Parse(output, CultureInfo.InvariantCulture) : double.NaN;
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
