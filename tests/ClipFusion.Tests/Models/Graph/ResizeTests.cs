using ClipFusion.Models.Graph;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Graph;

/// <summary>Enlarging to sizes whose ratio float32 can't hold (9 to 17) must give that size and the right pixels, as a latent of 36 or 17
/// needs.</summary>
public sealed class ResizeTests
{
    private static readonly int[] Latents = [41, 64, 67];

    [Fact]
    public void UpsampleNearest_ToTwiceOrOneLess_RepeatsPixels() =>
        Check(
            [.. Enumerable.Range(1, 66).SelectMany(n => new[] { (n, 2 * n), (n, 2 * n - 1) })],
            (g, x, to) => g.UpsampleNearest(x, to, to),
            (n, to, i) => i * n / to,
            tolerance: 0
        );

    [Fact]
    public void ResizeBilinear_ToAnyLargerSize_InterpolatesBetweenPixelCentres() =>
        Check(
            [.. Enumerable.Range(1, 40).SelectMany(n => Latents.Select(to => (n, to)))],
            (g, x, to) => g.ResizeBilinear(x, to, to),
            (n, to, i) => Math.Clamp((i + 0.5) * n / to - 0.5, 0, n - 1),
            tolerance: 1e-4
        );

    [Theory]
    [InlineData(16)]
    [InlineData(19)]
    [InlineData(9)]
    public void UpsampleNearest_ToASizeThatNoHalvingGives_Throws(int to)
    {
        var g = new GraphBuilder("resize", GraphTarget.OnnxRuntime);
        Value x = g.Input("x", ElementType.Float32, "N", 1, 9, 9);
        Assert.Throws<GraphException>(() => g.UpsampleNearest(x, to, to));
    }

    /// <summary>Enlarges ramps, on which a value is its place, and compares rows and columns with the place that each should come
    /// from.</summary>
    private static void Check(
        (int From, int To)[] sizes,
        Func<GraphBuilder, Value, int, Value> resize,
        Func<int, int, int, double> place,
        double tolerance
    )
    {
        var g = new GraphBuilder("resize", GraphTarget.OnnxRuntime);
        using var inputs = new GraphInputs(0);
        foreach (int n in sizes.Select(s => s.From).Distinct())
        {
            g.Input($"x{n}", ElementType.Float32, "N", 1, n, n);
            inputs.Add($"x{n}", [.. Enumerable.Range(0, n * n).Select(i => (float)(i / n * 100 + i % n))], 1, 1, n, n);
        }

        foreach ((int from, int to) in sizes)
            g.Output($"y{from}_{to}", resize(g, g.Inputs.Single(i => i.Name == $"x{from}"), to));
        using var folder = new TemporaryFolder();
        g.Save(folder["resize.onnx"]);
        using var graph = new PackGraph(folder["resize.onnx"]);
        Dictionary<string, (long[] Shape, float[] Values)> found = graph.Run(inputs.Values);
        foreach ((int from, int to) in sizes)
        {
            (long[] shape, float[] values) = found[$"y{from}_{to}"];
            Assert.Equal([1, 1, to, to], shape);
            for (int i = 0; i < values.Length; i++)
            {
                double expected = 100 * place(from, to, i / to) + place(from, to, i % to);
                Assert.True(
                    Math.Abs(expected - values[i]) <= tolerance * 100,
                    $"{from} to {to}, row {i / to}, column {i % to}: {values[i]}, expected {expected}"
                );
            }
        }
    }
}
