using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Tests.Evaluation.Metrics;

public sealed class DefectRegionsTests
{
    [Fact]
    public void Label_SpiralAndDiagonal_AreOneRegionEach()
    {
        string[] picture = ["#######...#", "......#..#.", "#####.#.#..", "#...#.#....", "#.###.#...#", "#.....#....", "#######...."];
        bool[] mask = [.. picture.SelectMany(row => row.Select(c => c == '#'))];
        int[] labels = new int[mask.Length];

        Assert.Equal(3, DefectRegions.Label(mask, 7, 11, labels));

        Assert.Equal(1, labels[(4 * 11) + 2]);
        Assert.Equal(2, labels[(2 * 11) + 8]);
        Assert.Equal(3, labels[(4 * 11) + 10]);
    }

    [Theory]
    [InlineData(1, 0.2)]
    [InlineData(2, 0.4)]
    [InlineData(3, 0.7)]
    public void Label_RandomMasks_EqualsFlooding(int seed, double density)
    {
        var random = new Random(seed);
        const int height = 40,
            width = 33;
        bool[] mask = [.. Enumerable.Range(0, height * width).Select(_ => random.NextDouble() < density)];
        int[] labels = new int[mask.Length];

        int count = DefectRegions.Label(mask, height, width, labels);

        IReadOnlyList<List<int>> expected = BruteForce.Regions(mask, height, width);
        Assert.Equal(expected.Count, count);
        for (int i = 0; i < count; i++)
            Assert.All(expected[i], pixel => Assert.Equal(i + 1, labels[pixel]));
        Assert.All(mask.Zip(labels), p => Assert.Equal(p.First, p.Second > 0));
    }
}
