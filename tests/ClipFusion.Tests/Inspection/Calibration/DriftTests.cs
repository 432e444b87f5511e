using ClipFusion.Inspection.Calibration;

namespace ClipFusion.Tests.Inspection.Calibration;

public sealed class DriftTests
{
    [Fact]
    public void Martingale_AfterAnAlarm_StaysUntilItIsAcknowledged()
    {
        var drift = new DriftMartingale();
        while (!drift.IsAlarm)
            drift.Step(0.01);
        double[] at = [.. drift.Capitals];
        foreach (double p in (double[])[0.99, 0.5, 0.01])
            drift.Step(p);
        Assert.Equal(at, drift.Capitals);
        drift.Acknowledge();
        Assert.False(drift.IsAlarm);
        Assert.Equal(1, drift.Value, 1e-15);
    }

    [Fact]
    public void Martingale_GoesOnFromWhatWasKept()
    {
        var random = new Random(3);
        var whole = new DriftMartingale();
        var parts = new DriftMartingale();
        for (int i = 0; i < 200; i++)
        {
            double p = Math.Pow(random.NextDouble(), 1.1);
            whole.Step(p);
            parts.Step(p);
            parts = new DriftMartingale([.. parts.Capitals]);
        }

        Assert.Equal(whole.Capitals, parts.Capitals);
    }

    [Fact]
    public void Martingale_WhatIsNoPValueOrCapital_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DriftMartingale().Step(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DriftMartingale().Step(1.5));
        Assert.Throws<ArgumentException>(() => new DriftMartingale([1, 1]));
        Assert.Throws<ArgumentException>(() => new DriftMartingale([1, 1, double.NaN]));
    }

    [Fact]
    public void PValues_OfPartsThatComeAsTheCalibrationCame_AreUniform()
    {
        var random = new Random(11);
        double[] deciles = new double[10];
        const int Sets = 400,
            Parts = 50;
        for (int set = 0; set < Sets; set++)
        {
            double[] scores = [.. Enumerable.Range(0, 40).Select(_ => Math.Round(random.NextDouble(), 2))];
            var values = new PValues(scores, threshold: 0.9);
            for (int i = 0; i < Parts; i++)
                if (values.Of(Math.Round(random.NextDouble(), 2), random.NextDouble()) is { } p)
                    deciles[Math.Min(9, (int)(10 * p))]++;
        }

        double expected = deciles.Sum() / 10;
        Assert.All(deciles, d => Assert.InRange(d / expected, 0.9, 1.1));
    }

    [Fact]
    public void PValues_OfAPartAboveTheThreshold_AreNone()
    {
        var values = new PValues([0.1, 0.2, 0.3], 0.25);
        Assert.Null(values.Of(0.2500001, 0.5));
        Assert.NotNull(values.Of(0.25, 0.5));
        Assert.Null(values.Of(double.NaN, 0.5));
    }

    [Fact]
    public void Theta_OfAnInspection_IsTheFirst53BitsOfItsHash()
    {
        // SHA-256 of "01ARZ3NDEKTSV4RRFFQ69G5FAV" begins with 8eac53b3f14d71fe.
        Assert.Equal(0.5573170008004149, PValues.Theta("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
        Assert.InRange(PValues.Theta("01ARZ3NDEKTSV4RRFFQ69G5FAW"), 0, 0.9999999999999999);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void OddReferences_SoFew_SayNothing(int references)
    {
        Assert.False(OddReferences.CanTell(references));
        Assert.Empty(OddReferences.Find([.. Enumerable.Range(0, references).Select(i => i == 0 ? 100.0 : 0.1)]));
    }

    [Fact]
    public void Provisional_NoScoreOrOneThatIsNotFinite_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ProvisionalThreshold.Of([]));
        Assert.Throws<ArgumentException>(() => ProvisionalThreshold.Of([0.1, double.NaN]));
        Assert.Equal(0.3, ProvisionalThreshold.Of([0.3]));
    }
}
