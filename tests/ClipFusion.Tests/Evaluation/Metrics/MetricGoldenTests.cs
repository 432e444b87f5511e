using System.Text.Json;
using ClipFusion.Evaluation.Metrics;
using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Evaluation.Metrics;

/// <summary>The metrics against scikit-learn's and MVTec's own.</summary>
public sealed class MetricGoldenTests
{
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Metrics_GoldenCase_AreThoseOfTheReferenceImplementations(int number)
    {
        JsonElement golden = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path("components", "metrics.json")))[number];
        using SafetensorsFile file = SafetensorsFile.Open(Fixtures.Path("components", "metrics.safetensors"));
        float[] scores = file.ReadFloats($"{number}.scores"),
            maps = file.ReadFloats($"{number}.maps");
        bool[] labels = [.. file.ReadInt64($"{number}.labels").Select(l => l != 0)],
            masks = [.. file.Bytes($"{number}.masks").ToArray().Select(m => m > 0)];
        long[] shape = [.. file.Tensors[$"{number}.maps"].Shape];
        (int height, int width) = ((int)shape[1], (int)shape[2]);
        int pixels = height * width;

        ScoreRanks images = ImageRanks.Of(scores, labels);
        PixelRanks ranks = PixelRanks.Read(
            (int)shape[0],
            i => new ScoredPixels($"map {i}", height, width, maps.AsMemory(i * pixels, pixels), masks.AsMemory(i * pixels, pixels))
        );

        Same("image_auroc", RankMetrics.Auroc(images));
        Same("image_average_precision", RankMetrics.AveragePrecision(images));
        Same("image_f1_max", RankMetrics.F1Max(images));
        Same("pixel_auroc", RankMetrics.Auroc(ranks.Ranks));
        Same("pixel_average_precision", RankMetrics.AveragePrecision(ranks.Ranks));
        Same("aupro_0_3", ranks.Aupro(0.3));
        Same("aupro_0_05", ranks.Aupro(0.05));

        void Same(string name, double value) => Assert.Equal(golden.GetProperty(name).GetDouble(), value, Tolerance);
    }
}
