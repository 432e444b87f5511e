using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.Tests.Imaging;

public sealed class RegionTests
{
    [Fact]
    public void Find_TwoAreasTouchingAtACorner_AreOneArea()
    {
        float[] map = [0.9f, 0, 0, 0, 0, 0, 0.8f, 0, 0, 0.7f, 0, 0, 0, 0, 0.95f];
        ConnectedRegions found = ConnectedRegions.Find(map, 5, 3, 0.5f);
        Assert.Equal([new(new Region(4, 1, 1, 2), 2, 0.95f), new(new Region(0, 0, 2, 2), 2, 0.9f)], found.Regions);
        Assert.False(found.Truncated);
    }

    [Fact]
    public void Find_MoreThanTheLimit_KeepsTheHighestPeaksAndSaysSo()
    {
        float[] map = new float[200];
        for (int i = 0; i < 100; i++)
            map[2 * i] = 1 + i;
        ConnectedRegions found = ConnectedRegions.Find(map, 200, 1, 0.5f, limit: 64);
        Assert.True(found.Truncated);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => 100f - i), found.Regions.Select(r => r.Peak));
    }

    [Fact]
    public void Find_ValuesAtTheThresholdNaNAndIgnoredCells_DoNotCount()
    {
        float[] map = [0.5f, float.NaN, 0.6f, float.PositiveInfinity];
        bool[] ignored = [false, false, false, true];
        AnomalyRegion only = Assert.Single(ConnectedRegions.Find(map, 2, 2, 0.5f, ignored).Regions);
        Assert.Equal(new AnomalyRegion(new Region(0, 1, 1, 1), 1, 0.6f), only);
        Assert.Empty(ConnectedRegions.Find(map, 2, 2, float.PositiveInfinity).Regions);
    }

    [Fact]
    public void ToFrame_CellsThatCutPixels_CoverThemWhole()
    {
        // 3 cells over 100 pixels from x = 10 on: edges at 33.3 and 66.7.
        var region = new Region(10, 20, 100, 30);
        Assert.Equal(new Region(43, 30, 34, 10), region.CellsToFrame(new Region(1, 1, 1, 1), 3, 3));
        Assert.Equal(region, region.CellsToFrame(new Region(0, 0, 3, 3), 3, 3));
        Assert.Equal(333, new AnomalyRegion(new Region(1, 1, 1, 1), 1, 0.5f).ToFrame(region, 3, 3).Area);
    }

    [Fact]
    public void EnsureInside_RegionBeyondTheFrame_NamesBoth()
    {
        string message = Assert.Throws<ArgumentException>(() => new Region(5, 5, 10, 10).EnsureInside(12, 20)).Message;
        Assert.Contains("10x10 at (5, 5)", message, StringComparison.Ordinal);
        Assert.Contains("12x20", message, StringComparison.Ordinal);
        Assert.False(new Region(1, 1, int.MaxValue, 1).IsInside(100, 100));
    }

    [Fact]
    public void IgnoreMask_ExactlyHalfOfACell_IsNotIgnored()
    {
        byte[] mask = [1, 1, 0, 0, 1, 0, 0, 0];
        var ignore = new IgnoreMask(new ImageView(mask, 4, 2, 4, PixelFormat.Mono8));
        Assert.Equal([true, false], ignore.Ignored(2, 1, Region.Whole(4, 2)));
        Assert.Equal([false], ignore.Ignored(1, 1, new Region(0, 1, 2, 1)));
    }

    [Fact]
    public void IgnoreMask_AnyGridOverAnyRegion_EqualsCountingOnACommonRefinement()
    {
        var random = new Random(11);
        for (int round = 0; round < 60; round++)
        {
            int width = random.Next(1, 24),
                height = random.Next(1, 24);
            byte[] mask = [.. Enumerable.Range(0, width * height).Select(_ => (byte)(random.Next(2) * 200))];
            int x = random.Next(width),
                y = random.Next(height);
            var region = new Region(x, y, random.Next(1, width - x + 1), random.Next(1, height - y + 1));
            int gridWidth = random.Next(1, 30),
                gridHeight = random.Next(1, 30);

            // Each pixel cut into gridWidth x gridHeight pieces: a cell is exactly region.Width x region.Height of them.
            bool[] expected = new bool[gridWidth * gridHeight];
            for (int j = 0; j < gridHeight; j++)
            {
                for (int i = 0; i < gridWidth; i++)
                {
                    int ignored = 0;
                    for (int v = j * region.Height; v < (j + 1) * region.Height; v++)
                    for (int u = i * region.Width; u < (i + 1) * region.Width; u++)
                        if (mask[((region.Y + (v / gridHeight)) * width) + region.X + (u / gridWidth)] != 0)
                            ignored++;
                    expected[j * gridWidth + i] = 2 * ignored > region.Width * region.Height;
                }
            }

            Assert.Equal(
                expected,
                new IgnoreMask(new ImageView(mask, width, height, width, PixelFormat.Mono8)).Ignored(gridWidth, gridHeight, region)
            );
        }
    }
}
