using ClipFusion.Inspection.Maps;

namespace ClipFusion.Tests.Inspection.Maps;

public sealed class MapStatisticsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(4097)]
    public void Median_RandomValues_AgreesWithSorting(int count)
    {
        var random = new Random(count);
        float[] values = [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-6, 6)))];
        float[] sorted = [.. values.Order()];
        double expected = ((double)sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
        Assert.Equal((float)expected, MapStatistics.Median(values));
    }

    [Fact]
    public void Median_SomeIgnored_LooksAtTheRest()
    {
        Assert.Equal(2.5f, MapStatistics.Median([100, 3, 2, 100, 1, 4], [true, false, false, true, false, false]));
        Assert.Equal(3, MapStatistics.Median([100, 3, 2, 5], [true, false, false, false]));
    }

    [Fact]
    public void Median_EqualValues_IsThatValue() => Assert.Equal(0.25f, MapStatistics.Median([.. Enumerable.Repeat(0.25f, 1000)]));

    [Fact]
    public void Max_SomeIgnored_LooksAtTheRest()
    {
        Assert.Equal(9, MapStatistics.Max([9, -3, 1]));
        Assert.Equal(1, MapStatistics.Max([9, -3, 1], [true, false, false]));
        Assert.Equal(-3, MapStatistics.Max([9, -3, 1], [true, false, true]));
    }

    [Fact]
    public void Statistics_NothingCounts_IsAnError()
    {
        Assert.Throws<ArgumentException>(() => MapStatistics.Max([]));
        Assert.Throws<ArgumentException>(() => MapStatistics.Max([1], [true]));
        Assert.Throws<ArgumentException>(() => MapStatistics.Median([1, 2], [true, true]));
        Assert.Throws<ArgumentException>(() => MapStatistics.Median([1, 2], [true]));
    }

    [Fact]
    public void AnomalyMap_WrongNumberOfValues_IsAnError()
    {
        var e = Assert.Throws<ArgumentException>(() => new AnomalyMap(2, 3, new float[5]));
        Assert.Contains("2 x 3 needs 6 values, but there are 5", e.Message, StringComparison.Ordinal);
    }
}
