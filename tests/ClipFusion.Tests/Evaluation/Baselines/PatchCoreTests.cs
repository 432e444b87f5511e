using ClipFusion.Evaluation.Baselines;

namespace ClipFusion.Tests.Evaluation.Baselines;

public sealed class PatchCoreTests
{
    [Fact]
    public void LocallyAware_TwoLayers_AreAveragedOverNeighboursAndJoined()
    {
        // 2 x 2 patches, so every patch has all four as neighbours and five zeros beyond the edge.
        float[] rows = PatchCore.LocallyAware(
            [
                [1, 2, 3, 4],
                [10, 0, 20, 0, 30, 0, 40, 9],
            ],
            2
        );
        Assert.Equal(Enumerable.Repeat<float[]>([10 / 9f, 100 / 9f, 1], 4).SelectMany(r => r), rows);
    }

    [Fact]
    public void LocallyAware_LargerGrid_LooksNoFartherThanOnePatch()
    {
        float[] layer = new float[25];
        layer[12] = 9;
        float[] rows = PatchCore.LocallyAware([layer], 5);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => i / 5 is >= 1 and <= 3 && i % 5 is >= 1 and <= 3 ? 1f : 0f), rows);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(300)]
    public void Coreset_Selected_CoversEveryClusterOnce(int width)
    {
        // Ten far clusters of twenty near rows: the farthest-first choice of ten takes one of each.
        var random = new Random(width);
        float[][] centres =
        [
            .. Enumerable.Range(0, 10).Select(_ => Enumerable.Range(0, width).Select(_ => random.NextSingle() * 100).ToArray()),
        ];
        int[] cluster = [.. Enumerable.Range(0, 200).Select(i => i % 10)];
        float[] rows = [.. cluster.SelectMany(c => centres[c].Select(v => v + (random.NextSingle() * 0.01f)))];

        int[] taken = GreedyCoreset.Select(rows, width, 10);

        Assert.Equal(Enumerable.Range(0, 10), taken.Select(t => cluster[t]).Order());
        Assert.Equal(taken[..4], GreedyCoreset.Select(rows, width, 4));
    }

    [Fact]
    public void Judge_RandomFeatures_FollowsThePapersEquations()
    {
        var random = new Random(7);
        const int width = 6;
        float[] bank = [.. Enumerable.Range(0, 40 * width).Select(_ => random.NextSingle())],
            image = [.. Enumerable.Range(0, 9 * width).Select(_ => random.NextSingle())];

        (float score, float[] map) = new PatchCore(bank, width, 1).Judge(image);

        double Distance(float[] a, int i, float[] b, int j) =>
            Math.Sqrt(Enumerable.Range(0, width).Sum(d => Math.Pow(a[(i * width) + d] - b[(j * width) + d], 2)));
        double[] expected = [.. Enumerable.Range(0, 9).Select(p => Enumerable.Range(0, 40).Min(m => Distance(image, p, bank, m)))];
        Assert.All(expected.Zip(map), e => Assert.Equal(e.First, e.Second, 1e-5));
        int worst = Array.IndexOf(expected, expected.Max()),
            nearest = Enumerable.Range(0, 40).MinBy(m => Distance(image, worst, bank, m));
        double sum = Enumerable
            .Range(0, 40)
            .OrderBy(m => Distance(bank, nearest, bank, m))
            .Take(9)
            .Sum(m => Math.Exp(Distance(image, worst, bank, m)));
        Assert.Equal((1 - (Math.Exp(expected[worst]) / sum)) * expected[worst], score, 1e-5);
    }

    [Fact]
    public void Judge_ImageIsInTheBank_ScoresZero()
    {
        var random = new Random(8);
        float[] image = [.. Enumerable.Range(0, 90).Select(_ => random.NextSingle())];
        (float score, float[] map) = new PatchCore(image, 10, 1).Judge(image);
        Assert.Equal(0, score);
        Assert.All(map, m => Assert.Equal(0, m));
    }

    [Theory]
    [InlineData(0.1, 20)]
    [InlineData(0.001, 1)]
    [InlineData(1, 200)]
    public void Bank_ShareOfItsRows_IsKept(double share, int expected)
    {
        var random = new Random(9);
        Assert.Equal(expected, new PatchCore([.. Enumerable.Range(0, 1000).Select(_ => random.NextSingle())], 5, share).Count);
    }
}
