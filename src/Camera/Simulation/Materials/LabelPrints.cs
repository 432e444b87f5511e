using System.Numerics;

namespace ClipFusion.Camera.Simulation.Materials;

/// <summary>What is printed on the label: marks that read as text, a bar code and a logo from afar.</summary>
internal static class LabelPrints
{
    private static readonly Vector3 Black = new(34, 33, 36);
    private static readonly Vector3 Blue = new(40, 62, 122);

    public static void Draw(Canvas canvas, SurfaceFeature print, uint seed)
    {
        switch (print.Name)
        {
            case "logo":
                canvas.Disc(print.U, print.V, print.HalfWidth, (_, _, _) => new Vector3(196, 42, 48), inner: print.HalfWidth * 0.72f);
                canvas.Disc(
                    print.U,
                    print.V,
                    print.HalfWidth * 0.5f,
                    (u, v, _) => u - print.U > v - print.V ? Blue : new Vector3(196, 42, 48)
                );
                break;
            case "headline":
                Letters(canvas, print, lines: 1, Blue, seed);
                break;
            case "text block":
                Letters(canvas, print, lines: 4, Black, seed + 1);
                break;
            case "bar code":
                Bars(canvas, print, seed + 2);
                break;
            case "date":
                Letters(canvas, print, lines: 1, Black, seed + 3);
                break;
            default:
                canvas.Fill(
                    print.U - print.HalfWidth,
                    print.V - print.HalfHeight,
                    print.U + print.HalfWidth,
                    print.V + print.HalfHeight,
                    (u, v) =>
                    {
                        float y = (v - print.V + print.HalfHeight) / (2 * print.HalfHeight);
                        float half = y * print.HalfWidth;
                        float triangle = MathF.Max(MathF.Abs(u - print.U) - half, MathF.Abs(v - print.V) - print.HalfHeight);
                        float inside = MathF.Max(MathF.Abs(u - print.U) - half + 0.009f, v - print.V - print.HalfHeight + 0.006f);
                        return MathF.Max(triangle, -inside);
                    },
                    (_, _, _) => Black
                );
                break;
        }
    }

    /// <summary>Lines of glyphs, each a stem and one or two strokes; words are separated.</summary>
    private static void Letters(Canvas canvas, SurfaceFeature area, int lines, Vector3 ink, uint seed)
    {
        float lineHeight = 2 * area.HalfHeight / lines,
            height = lineHeight * 0.36f,
            width = height * 0.62f,
            stroke = height * 0.20f;
        for (int line = 0; line < lines; line++)
        {
            float v = area.V - area.HalfHeight + (line + 0.5f) * lineHeight;
            float end = area.U + area.HalfWidth - (line == lines - 1 && lines > 1 ? area.HalfWidth * 0.7f : 0);
            for (float u = area.U - area.HalfWidth + width; u < end - width; u += width * 2.6f)
            {
                uint glyph = Noise.Hash((int)(u * 5000), line, seed);
                if (glyph % 6 == 0)
                    continue;
                canvas.Box(u - width + stroke, v, stroke, height, ink);
                if ((glyph & 8) != 0)
                    canvas.Box(u + width - stroke, v, stroke, height, ink);
                if ((glyph & 16) != 0)
                    canvas.Box(u, v - height + stroke, width, stroke, ink);
                if ((glyph & 32) != 0)
                    canvas.Box(u, v, width, stroke, ink);
                if ((glyph & 64) != 0)
                    canvas.Box(u, v + height - stroke, width, stroke, ink);
            }
        }
    }

    private static void Bars(Canvas canvas, SurfaceFeature area, uint seed)
    {
        const float unit = 0.0024f;
        float u = area.U - area.HalfWidth;
        for (int i = 0; u < area.U + area.HalfWidth - 4 * unit; i++)
        {
            uint bar = Noise.Hash(i, 0, seed);
            float width = unit * (1 + bar % 3);
            canvas.Box(u + width / 2, area.V - 0.006f, width / 2, area.HalfHeight - 0.006f, Black);
            u += width + unit * (1 + (bar >> 8) % 3);
        }
        Letters(
            canvas,
            new SurfaceFeature("digits", area.U, area.V + area.HalfHeight - 0.005f, area.HalfWidth, 0.009f),
            1,
            Black,
            seed + 1
        );
    }
}
