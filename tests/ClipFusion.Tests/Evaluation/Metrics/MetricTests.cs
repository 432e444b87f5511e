using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Tests.Evaluation.Metrics;

/// <summary>The streaming metrics against their definitions, ties and edge cases included.</summary>
public sealed class MetricTests
{
    private const double Tolerance = 1e-12;

    [Theory]
    [InlineData(1, 1_000_000)]
    [InlineData(2, 40)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    public void PixelMetrics_RandomMaps_EqualTheirDefinitions(int seed, int levels)
    {
        PixelSet set = PixelSet.Random(seed, images: 4, height: 17, width: 23, levels);
        (float[] normal, float[] defect) = (set.Normal, set.Defect);

        PixelRanks pixels = set.Read();

        Assert.Equal(BruteForce.Auroc(normal, defect), RankMetrics.Auroc(pixels.Ranks), Tolerance);
        Assert.Equal(BruteForce.AveragePrecision(normal, defect), RankMetrics.AveragePrecision(pixels.Ranks), Tolerance);
        Assert.Equal(BruteForce.F1Max(normal, defect), RankMetrics.F1Max(pixels.Ranks), Tolerance);
        Assert.Equal(set.Regions.Count, pixels.Regions);
        foreach (double limit in (double[])[0.0001, 0.01, 0.05, 0.3, 0.7, 1])
            Assert.Equal(BruteForce.Aupro(normal, set.Regions, limit), pixels.Aupro(limit), 1e-10);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void ImageMetrics_RandomScoresWithTies_EqualTheirDefinitions(int seed)
    {
        var random = new Random(seed);
        float[] scores = [.. Enumerable.Range(0, 60).Select(_ => random.Next(12) * 0.1f)];
        bool[] labels = [.. scores.Select(s => random.NextDouble() < s)];
        (float[] normal, float[] anomalous) = ([.. scores.Where((_, i) => !labels[i])], [.. scores.Where((_, i) => labels[i])]);

        ScoreRanks ranks = ImageRanks.Of(scores, labels);

        Assert.Equal(BruteForce.Auroc(normal, anomalous), RankMetrics.Auroc(ranks), Tolerance);
        Assert.Equal(BruteForce.AveragePrecision(normal, anomalous), RankMetrics.AveragePrecision(ranks), Tolerance);
        Assert.Equal(BruteForce.F1Max(normal, anomalous), RankMetrics.F1Max(ranks), Tolerance);
    }

    [Fact]
    public void ImageMetrics_HandComputedExample_IsExact()
    {
        // Descending: defect 0.9, good 0.8, defect 0.7 tied with good 0.7, good 0.1.
        ScoreRanks ranks = ImageRanks.Of([0.9f, 0.8f, 0.7f, 0.7f, 0.1f], [true, false, true, false, false]);

        Assert.Equal((3 + 1.5) / 6, RankMetrics.Auroc(ranks), Tolerance);
        Assert.Equal((1 + (2 / 4.0)) / 2, RankMetrics.AveragePrecision(ranks), Tolerance);
        Assert.Equal(2 * 2 / (2.0 + 2 + 2), RankMetrics.F1Max(ranks), Tolerance);
    }

    [Theory]
    [InlineData(true, "0 normal and 2 anomalous")]
    [InlineData(false, "2 normal and 0 anomalous")]
    public void ImageRanks_OneClassOnly_SaysWhich(bool label, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<MetricException>(() => ImageRanks.Of([1, 2], [label, label])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void ImageRanks_ScoreIsNaN_NamesTheImage() =>
        Assert.Contains(
            "image 1 is NaN",
            Assert.Throws<MetricException>(() => ImageRanks.Of([1, float.NaN, 0], [true, false, false])).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void PixelRanks_MapHoldsNoNumber_NamesImageAndPixel(float value)
    {
        PixelSet set = PixelSet.Random(5, images: 3, height: 8, width: 10, levels: 100);
        set.Maps[2][(3 * 10) + 7] = value;
        Assert.Contains(
            "map 2: the map's value at row 3, column 7 is",
            Assert.Throws<MetricException>(() => set.Read()).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(false, "160 normal and 0 defect pixels in 2 images")]
    [InlineData(true, "0 normal and 160 defect pixels in 2 images")]
    public void PixelRanks_OneClassOnly_SaysWhich(bool defect, string expected)
    {
        PixelSet set = PixelSet.Random(6, images: 2, height: 8, width: 10, levels: 100);
        foreach (bool[] mask in set.Masks)
            Array.Fill(mask, defect);
        Assert.Contains(expected, Assert.Throws<MetricException>(() => set.Read()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void PixelRanks_OnSeveralThreads_AreTheSameToTheBit(int threads)
    {
        // Few levels, so that many pixels of several regions tie and the order of summing shows.
        PixelSet set = PixelSet.Random(9, images: 40, height: 31, width: 29, levels: 12);
        PixelRanks one = set.Read(),
            several = set.Read(threads);
        Assert.Equal(one.Aupro(0.3), several.Aupro(0.3));
        Assert.Equal(one.Overlap(), several.Overlap());
        Assert.Equal(RankMetrics.Auroc(one.Ranks), RankMetrics.Auroc(several.Ranks));
        Assert.Equal(RankMetrics.AveragePrecision(one.Ranks), RankMetrics.AveragePrecision(several.Ranks));
    }

    [Fact]
    public void PixelRanks_SeveralBrokenMapsOnSeveralThreads_NamesTheFirst()
    {
        PixelSet set = PixelSet.Random(10, images: 30, height: 8, width: 10, levels: 100);
        foreach (int image in (int[])[11, 12, 29])
            set.Maps[image][0] = float.NaN;
        Assert.Contains("map 11:", Assert.Throws<MetricException>(() => set.Read(threads: 4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PixelRanks_NoMaskMeansNoDefect_AsAnEmptyOne()
    {
        PixelSet set = PixelSet.Random(7, images: 3, height: 8, width: 10, levels: 100);
        PixelRanks without = PixelRanks.Read(
            3,
            i => new ScoredPixels("map", 8, 10, set.Maps[i], i == 0 ? default(ReadOnlyMemory<bool>) : set.Masks[i])
        );
        Assert.Equal(set.Read().Aupro(0.3), without.Aupro(0.3));
        Assert.Equal(240 - set.Defect.Length, without.Ranks.NormalTotal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void Aupro_LimitIsNoRate_Throws(double limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PixelSet.Random(8, 2, 8, 10, 100).Read().Aupro(limit));
}
