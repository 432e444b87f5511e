using System.Numerics;
using static ClipFusion.Camera.Simulation.Noise;

namespace ClipFusion.Camera.Simulation.Materials;

/// <summary>The objects that lie on the belt, around the middle of the unit square and at most 0.7 wide and 0.6 high.</summary>
internal static class Objects
{
    private static readonly Vector2 Light = Vector2.Normalize(new Vector2(-1, -1.2f));

    public static Surface CastMetal(int size, uint seed)
    {
        var bolts = new SurfaceFeature[6];
        for (int i = 0; i < bolts.Length; i++)
        {
            (float sin, float cos) = MathF.SinCos(i * MathF.PI / 3 + 0.26f);
            bolts[i] = new SurfaceFeature("bolt", 0.5f + 0.215f * cos, 0.5f + 0.215f * sin, 0.036f, 0.036f);
        }
        return Surface.Object(
            "cast metal flange",
            size,
            canvas =>
            {
                canvas.Disc(0.5f, 0.5f, 0.29f, (u, v, d) => Iron(u, v, seed) * Bevel(u, v, d, 0.012f), inner: 0.075f);
                canvas.Disc(0.5f, 0.5f, 0.145f, (u, v, d) => Turned(u, v, seed) * Bevel(u, v, d, 0.008f), inner: 0.08f);
                foreach (SurfaceFeature bolt in bolts)
                    canvas.Disc(bolt.U, bolt.V, 0.021f, (_, _, d) => new Vector3(22, 22, 25) * (1 + MathF.Min(0.6f, -d * 20)));
            },
            bolts,
            (canvas, bolt) => Bolt(canvas, bolt, seed)
        );
    }

    public static Surface CircuitBoard(int size, uint seed)
    {
        SurfaceFeature[] parts =
        [
            new("chip", 0.40f, 0.46f, 0.078f, 0.078f),
            new("chip", 0.63f, 0.40f, 0.058f, 0.036f),
            new("chip", 0.64f, 0.585f, 0.048f, 0.032f),
            new("connector", 0.225f, 0.5f, 0.032f, 0.11f),
            new("capacitor", 0.765f, 0.36f, 0.034f, 0.034f),
            new("capacitor", 0.765f, 0.47f, 0.034f, 0.034f),
            .. Enumerable.Range(0, 5).Select(i => new SurfaceFeature("resistor", 0.335f + 0.058f * i, 0.635f, 0.019f, 0.011f)),
            .. Enumerable.Range(0, 4).Select(i => new SurfaceFeature("resistor", 0.315f + 0.05f * i, 0.315f, 0.011f, 0.019f)),
        ];
        return Surface.Object(
            "circuit board",
            size,
            canvas =>
            {
                canvas.Box(0.5f, 0.5f, 0.345f, 0.25f, 0.014f, (u, v, d) => Laminate(u, v, seed) * Bevel(u, v, d, 0.003f));
                foreach (float u in (float[])[0.178f, 0.822f])
                {
                    foreach (float v in (float[])[0.275f, 0.725f])
                    {
                        canvas.Disc(u, v, 0.017f, (_, _, _) => new Vector3(196, 168, 96));
                        canvas.Disc(u, v, 0.010f, (_, _, _) => new Vector3(34, 34, 36));
                    }
                }
                foreach (SurfaceFeature part in parts)
                    BoardParts.Pads(canvas, part);
            },
            parts,
            BoardParts.Draw
        );
    }

    public static Surface PrintedLabel(int size, uint seed)
    {
        SurfaceFeature[] prints =
        [
            new("logo", 0.285f, 0.375f, 0.072f, 0.072f),
            new("headline", 0.57f, 0.345f, 0.19f, 0.034f),
            new("text block", 0.57f, 0.46f, 0.19f, 0.055f),
            new("bar code", 0.40f, 0.635f, 0.175f, 0.062f),
            new("date", 0.70f, 0.61f, 0.078f, 0.022f),
            new("symbol", 0.70f, 0.675f, 0.03f, 0.026f),
        ];
        return Surface.Object(
            "printed label",
            size,
            canvas =>
            {
                canvas.Box(
                    0.5f,
                    0.5f,
                    0.335f,
                    0.245f,
                    0.02f,
                    (u, v, d) => (new Vector3(236, 234, 226) + new Vector3(7 * Fractal(u, v, 60, 60, 4, seed))) * Bevel(u, v, d, 0.002f)
                );
                canvas.Box(0.5f, 0.277f, 0.32f, 0.010f, new Vector3(196, 42, 48));
                canvas.Box(0.5f, 0.727f, 0.32f, 0.006f, new Vector3(40, 62, 122));
            },
            prints,
            (canvas, print) => LabelPrints.Draw(canvas, print, seed)
        );
    }

    public static Surface BlisterPack(int size, uint seed)
    {
        SurfaceFeature[] tablets =
        [
            .. Enumerable
                .Range(0, 10)
                .Select(i => new SurfaceFeature("tablet", 0.26f + 0.12f * (i % 5), 0.405f + 0.19f * (i / 5), 0.047f, 0.047f)),
        ];
        return Surface.Object(
            "blister pack",
            size,
            canvas =>
            {
                canvas.Box(0.5f, 0.5f, 0.33f, 0.215f, 0.03f, (u, v, d) => Foil(u, v, seed) * Bevel(u, v, d, 0.004f));
                foreach (SurfaceFeature tablet in tablets)
                {
                    // The bubble: a lit rim and, when empty, the foil's dull bottom.
                    canvas.Disc(
                        tablet.U,
                        tablet.V,
                        0.052f,
                        (u, v, d) => (Foil(u, v, seed + 3) * 0.72f + new Vector3(8)) * Bevel(u, v, d, 0.008f, 0.5f)
                    );
                }
            },
            tablets,
            (canvas, tablet) =>
            {
                canvas.Disc(
                    tablet.U,
                    tablet.V,
                    0.040f,
                    (u, v, d) => (new Vector3(228, 190, 96) + new Vector3(10 * Fractal(u, v, 90, 90, 3, seed + 7))) * Bevel(u, v, d, 0.011f)
                );
                canvas.Box(tablet.U, tablet.V, 0.030f, 0.0025f, new Vector3(176, 140, 62));
                canvas.Disc(
                    tablet.U - 0.016f,
                    tablet.V - 0.020f,
                    0.009f,
                    (_, _, d) => new Vector3(250, 236, 190) - new Vector3(22) * MathF.Min(1, -d * 200)
                );
            }
        );
    }

    /// <summary>Brightness of an edge that falls off over <paramref name="width"/>: lit towards the upper left of the unit square's middle,
    /// dark on the other side.</summary>
    internal static float Bevel(float u, float v, float distance, float width, float strength = 0.28f)
    {
        var outward = new Vector2(u - 0.5f, v - 0.5f);
        return 1 + strength * Step(-width, 0, distance) * Vector2.Dot(outward, Light) / MathF.Max(0.05f, outward.Length());
    }

    private static Vector3 Iron(float u, float v, uint seed)
    {
        const float e = 0.0012f;
        // The slope of a rough height lit from the upper left: what makes castings look cast.
        float slope = Fractal(u + e, v + e, 90, 90, 3, seed) - Fractal(u, v, 90, 90, 3, seed);
        return new Vector3(104, 105, 108) * (1 + 0.9f * slope + 0.12f * Fractal(u, v, 6, 6, 3, seed + 5));
    }

    private static Vector3 Turned(float u, float v, uint seed)
    {
        float radius = MathF.Sqrt((u - 0.5f) * (u - 0.5f) + (v - 0.5f) * (v - 0.5f));
        float angle = MathF.Atan2(v - 0.5f, u - 0.5f);
        float sheen = MathF.Cos(2 * (angle + 0.9f));
        return new Vector3(164, 166, 170) * (1 + 0.18f * sheen * sheen * sheen + 0.07f * Value(radius, 0, 700, 1, seed + 8));
    }

    private static void Bolt(Canvas canvas, SurfaceFeature bolt, uint seed)
    {
        canvas.Disc(bolt.U, bolt.V, 0.034f, (u, v, d) => new Vector3(138, 140, 146) * (1 - 0.25f * Step(-0.006f, 0, d)));
        float turn = (Noise.Hash((int)(bolt.U * 1000), (int)(bolt.V * 1000), seed) & 1023) / 1023f;
        canvas.Fill(
            bolt.U - 0.03f,
            bolt.V - 0.03f,
            bolt.U + 0.03f,
            bolt.V + 0.03f,
            (u, v) =>
            {
                float angle = MathF.Atan2(v - bolt.V, u - bolt.U) + turn;
                float sector = angle - MathF.Floor(angle / (MathF.PI / 3)) * (MathF.PI / 3) - MathF.PI / 6;
                float r = MathF.Sqrt((u - bolt.U) * (u - bolt.U) + (v - bolt.V) * (v - bolt.V));
                return r * MathF.Cos(sector) - 0.0225f;
            },
            (u, v, d) => new Vector3(182, 186, 192) * (1 + 0.22f * (bolt.U - u + bolt.V - v) / 0.05f - 0.3f * Step(-0.004f, 0, d))
        );
    }

    private static Vector3 Laminate(float u, float v, uint seed)
    {
        var mask = new Vector3(24, 92, 58);
        float weave = 2.5f * (MathF.Sin(u * 1500) + MathF.Sin(v * 1500));
        // Tracks: bundles of thin lines whose direction changes from field to field, with 45 degrees between.
        uint field = Hash((int)(u * 16), (int)(v * 16), seed);
        float along = (field % 3) switch
        {
            0 => u,
            1 => v,
            _ => (u + v) * 0.7071f,
        };
        float track = along * 110 - MathF.Floor(along * 110);
        bool inBundle = field % 5 != 0;
        float copper = inBundle ? Step(0.12f, 0.2f, track) * (1 - Step(0.5f, 0.58f, track)) : 0;
        return mask + new Vector3(weave) + new Vector3(14, 34, 20) * copper;
    }

    private static Vector3 Foil(float u, float v, uint seed)
    {
        float emboss = MathF.Sin(u * 520) * MathF.Sin(v * 520);
        return new Vector3(176, 180, 186) + new Vector3(7 * emboss + 16 * Fractal(u, v, 8, 8, 4, seed));
    }
}
