using ClipFusion.Inspection;

namespace ClipFusion.Tests.Inspection;

public sealed class LanguageScoreTests
{
    [Fact]
    public void Softmax_AnyLengths_DependsOnDirectionOnly()
    {
        var score = new float[3];
        LanguageScore.Softmax([3, 0, 0, 5, 1, 1], [10, 0], [0, 0.1f], 0.5, score);

        Assert.Equal(1 / (1 + Math.Exp(2)), score[0], 1e-6);
        Assert.Equal(1 / (1 + Math.Exp(-2)), score[1], 1e-6);
        Assert.Equal(0.5, score[2], 1e-6);
    }

    [Fact]
    public void Softmax_TinyTemperature_StaysAProbability()
    {
        var score = new float[2];
        LanguageScore.Softmax([1, 0, 0, 1], [1, 0], [0, 1], 1e-300, score);
        Assert.Equal([0, 1], score);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Softmax_TemperatureNotAboveZero_IsAnError(double temperature) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LanguageScore.Softmax([1, 0], [1, 0], [0, 1], temperature, new float[1]));

    [Fact]
    public void Softmax_ZeroEmbedding_NamesTheRow()
    {
        var e = Assert.Throws<ArgumentException>(() => LanguageScore.Softmax([1, 0, 0, 0], [1, 0], [0, 1], 1, new float[2]));
        Assert.Contains("Image embeddings: row 1 has length 0", e.Message, StringComparison.Ordinal);
    }
}
