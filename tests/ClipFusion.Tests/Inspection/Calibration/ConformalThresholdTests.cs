using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Tests.Inspection.Calibration;

public sealed class ConformalThresholdTests
{
    [Theory]
    // k = ceil((n + 1)(1 - alpha)) by hand: ceil(29.45), ceil(27.9), 30 exactly, ceil(15.5).
    [InlineData(30, 0.05, 30)]
    [InlineData(30, 0.1, 28)]
    [InlineData(30, 1 / 31.0, 30)]
    [InlineData(30, 0.5, 16)]
    // One part allows a half, and a rank is never 0.
    [InlineData(1, 0.5, 1)]
    [InlineData(3, 0.999, 1)]
    [InlineData(19, 0.05, 19)]
    public void Of_ScoresInAnyOrder_GivesTheScoreOfTheRank(int parts, double alpha, int rank)
    {
        double[] scores = [.. Enumerable.Range(1, parts).Select(i => (double)i)];
        new Random(5).Shuffle(scores);
        ConformalThreshold threshold = ConformalThreshold.Of(scores, alpha);
        Assert.Equal((rank, rank, parts, alpha), ((int)threshold.Value, threshold.Rank, threshold.Parts, threshold.Alpha));
        Assert.True(threshold.Bound <= alpha + 1e-12, $"the rule comes to {threshold.Bound}, wanted is {alpha}");
    }

    [Fact]
    public void Of_EqualScores_CountEachOfThem()
    {
        Assert.Equal(0.2, ConformalThreshold.Of([0.3, 0.2, 0.2, 0.2], 0.4).Value);
        Assert.Equal(0.3, ConformalThreshold.Of([0.3, 0.3, 0.2, 0.3], 0.2).Value);
    }

    [Theory]
    [InlineData(30, 0.03, "1/31")]
    [InlineData(18, 0.05, "1/19")]
    [InlineData(0, 0.5, "1/1")]
    public void Of_TooFewPartsForTheAlpha_IsRefused(int parts, double alpha, string mentions) =>
        Assert.Contains(
            mentions,
            Assert.Throws<ArgumentException>(() => ConformalThreshold.Of([.. Enumerable.Repeat(0.1, parts)], alpha)).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(0.1, 0)]
    [InlineData(0.1, 1)]
    [InlineData(0.1, double.NaN)]
    [InlineData(double.NaN, 0.5)]
    [InlineData(double.PositiveInfinity, 0.5)]
    public void Of_WhatIsNoScoreOrRate_IsRefused(double score, double alpha) =>
        Assert.Throws<ArgumentException>(() => ConformalThreshold.Of([0.1, score, 0.2], alpha));

    [Fact]
    public void Of_ExchangeableParts_RejectsNoMoreThanPromisedOnAverage()
    {
        const int Lines = 20_000,
            Parts = 30;
        var random = new Random(77);
        int rejected = 0;
        for (int i = 0; i < Lines; i++)
        {
            double[] scores = [.. Enumerable.Range(0, Parts).Select(_ => random.NextDouble())];
            if (random.NextDouble() > ConformalThreshold.Of(scores, 0.1).Value)
                rejected++;
        }

        // 1 - 28/31 = 0.0968; four deviations of the mean are 0.0084.
        Assert.InRange(rejected / (double)Lines, 0.0968 - 0.0084, 0.0968 + 0.0084);
    }
}
