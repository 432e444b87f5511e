using ClipFusion.Models.Graph;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>A little convolutional network as an ONNX file, and the same by hand: near = 3 x 3 convolution of the picture with stride 2,
/// far = one of near, pooled = no map.</summary>
internal sealed class TinyBackbone
{
    public const int Side = 16,
        NearChannels = 4,
        FarChannels = 6;

    private static readonly double[] Near = Weights(1, NearChannels * 3 * 9),
        Far = Weights(2, FarChannels * NearChannels * 9);

    /// <summary>Writes the file.</summary>
    public static string Write(string path, ExternalWeightFile? store = null)
    {
        var g = new GraphBuilder("backbone", GraphTarget.OnnxRuntime);
        Value x = g.Input("picture", ElementType.Float32, 1, 3, Side, Side);
        Value first = store is null
            ? g.Constant(ElementType.Float32, Near, NearChannels, 3, 3, 3)
            : g.Weight(store.Add("near.weight", ElementType.Float32, [NearChannels, 3, 3, 3], () => [.. Near.Select(v => (float)v)]));
        Value near = g.Conv(x, first, null, 2, (1, 1, 1, 1));
        Value far = g.Conv(near, g.Constant(ElementType.Float32, Far, FarChannels, NearChannels, 3, 3), null, 2, (1, 1, 1, 1));
        g.Output("near", near);
        g.Output("pooled", g.Mean(g.Mean(far, 3), 2));
        g.Output("far", far);
        g.Save(path);
        return path;
    }

    /// <summary>[channels][height][width] of both maps.</summary>
    public static (double[,,] Near, double[,,] Far) Run(double[,,] picture)
    {
        double[,,] near = Convolve(picture, Near, NearChannels);
        return (near, Convolve(near, Far, FarChannels));
    }

    private static double[,,] Convolve(double[,,] x, double[] weights, int outputs)
    {
        int inputs = x.GetLength(0),
            side = x.GetLength(1),
            half = side / 2;
        var y = new double[outputs, half, half];
        for (int o = 0; o < outputs; o++)
        for (int r = 0; r < half; r++)
        for (int c = 0; c < half; c++)
        for (int i = 0; i < inputs * 9; i++)
        {
            int v = (2 * r) + (i / 3 % 3) - 1,
                u = (2 * c) + (i % 3) - 1;
            if (v >= 0 && u >= 0 && v < side && u < side)
                y[o, r, c] += weights[(o * inputs * 9) + i] * x[i / 9, v, u];
        }

        return y;
    }

    private static double[] Weights(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (double)(float)(random.NextDouble() - 0.5))];
    }
}
