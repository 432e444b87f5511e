using System.Diagnostics;
using System.Globalization;
using ClipFusion.Evaluation.Baselines;

namespace ClipFusion.Benchmarks;

/// <summary>
/// PaDiM's distances by n x n matrices against the published form, D x D inverses with numpy on two threads: fitting, and the distances of
/// one picture, in paired rounds on the same features. Python is /usr/bin/python3 unless the environment variable PYTHON names another.
/// </summary>
internal static class PadimBenchmark
{
    private const int Rounds = 7,
        PerRound = 5;

    // ResNet-18 at 224 pixels keeps 100 channels, WideResNet-50 550.
    private static readonly (int Images, int Positions, int Width)[] Cases =
    [
        (1, 3136, 100),
        (4, 3136, 100),
        (16, 3136, 100),
        (4, 784, 550),
    ];

    /// <summary>Runs the comparison; returns 1 where numpy can't be run.</summary>
    public static int Run()
    {
        Machine.Print();
        foreach ((int images, int positions, int width) in Cases)
        {
            var random = new Random(1);
            float[][] normal = [.. Enumerable.Range(0, images).Select(_ => Draw(random, positions * width))];
            float[] query = Draw(random, positions * width);
            List<double> fit = [],
                ours = [],
                numpyFit = [],
                numpy = [];
            for (int round = 0; round < Rounds; round++)
            {
                long start = Stopwatch.GetTimestamp();
                var padim = new Padim(normal, positions);
                fit.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                ours.Add(Best(() => padim.Distances(query)));
                if (Numpy(images, positions, width) is not var (theirFit, theirs))
                    return 1;
                numpyFit.Add(theirFit);
                numpy.Add(theirs);
            }

            (double o, double n) = (Machine.Median(ours), Machine.Median(numpy));
            double ratio = Machine.Median(numpy.Zip(ours, (a, b) => a / b));
            Console.WriteLine(
                $"{images} images, {positions} positions, {width} channels: distances {o:F2} ms against {n:F2} ms, {ratio:F1} times as "
                    + $"fast (median of {Rounds} paired rounds); fitting {Machine.Median(fit):F0} against {Machine.Median(numpyFit):F0} ms"
            );
        }

        return 0;
    }

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];

    private static double Best(Action work)
    {
        double best = double.MaxValue;
        for (int i = 0; i < PerRound; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return best;
    }

    private static (double Fit, double Distances)? Numpy(int images, int positions, int width)
    {
        string script = $"""
            import os
            os.environ['OPENBLAS_NUM_THREADS'] = os.environ['OMP_NUM_THREADS'] = '2'
            import time, numpy as np
            r = np.random.default_rng(1)
            x = r.random(({images}, {positions}, {width}))
            q = r.random(({positions}, {width}))
            s = time.perf_counter()
            mu = x.mean(0)
            a = (x - mu).transpose(1, 0, 2)
            c = np.matmul(a.transpose(0, 2, 1), a) / max({images} - 1, 1) + 0.01 * np.eye({width})
            inverse = np.linalg.inv(c)
            fit = time.perf_counter() - s
            t = []
            for _ in range({PerRound}):
                s = time.perf_counter()
                e = q - mu
                d = np.sqrt((np.matmul(e[:, None, :], inverse)[:, 0, :] * e).sum(1))
                t.append(time.perf_counter() - s)
            print(fit * 1000, min(t) * 1000)
            """;
        if (Machine.Python(script) is not { } output)
            return null;
        double[] said = [.. output.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
        return (said[0], said[1]);
    }
}
