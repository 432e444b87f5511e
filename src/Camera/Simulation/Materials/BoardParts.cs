using System.Numerics;

namespace ClipFusion.Camera.Simulation.Materials;

/// <summary>What sits on the circuit board, and the solder pads that show when it doesn't.</summary>
internal static class BoardParts
{
    private static readonly Vector3 Tin = new(188, 190, 186);
    private static readonly Vector3 Silkscreen = new(216, 222, 212);

    public static void Pads(Canvas canvas, SurfaceFeature part)
    {
        switch (part.Name)
        {
            case "chip":
                Legs(canvas, part, length: 0.012f);
                break;
            case "resistor":
                (float du, float dv) = Ends(part);
                canvas.Box(part.U - du, part.V - dv, 0.010f, 0.010f, 0.002f, Solder);
                canvas.Box(part.U + du, part.V + dv, 0.010f, 0.010f, 0.002f, Solder);
                break;
            case "capacitor":
                canvas.Disc(part.U, part.V, part.HalfWidth, (_, _, _) => Silkscreen, inner: part.HalfWidth - 0.003f);
                canvas.Disc(part.U - 0.013f, part.V, 0.008f, Solder);
                canvas.Disc(part.U + 0.013f, part.V, 0.008f, Solder);
                break;
            default:
                for (int i = 0; i < 8; i++)
                    canvas.Disc(part.U, part.V - 0.085f + 0.0243f * i, 0.008f, Solder);
                break;
        }
    }

    public static void Draw(Canvas canvas, SurfaceFeature part)
    {
        switch (part.Name)
        {
            case "chip":
                canvas.Box(
                    part.U,
                    part.V,
                    part.HalfWidth - 0.010f,
                    part.HalfHeight - 0.010f,
                    0.003f,
                    (u, v, d) => new Vector3(38, 39, 42) * (1 + 0.9f * Noise.Step(-0.004f, 0, d))
                );
                canvas.Disc(
                    part.U - part.HalfWidth + 0.022f,
                    part.V - part.HalfHeight + 0.021f,
                    0.005f,
                    (_, _, _) => new Vector3(84, 86, 88)
                );
                for (int i = 0; i < 2; i++)
                    canvas.Box(part.U + 0.006f, part.V - 0.004f + 0.011f * i, part.HalfWidth * 0.45f, 0.0022f, new Vector3(146, 148, 148));
                break;
            case "resistor":
                (float du, float dv) = Ends(part);
                canvas.Box(part.U, part.V, part.HalfWidth - 0.002f, part.HalfHeight - 0.002f, Tin);
                canvas.Box(part.U, part.V, du == 0 ? 0.009f : 0.0105f, du == 0 ? 0.0105f : 0.009f, new Vector3(30, 30, 33));
                break;
            case "capacitor":
                canvas.Disc(
                    part.U,
                    part.V,
                    part.HalfWidth - 0.003f,
                    (u, v, d) => new Vector3(186, 190, 196) * (1 - 0.35f * Noise.Step(-0.006f, 0, d))
                );
                canvas.Fill(
                    part.U - 0.03f,
                    part.V - 0.03f,
                    part.U + 0.03f,
                    part.V + 0.03f,
                    (u, v) =>
                    {
                        float r = MathF.Sqrt((u - part.U) * (u - part.U) + (v - part.V) * (v - part.V));
                        return MathF.Max(r - 0.026f, u - part.U + 0.012f);
                    },
                    (_, _, _) => new Vector3(46, 50, 76)
                );
                break;
            default:
                canvas.Box(
                    part.U,
                    part.V,
                    part.HalfWidth,
                    part.HalfHeight,
                    0.003f,
                    (u, v, d) => new Vector3(226, 220, 200) * (1 - 0.3f * Noise.Step(-0.006f, 0, d))
                );
                for (int i = 0; i < 8; i++)
                    canvas.Box(part.U, part.V - 0.085f + 0.0243f * i, 0.012f, 0.007f, new Vector3(70, 66, 58));
                break;
        }
    }

    private static void Legs(Canvas canvas, SurfaceFeature chip, float length)
    {
        const float pitch = 0.0118f;
        for (float offset = pitch / 2; offset < chip.HalfWidth - 0.014f; offset += pitch)
        {
            foreach (float u in (float[])[chip.U - offset, chip.U + offset])
            {
                canvas.Box(u, chip.V - chip.HalfHeight + length / 2, 0.0034f, length / 2, Tin);
                canvas.Box(u, chip.V + chip.HalfHeight - length / 2, 0.0034f, length / 2, Tin);
            }
        }
    }

    private static Vector3 Solder(float u, float v, float distance) => Tin * (0.8f + MathF.Min(0.25f, -distance * 60));

    private static (float U, float V) Ends(SurfaceFeature part) => part.HalfWidth > part.HalfHeight ? (0.013f, 0) : (0, 0.013f);
}
