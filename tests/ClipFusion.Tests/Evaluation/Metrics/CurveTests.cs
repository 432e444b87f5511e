using ClipFusion.Evaluation.Metrics;

namespace ClipFusion.Tests.Evaluation.Metrics;

public sealed class CurveTests
{
    [Theory]
    [InlineData(1_000_000)]
    [InlineData(3)]
    public void Curves_OfPixels_AreFewPointsThatLieOnTheCurve(int levels)
    {
        PixelSet set = PixelSet.Random(21, images: 3, height: 40, width: 40, levels);
        PixelRanks pixels = set.Read();
        (float[] normal, float[] defect) = (set.Normal, set.Defect);
        IReadOnlyList<float[]> regions = set.Regions;

        AreOnTheCurve(Curve.Roc(pixels.Ranks), threshold => defect.Count(d => d >= threshold) / (double)defect.Length);
        AreOnTheCurve(Curve.Pro(pixels), threshold => regions.Average(r => r.Count(s => s >= threshold) / (double)r.Length));

        void AreOnTheCurve(IReadOnlyList<double[]> points, Func<float, double> height)
        {
            Assert.InRange(points.Count, 1, Curve.MostPoints);
            Assert.Equal([1.0, 1.0], points[^1]);
            Assert.Equal(points.Select(p => p[0]).Order(), points.Select(p => p[0]));
            (double X, double Y)[] curve =
            [
                .. defect
                    .Distinct()
                    .Select(t => (Math.Round(normal.Count(n => n >= t) / (double)normal.Length, 5), Math.Round(height(t), 5))),
                (1, 1),
            ];
            Assert.All(points, p => Assert.Contains(curve, c => Math.Abs(c.X - p[0]) < 2e-5 && Math.Abs(c.Y - p[1]) < 2e-5));
        }
    }
}
