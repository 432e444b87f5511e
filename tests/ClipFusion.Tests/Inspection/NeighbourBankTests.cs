using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Models.Pack;

namespace ClipFusion.Tests.Inspection;

public sealed class NeighbourBankTests
{
    private const int Side = 5,
        Channels = 3;

    private static readonly BackboneLayer Layer = new("2", Channels, Side);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Search_Radius_ComparesWithRowsNoFurtherAway(int radius)
    {
        float[][] images = [Rows(1), Rows(2), Rows(3)];
        bool[] ignored = new bool[Side * Side];
        ignored[0] = true;
        ReferenceFeatures[] features = [new(images[0]), new(images[1], radius > 0 ? ignored : null), new(images[2])];
        float[] queries = Rows(4),
            found = new float[Side * Side];
        UnitRows.Normalize(queries, Channels, queries, "queries");
        NeighbourBank bank = NeighbourBank.Create(features, Layer, radius);
        foreach (int? exclude in (int?[])[null, 0, 2])
        {
            bank.Search(queries, found, exclude, 2, TestContext.Current.CancellationToken);
            for (int cell = 0; cell < found.Length; cell++)
                Assert.Equal(Expected(queries, images, radius > 0 ? ignored : [], cell, radius, exclude), found[cell], 1e-6);
        }
    }

    /// <summary>The greatest radius takes in the whole grid: then it is the bank that knows no places.</summary>
    [Fact]
    public void Search_RadiusOfTheWholeGrid_IsTheSearchOfAllRows()
    {
        ReferenceFeatures[] features = [new(Rows(1)), new(Rows(2))];
        float[] queries = Rows(4),
            near = new float[Side * Side],
            all = new float[Side * Side];
        UnitRows.Normalize(queries, Channels, queries, "queries");
        NeighbourBank.Create(features, Layer, Side).Search(queries, near, null, 1, TestContext.Current.CancellationToken);
        MemoryBank.Create(features, Channels).Search(queries, all, cancellation: TestContext.Current.CancellationToken);
        Assert.All(near.Zip(all), d => Assert.Equal(d.Second, d.First, 1e-6f));
    }

    [Fact]
    public void Create_IgnoredNeighbourhood_IsAnErrorThatNamesThePlace()
    {
        bool[] ignored = [.. Enumerable.Range(0, Side * Side).Select(i => i % Side < 3)];
        var e = Assert.Throws<ArgumentException>(() => NeighbourBank.Create([new(Rows(1), ignored)], Layer, 1));
        Assert.Contains("layer 2, row 0, column 0 of 5 x 5", e.Message, StringComparison.Ordinal);
        Assert.Contains("positionRadius 1", e.Message, StringComparison.Ordinal);
        // Another reference that shows the place, or a greater radius.
        NeighbourBank.Create([new(Rows(1), ignored), new(Rows(2))], Layer, 1);
        NeighbourBank.Create([new(Rows(1), ignored)], Layer, 3);
    }

    [Fact]
    public void Search_LeftOutReferenceThatAloneHasAPlace_IsAnError()
    {
        bool[] ignored = [.. Enumerable.Range(0, Side * Side).Select(i => i % Side < 3)];
        NeighbourBank bank = NeighbourBank.Create([new(Rows(1), ignored), new(Rows(2))], Layer, 1);
        float[] queries = Rows(4),
            found = new float[Side * Side];
        UnitRows.Normalize(queries, Channels, queries, "queries");
        bank.Search(queries, found, 0, 1, TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => bank.Search(queries, found, 1, 1, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentException>(() => bank.Search(queries, found, 2, 1, TestContext.Current.CancellationToken));
    }

    private static double Expected(float[] queries, float[][] images, bool[] ignored, int cell, int radius, int? exclude)
    {
        double nearest = -1;
        for (int image = 0; image < images.Length; image++)
        for (int row = 0; row < Side * Side; row++)
        {
            bool isFar = Math.Max(Math.Abs((row / Side) - (cell / Side)), Math.Abs((row % Side) - (cell % Side))) > radius;
            if (isFar || image == exclude || (image == 1 && ignored.Length > 0 && ignored[row]))
                continue;
            double dot = 0,
                square = 0;
            for (int c = 0; c < Channels; c++)
            {
                double value = images[image][(row * Channels) + c];
                dot += value * queries[(cell * Channels) + c];
                square += value * value;
            }

            nearest = Math.Max(nearest, dot / Math.Sqrt(square));
        }

        return (1 - nearest) / 2;
    }

    private static float[] Rows(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Side * Side * Channels).Select(_ => random.NextSingle() - 0.5f)];
    }
}
