using ClipFusion.Foundation;

namespace ClipFusion.Camera.Simulation;

/// <summary>What the simulated line makes and how it looks to the camera. Everything follows from these values and the part
/// number.</summary>
public sealed record LineOptions
{
    /// <summary>What is made.</summary>
    public Material Material { get; init; } = Material.CircuitBoard;

    /// <summary>Frame width in pixels, 64..8192.</summary>
    public int Width { get; init; } = 1224;

    /// <summary>Frame height in pixels, 64..8192.</summary>
    public int Height { get; init; } = 1024;

    /// <summary>Mono8, RGB8, BGR8 or BayerRG8.</summary>
    public PixelFormat Format { get; init; } = PixelFormat.RGB8;

    /// <summary>Same seed, same parts.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Share of parts with a defect, 0..1.</summary>
    public double DefectRate { get; init; } = 0.1;

    /// <summary>What can go wrong; kinds that the material can't have are passed over. Empty for all.</summary>
    public IReadOnlyList<DefectKind> Defects { get; init; } = [];

    /// <summary>How far a part lies from its place at most, as a share of the frame's width, 0..0.1.</summary>
    public float PositionJitter { get; init; } = 0.015f;

    /// <summary>How far a part is turned at most, degrees, 0..45.</summary>
    public float RotationJitter { get; init; } = 2;

    /// <summary>How far brightness differs from part to part at most, as a share, 0..0.5.</summary>
    public float BrightnessJitter { get; init; } = 0.03f;

    /// <summary>How far the light wanders at most, as a share, 0..0.5.</summary>
    public float LightingDrift { get; init; } = 0.06f;

    /// <summary>Parts that pass while the light wanders up, down and back, at least 2.</summary>
    public int DriftPeriod { get; init; } = 500;

    /// <summary>Deviation of the sensor's noise in levels of 255, 0..20.</summary>
    public float SensorNoise { get; init; } = 1.6f;

    /// <summary>The worst focus of ordinary parts: passes of a 3 x 3 binomial filter, 0..16.</summary>
    public int BlurPasses { get; init; } = 1;

    internal void Validate()
    {
        Check(Width is >= 64 and <= 8192, nameof(Width), Width, "64..8192 pixels");
        Check(Height is >= 64 and <= 8192, nameof(Height), Height, "64..8192 pixels");
        Check(
            Format is PixelFormat.Mono8 or PixelFormat.RGB8 or PixelFormat.BGR8 or PixelFormat.BayerRG8,
            nameof(Format),
            Format,
            "Mono8, RGB8, BGR8 or BayerRG8"
        );
        Check(DefectRate is >= 0 and <= 1, nameof(DefectRate), DefectRate, "0..1");
        Check(PositionJitter is >= 0 and <= 0.1f, nameof(PositionJitter), PositionJitter, "0..0.1 of the frame's width");
        Check(RotationJitter is >= 0 and <= 45, nameof(RotationJitter), RotationJitter, "0..45 degrees");
        Check(BrightnessJitter is >= 0 and <= 0.5f, nameof(BrightnessJitter), BrightnessJitter, "0..0.5");
        Check(LightingDrift is >= 0 and <= 0.5f, nameof(LightingDrift), LightingDrift, "0..0.5");
        Check(DriftPeriod >= 2, nameof(DriftPeriod), DriftPeriod, "at least 2 parts");
        Check(SensorNoise is >= 0 and <= 20, nameof(SensorNoise), SensorNoise, "0..20 levels");
        Check(BlurPasses is >= 0 and <= 16, nameof(BlurPasses), BlurPasses, "0..16 passes");
    }

    private static void Check(bool holds, string name, object value, string expected)
    {
        if (!holds)
            throw new ArgumentOutOfRangeException(name, value, $"the simulated line's {name} must be {expected}");
    }
}
