using ClipFusion.Camera.Simulation;
using ClipFusion.Cli.Demo;

namespace ClipFusion.Tests.Cli.Demo;

public sealed class DemoTextTests
{
    [Theory]
    [InlineData(0.5, 0.4, "score 0.5000, threshold 0.4000")]
    [InlineData(0.4, 0.4, "score 0.4000, threshold 0.4000")]
    [InlineData(0.42300012, 0.423, "score 0.4230001, threshold 0.4230000")]
    [InlineData(0.42299996, 0.423, "score 0.42299996, threshold 0.42300000")]
    public void Line_HoweverCloseToTheThreshold_ShowsWhichIsLarger(double score, double threshold, string shown)
    {
        var heard = new HeardVerdict("a", 1, "NG", null, score, threshold, false, TimeSpan.Zero);
        PartTruth truth = new SimulatedLine(new LineOptions { Width = 64, Height = 64 }).Truth.Of(1);
        Assert.Contains(shown + " ", DemoText.Line(new ScoredPart(heard, truth)), StringComparison.Ordinal);
    }
}
