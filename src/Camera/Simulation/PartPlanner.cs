using ClipFusion.Camera.Simulation.Materials;

namespace ClipFusion.Camera.Simulation;

/// <summary>Decides what each part looks like, from the options' seed and its number alone. Immutable, so that camera and truth can share
/// one.</summary>
internal sealed class PartPlanner
{
    /// <summary>Objects take at most this share of the unit square; the rest is belt.</summary>
    private const float ObjectWidth = 0.78f,
        ObjectHeight = 0.70f;

    private const int BeltSize = 512;
    private readonly DefectKind[] _kinds;
    private readonly float _side;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public PartPlanner(LineOptions options)
    {
        options.Validate();
        Options = options;
        int larger = Math.Max(options.Width, options.Height);
        Surface = Surfaces.Make(
            options.Material,
            larger <= 640 ? 512
                : larger <= 1536 ? 1024
                : 2048,
            (uint)PartRandom.Mix(options.Seed)
        );
        Belt = Surfaces.Belt(BeltSize, (uint)PartRandom.Mix(options.Seed + 1));
        _side = Surface.Repeats ? larger : MathF.Min(options.Width / ObjectWidth, options.Height / ObjectHeight);
        _kinds = [.. (options.Defects.Count == 0 ? Enum.GetValues<DefectKind>() : options.Defects).Where(Surface.CanHave)];
        if (_kinds.Length == 0 && options.DefectRate > 0)
            throw new ArgumentOutOfRangeException(
                nameof(options),
                $"{Surface.Name} can have none of the defects {string.Join(", ", options.Defects)}; name another kind or a rate of 0"
            );
    }

    public LineOptions Options { get; }

    public Surface Surface { get; }

    public Surface Belt { get; }

    public PartPlan Plan(ulong part)
    {
        var random = new PartRandom(Options.Seed, part, use: 1);
        float jitter = Options.PositionJitter * Options.Width;
        float turn = random.Around(Options.RotationJitter) * (MathF.PI / 180);
        float middleX = Options.Width / 2f + random.Around(jitter),
            middleY = Options.Height / 2f + random.Around(jitter);
        float middleU = Surface.Repeats ? random.Unit() * Surface.Size : Surface.Size / 2f;
        float middleV = Surface.Repeats ? random.Unit() * Surface.Size : Surface.Size / 2f;
        Placement placement = Placement.Of(Surface.Size / _side, turn, middleX, middleY, middleU, middleV);
        double phase = 2 * Math.PI * (part % (ulong)Options.DriftPeriod) / Options.DriftPeriod;
        float gain = 1 + Options.LightingDrift * (float)Math.Sin(phase) + random.Around(Options.BrightnessJitter);
        return new PartPlan(
            placement,
            random.Below(BeltSize),
            random.Below(BeltSize),
            gain,
            0.06f + random.Around(0.02f),
            0.05f + random.Around(0.02f),
            random.Below(Options.BlurPasses + 1),
            random.Next(),
            PlanDefect(part, placement)
        );
    }

    private DefectPlan? PlanDefect(ulong part, Placement placement)
    {
        var random = new PartRandom(Options.Seed, part, use: 2);
        if (random.Unit() >= Options.DefectRate)
            return null;
        DefectKind kind = _kinds[random.Below(_kinds.Length)];
        ulong shape = random.Next();
        if (kind is DefectKind.MissingPart or DefectKind.MisplacedPart && Surface.Features.Count > 0)
        {
            SurfaceFeature feature = Surface.Features[random.Below(Surface.Features.Count)];
            (float x, float y) = placement.ToPixel(feature.U * Surface.Size, feature.V * Surface.Size);
            return new DefectPlan(kind, x, y, shape, feature);
        }
        return Place(kind, shape, placement, ref random);
    }

    /// <summary>Looks for a place that lies on the part with some margin, so that no defect is on the belt.</summary>
    private DefectPlan Place(DefectKind kind, ulong shape, Placement placement, ref PartRandom random)
    {
        float margin = 0.02f * Options.Width;
        for (int attempt = 0; attempt < 100; attempt++)
        {
            float x = random.Range(0.08f, 0.92f) * Options.Width,
                y = random.Range(0.08f, 0.92f) * Options.Height;
            if (
                IsPart(placement, x - margin, y)
                && IsPart(placement, x + margin, y)
                && IsPart(placement, x, y - margin)
                && IsPart(placement, x, y + margin)
            )
                return new DefectPlan(kind, x, y, shape, Feature: null);
        }
        throw new InvalidOperationException($"no place for a defect found on {Surface.Name}");
    }

    /// <summary>Whether this pixel shows the part and not the belt.</summary>
    public bool IsPart(Placement placement, float x, float y)
    {
        (float u, float v) = placement.ToTexel(x, y);
        int mask = Surface.Size - 1;
        return Surface.Texels[((int)MathF.Floor(v) & mask) * Surface.Size + ((int)MathF.Floor(u) & mask)] >> 24 >= 128;
    }
}
