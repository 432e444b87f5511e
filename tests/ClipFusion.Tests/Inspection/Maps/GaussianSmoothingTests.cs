using ClipFusion.Inspection.Maps;

namespace ClipFusion.Tests.Inspection.Maps;

public sealed class GaussianSmoothingTests
{
    [Theory]
    [InlineData(1, 1, 2.5)]
    [InlineData(3, 2, 4)]
    [InlineData(20, 31, 1.3)]
    [InlineData(5, 64, 0.2)]
    [InlineData(40, 8, 8.5333333)]
    public void Smooth_RandomMaps_AgreesWithDirectConvolution(int height, int width, double sigma)
    {
        var random = new Random(height * width);
        float[] source = [.. Enumerable.Range(0, height * width).Select(_ => random.NextSingle())];
        float[] map = [.. source];

        GaussianSmoothing.Smooth(map, height, width, sigma, cancellation: TestContext.Current.CancellationToken);

        int radius = (int)((4 * sigma) + 0.5);
        double[] kernel = [.. Enumerable.Range(-radius, (2 * radius) + 1).Select(i => Math.Exp(-0.5 * i * i / (sigma * sigma)))];
        double norm = kernel.Sum() * kernel.Sum();
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double sum = 0;
                for (int dy = -radius; dy <= radius; dy++)
                {
                    for (int dx = -radius; dx <= radius; dx++)
                    {
                        sum += kernel[dy + radius] * kernel[dx + radius] * source[(Fold(y + dy, height) * width) + Fold(x + dx, width)];
                    }
                }

                Assert.Equal(sum / norm, map[(y * width) + x], 2e-6);
            }
        }
    }

    [Fact]
    public void Smooth_ConstantMap_StaysConstant()
    {
        float[] map = [.. Enumerable.Repeat(0.7f, 50 * 30)];
        GaussianSmoothing.Smooth(map, 50, 30, 6, cancellation: TestContext.Current.CancellationToken);
        Assert.All(map, v => Assert.Equal(0.7f, v, 2e-6f));
    }

    [Fact]
    public void Smooth_SigmaZero_ChangesNothing()
    {
        float[] map = [1, 2, 3, 4];
        GaussianSmoothing.Smooth(map, 2, 2, 0, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3, 4], map);
    }

    [Fact]
    public void SigmaFor_OblongMap_GoesByTheShorterSide()
    {
        Assert.Equal(4, GaussianSmoothing.SigmaFor(4, 240, 900));
        Assert.Equal(2, GaussianSmoothing.SigmaFor(4, 900, 120));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Smooth_SigmaOutOfRange_IsAnError(double sigma) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            GaussianSmoothing.Smooth(new float[4], 2, 2, sigma, cancellation: TestContext.Current.CancellationToken)
        );

    /// <summary>Mirroring step by step: bounce off whichever edge was passed until inside.</summary>
    private static int Fold(int i, int size)
    {
        while (i < 0 || i >= size)
            i = i < 0 ? -1 - i : (2 * size) - 1 - i;
        return i;
    }
}
