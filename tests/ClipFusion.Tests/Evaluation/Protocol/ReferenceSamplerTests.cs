using ClipFusion.Evaluation.Protocol;

namespace ClipFusion.Tests.Evaluation.Protocol;

public sealed class ReferenceSamplerTests
{
    [Fact]
    public void Draw_PublishedSeeds_StaysWhatItWas()
    {
        // Written down once: tables that were published must be made from the same pictures again.
        Assert.Equal(Pinned, Enumerable.Range(0, 3).Select(seed => string.Join(' ', ReferenceSampler.Draw(209, 4, seed, "bottle"))));
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(60, 7)]
    [InlineData(391, 123456)]
    public void Draw_MoreShots_BeginsWithTheFewer(int available, int seed)
    {
        int[] all = ReferenceSampler.Draw(available, available, seed, "screw");
        Assert.Equal(Enumerable.Range(0, available), all.Order());
        for (int k = 0; k <= 4; k++)
            Assert.Equal(all[..k], ReferenceSampler.Draw(available, k, seed, "screw"));
    }

    [Fact]
    public void Draw_ManySeeds_TakesEveryPictureAboutAsOften()
    {
        int[] counts = new int[10];
        for (int seed = 0; seed < 5000; seed++)
        {
            foreach (int i in ReferenceSampler.Draw(10, 2, seed, "tile"))
                counts[i]++;
        }

        // 1,000 expected each; five standard deviations are 142.
        Assert.All(counts, c => Assert.InRange(c, 858, 1142));
    }

    [Fact]
    public void Draw_OtherCategory_IsAnotherDraw() =>
        Assert.NotEqual(ReferenceSampler.Draw(200, 4, 0, "bottle"), ReferenceSampler.Draw(200, 4, 0, "cable"));

    [Fact]
    public void Draw_MoreThanThereAre_SaysHowManyThereAre() =>
        Assert.Contains(
            "bottle has 3 good pictures",
            Assert.Throws<ArgumentOutOfRangeException>(() => ReferenceSampler.Draw(3, 4, 0, "bottle")).Message,
            StringComparison.Ordinal
        );

    private static readonly string[] Pinned = ["118 186 207 99", "6 204 23 38", "194 90 169 20"];
}
