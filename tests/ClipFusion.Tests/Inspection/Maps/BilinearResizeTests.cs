using ClipFusion.Inspection.Maps;

namespace ClipFusion.Tests.Inspection.Maps;

public sealed class BilinearResizeTests
{
    [Fact]
    public void Resize_ByTwo_GivesPyTorchsWeights()
    {
        // interpolate(tensor([[0, 1], [2, 3]]), size=(4, 4), mode="bilinear", align_corners=False), by hand: positions 0, 0.25, 0.75, 1.
        var result = new float[16];
        BilinearResize.Resize([0, 1, 2, 3], 2, 2, result, 4, 4, cancellation: TestContext.Current.CancellationToken);
        float[] expected = [0, 0.25f, 0.75f, 1, 0.5f, 0.75f, 1.25f, 1.5f, 1.5f, 1.75f, 2.25f, 2.5f, 2, 2.25f, 2.75f, 3];
        Assert.Equal(expected, result);
    }

    [Fact]
    public void Resize_Down_TakesTwoNeighboursWithoutAntialias()
    {
        var result = new float[2];
        BilinearResize.Resize([0, 10, 20, 30, 40, 50], 1, 6, result, 1, 2, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([10, 40], result);
    }

    [Theory]
    [InlineData(1, 1, 7, 5)]
    [InlineData(15, 15, 240, 240)]
    [InlineData(64, 64, 240, 128)]
    [InlineData(9, 13, 4, 40)]
    [InlineData(33, 5, 32, 3)]
    [InlineData(64, 64, 63, 65)]
    [InlineData(8, 8, 8, 8)]
    public void Resize_RandomGrids_AgreesWithDirectFormula(int sourceHeight, int sourceWidth, int height, int width)
    {
        var random = new Random(sourceHeight + (100 * width));
        float[] source = [.. Enumerable.Range(0, sourceHeight * sourceWidth).Select(_ => random.NextSingle())];
        var result = new float[height * width];

        BilinearResize.Resize(
            source,
            sourceHeight,
            sourceWidth,
            result,
            height,
            width,
            cancellation: TestContext.Current.CancellationToken
        );

        for (int y = 0; y < height; y++)
        {
            (int top, int bottom, double down) = Neighbours(y, sourceHeight, height);
            for (int x = 0; x < width; x++)
            {
                (int left, int right, double along) = Neighbours(x, sourceWidth, width);
                double upper = ((1 - along) * source[(top * sourceWidth) + left]) + (along * source[(top * sourceWidth) + right]);
                double lower = ((1 - along) * source[(bottom * sourceWidth) + left]) + (along * source[(bottom * sourceWidth) + right]);
                Assert.Equal(((1 - down) * upper) + (down * lower), result[(y * width) + x], 2e-5);
            }
        }
    }

    [Fact]
    public void Resize_WrongLengths_NamesTheGrid()
    {
        Assert.Contains(
            "5 values",
            Assert
                .Throws<ArgumentException>(() =>
                    BilinearResize.Resize(new float[5], 2, 2, new float[4], 2, 2, cancellation: TestContext.Current.CancellationToken)
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentException>(() =>
            BilinearResize.Resize(new float[4], 2, 2, new float[5], 2, 2, cancellation: TestContext.Current.CancellationToken)
        );
        Assert.Throws<ArgumentException>(() =>
            BilinearResize.Resize([], 0, 2, new float[4], 2, 2, cancellation: TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public void Resize_OntoItself_IsAnError()
    {
        var map = new float[16];
        Assert.Throws<ArgumentException>(() =>
            BilinearResize.Resize(map.AsSpan(0, 4), 2, 2, map, 4, 4, cancellation: TestContext.Current.CancellationToken)
        );
    }

    private static (int First, int Second, double Weight) Neighbours(int i, int sourceSize, int size)
    {
        double position = Math.Max(((i + 0.5) * sourceSize / size) - 0.5, 0);
        int first = Math.Min((int)position, sourceSize - 1);
        return (first, Math.Min(first + 1, sourceSize - 1), position - first);
    }
}
