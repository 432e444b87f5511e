using ClipFusion.Camera.Simulation;
using ClipFusion.Cli.Demo;

namespace ClipFusion.Tests.Cli.Demo;

public sealed class PartsSetAsideTests
{
    private static readonly LineTruth Truth = new SimulatedLine(
        new LineOptions
        {
            Width = 64,
            Height = 64,
            Material = Material.WovenFabric,
            DefectRate = 0.3,
        }
    ).Truth;

    [Fact]
    public void From_ALineWithBadParts_PicksGoodOnesOnceEach()
    {
        PartsSetAside parts = PartsSetAside.From(Truth);
        Assert.Equal((PartsSetAside.ReferenceCount, PartsSetAside.CalibrationCount), (parts.References.Length, parts.Calibration.Length));
        long[] all = [.. parts.References, .. parts.Calibration];
        Assert.Distinct(all);
        Assert.All(all, number => Assert.False(Truth.Of((ulong)number).IsDefective));
    }

    [Fact]
    public void From_AnyLine_PicksNumbersThatTheLineNeverReaches()
    {
        PartsSetAside parts = PartsSetAside.From(Truth);
        // The line counts up from 1; thirty years at one part a second.
        Assert.All(
            [.. parts.References, .. parts.Calibration],
            number => Assert.True(number > 30L * 365 * 24 * 3600, $"part {number} will be judged by and by")
        );
    }

    [Fact]
    public void From_ALineWhoseLightWanders_MeetsItsBrightAndItsDarkHalf()
    {
        PartsSetAside parts = PartsSetAside.From(Truth);
        foreach (
            long[] picked in (long[][])
                [
                    [.. parts.References],
                    [.. parts.Calibration],
                ]
        )
        {
            int bright = picked.Count(n => n % 500 < 250);
            Assert.InRange(bright, picked.Length / 4, picked.Length - picked.Length / 4);
        }
    }

    [Fact]
    public void From_ALineWithoutGoodParts_IsRefused()
    {
        LineTruth hopeless = new SimulatedLine(
            new LineOptions
            {
                Width = 64,
                Height = 64,
                DefectRate = 1,
            }
        ).Truth;
        Assert.Contains(
            "defectRate",
            Assert.Throws<ArgumentException>(() => PartsSetAside.From(hopeless)).Message,
            StringComparison.Ordinal
        );
    }
}
