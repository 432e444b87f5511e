using System.Numerics;

namespace ClipFusion.Camera.Simulation;

/// <summary>Paints a defect into the picture where its coverage says that it is.</summary>
internal static class DefectLook
{
    private static readonly Vector3 StainTint = new(0.60f, 0.50f, 0.38f);

    public static void Paint(PartPlanner planner, PartPlan plan, DefectPlan defect, Coverage coverage, Span<uint> pixels)
    {
        int width = planner.Options.Width;
        Moved? moved = defect.Kind is DefectKind.MissingPart or DefectKind.MisplacedPart ? Moved.Of(planner, plan, defect) : null;
        Vector3 fibre = (defect.Seed & 1) == 0 ? new Vector3(32, 44, 96) : new Vector3(120, 26, 30);
        for (int y = coverage.Top; y < coverage.Bottom; y++)
        {
            for (int x = coverage.Left; x < coverage.Right; x++)
            {
                if (coverage[x, y] == 0)
                    continue;
                ref uint pixel = ref pixels[y * width + x];
                float amount = coverage[x, y] / 255f;
                Vector3 ground = Texel.Unpack(pixel);
                pixel = defect.Kind switch
                {
                    DefectKind.Scratch => Texel.Pack(Vector3.Lerp(ground, Scratched(ground), 0.85f * amount)),
                    DefectKind.Crack => Texel.Pack(Vector3.Lerp(ground, ground * 0.18f, amount)),
                    DefectKind.Fibre => Texel.Pack(Vector3.Lerp(ground, fibre, 0.9f * amount)),
                    DefectKind.Stain => Texel.Pack(
                        Vector3.Lerp(
                            ground,
                            ground * StainTint,
                            amount * (0.85f + 0.15f * Noise.Value(x / 64f, y / 64f, 4, 4, (uint)defect.Seed))
                        )
                    ),
                    DefectKind.Hole => Texel.Pack(Hole(ground, amount, (x - defect.X + y - defect.Y) / width)),
                    _ => moved!.Sample(x, y),
                };
            }
        }
    }

    /// <summary>Bright on dark ground and dark on bright ground: both are how scratches show under oblique light.</summary>
    private static Vector3 Scratched(Vector3 ground) =>
        ground.X + ground.Y + ground.Z > 3 * 165 ? ground * 0.42f : Vector3.Lerp(ground, new Vector3(246, 244, 238), 0.82f);

    /// <summary>Dark inside; the rim is lit on the side that faces the light from the upper left.</summary>
    private static Vector3 Hole(Vector3 ground, float amount, float awayFromLight)
    {
        Vector3 rim = ground * (awayFromLight > 0 ? 1.45f : 0.6f);
        return amount < 0.5f ? Vector3.Lerp(ground, rim, 2 * amount) : Vector3.Lerp(rim, new Vector3(14, 13, 15), 2 * amount - 1);
    }
}
