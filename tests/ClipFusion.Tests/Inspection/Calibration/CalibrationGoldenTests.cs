using System.Text.Json;
using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Tests.Inspection.Calibration;

/// <summary>Thresholds, odd references, p-values and the drift martingale against numbers that another program gave.</summary>
public sealed class CalibrationGoldenTests
{
    private const double Close = 1e-9;

    private static readonly JsonElement Golden = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path("components", "calibration.json")));

    [Fact]
    public void Thresholds_EveryCase_AreTheGoldenOnes()
    {
        foreach (JsonElement c in Golden.GetProperty("thresholds").EnumerateArray())
        {
            double[] scores = Numbers(c, "scores");
            double rate = c.GetProperty("wanted_rate").GetDouble();
            int rank = ConformalThreshold.RankOf(scores.Length, rate);
            Assert.Equal(c.GetProperty("rank").GetInt32(), rank);
            Assert.Equal(c.GetProperty("available").GetBoolean(), rank <= scores.Length);
            Assert.Equal(c.GetProperty("least_rate").GetDouble(), ConformalThreshold.LeastRate(scores.Length));
            Assert.Equal(c.GetProperty("parts_for_wanted").GetInt32(), ConformalThreshold.PartsFor(rate));
            if (rank > scores.Length)
            {
                Assert.Throws<ArgumentException>(() => ConformalThreshold.Of(scores, rate));
                continue;
            }

            ConformalThreshold threshold = ConformalThreshold.Of(scores, rate);
            Assert.Equal(c.GetProperty("threshold").GetDouble(), threshold.Value);
            Assert.Equal(c.GetProperty("bound90").GetDouble(), threshold.Bound90, Close);
        }
    }

    [Fact]
    public void Provisional_EveryCase_IsTheGoldenOne()
    {
        foreach (JsonElement c in Golden.GetProperty("provisional").EnumerateArray())
            Assert.Equal(c.GetProperty("threshold").GetDouble(), ProvisionalThreshold.Of(Numbers(c, "scores")), 1e-15);
    }

    [Fact]
    public void OddReferences_EveryCase_AreTheGoldenOnes()
    {
        foreach (JsonElement c in Golden.GetProperty("odd_one_out").EnumerateArray())
            Assert.Equal(c.GetProperty("odd").EnumerateArray().Select(i => i.GetInt32()), OddReferences.Find(Numbers(c, "scores")));
    }

    [Fact]
    public void Martingale_EveryCase_HasTheGoldenPValuesCapitalsAndAlarms()
    {
        foreach (JsonElement c in Golden.GetProperty("martingale").EnumerateArray())
        {
            var values = new PValues(Numbers(c, "scores"), c.GetProperty("threshold").GetDouble());
            var drift = new DriftMartingale();
            foreach (JsonElement step in c.GetProperty("steps").EnumerateArray())
            {
                double? p = values.Of(step.GetProperty("score").GetDouble(), step.GetProperty("theta").GetDouble());
                Assert.Equal(step.TryGetProperty("skipped", out JsonElement skipped) && skipped.GetBoolean(), p is null);
                if (p is not { } known)
                    continue;
                Assert.Equal(step.GetProperty("p").GetDouble(), known, Close);
                drift.Step(known);
                double expected = step.GetProperty("martingale").GetDouble();
                Assert.Equal(expected, drift.Value, Close * expected);
                Assert.Equal(step.GetProperty("alarm").GetBoolean(), drift.IsAlarm);
                // As in the fixture: somebody looks at once.
                if (drift.IsAlarm)
                    drift.Acknowledge();
            }
        }
    }

    private static double[] Numbers(JsonElement json, string key) => [.. json.GetProperty(key).EnumerateArray().Select(v => v.GetDouble())];
}
