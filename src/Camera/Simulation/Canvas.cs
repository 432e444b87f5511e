using System.Numerics;

namespace ClipFusion.Camera.Simulation;

/// <summary>Draws an object on transparent ground; coordinates are those of the unit square, edges are one texel soft.</summary>
internal sealed class Canvas(int size)
{
    private readonly uint[] _texels = new uint[size * size];

    /// <summary>A copy of the picture with colours multiplied by alpha, as sampling and putting on a ground need it.</summary>
    public uint[] Premultiplied() =>
        Array.ConvertAll(_texels, texel => Texel.Lerp(0, texel & 0xFFFFFF, Weight(texel)) | texel & 0xFF000000);

    /// <summary>Fills a shape given by its signed distance (negative inside) with a colour per point.</summary>
    /// <param name="left">Left of the box outside of which the shape is not looked for.</param>
    /// <param name="top">Top of the box.</param>
    /// <param name="right">Right of the box.</param>
    /// <param name="bottom">Bottom of the box.</param>
    /// <param name="distance">Signed distance at (u, v).</param>
    /// <param name="colour">Colour at (u, v) and signed distance; channels 0..255.</param>
    public void Fill(
        float left,
        float top,
        float right,
        float bottom,
        Func<float, float, float> distance,
        Func<float, float, float, Vector3> colour
    )
    {
        int x0 = Math.Max(0, (int)(left * size) - 1),
            x1 = Math.Min(size - 1, (int)(right * size) + 1);
        int y0 = Math.Max(0, (int)(top * size) - 1),
            y1 = Math.Min(size - 1, (int)(bottom * size) + 1);
        for (int y = y0; y <= y1; y++)
        {
            for (int x = x0; x <= x1; x++)
            {
                float u = (x + 0.5f) / size,
                    v = (y + 0.5f) / size;
                float d = distance(u, v);
                float coverage = Math.Clamp(0.5f - d * size, 0, 1);
                if (coverage > 0)
                    Blend(ref _texels[y * size + x], Texel.Pack(colour(u, v, d)), (uint)(coverage * 256));
            }
        }
    }

    /// <summary>A disc or, with an inner radius, a ring.</summary>
    public void Disc(float u, float v, float radius, Func<float, float, float, Vector3> colour, float inner = 0) =>
        Fill(
            u - radius,
            v - radius,
            u + radius,
            v + radius,
            (x, y) =>
            {
                float r = MathF.Sqrt((x - u) * (x - u) + (y - v) * (y - v));
                return MathF.Max(r - radius, inner - r);
            },
            colour
        );

    /// <summary>A rectangle with rounded corners.</summary>
    public void Box(float u, float v, float halfWidth, float halfHeight, float corner, Func<float, float, float, Vector3> colour) =>
        Fill(
            u - halfWidth,
            v - halfHeight,
            u + halfWidth,
            v + halfHeight,
            (x, y) => BoxDistance(x - u, y - v, halfWidth, halfHeight, corner),
            colour
        );

    /// <summary>A rectangle of one colour.</summary>
    public void Box(float u, float v, float halfWidth, float halfHeight, Vector3 colour) =>
        Box(u, v, halfWidth, halfHeight, 0, (_, _, _) => colour);

    public static float BoxDistance(float du, float dv, float halfWidth, float halfHeight, float corner)
    {
        float x = MathF.Abs(du) - halfWidth + corner,
            y = MathF.Abs(dv) - halfHeight + corner;
        float outside = MathF.Sqrt(MathF.Max(x, 0) * MathF.Max(x, 0) + MathF.Max(y, 0) * MathF.Max(y, 0));
        return outside + MathF.Min(MathF.Max(x, y), 0) - corner;
    }

    /// <summary>Alpha as a weight of 256; an opaque texel keeps its colour.</summary>
    private static uint Weight(uint texel) => texel >> 24 == 255 ? 256 : texel >> 24;

    /// <summary>On transparent ground the colour is taken whole, so that edges do not darken.</summary>
    private static void Blend(ref uint texel, uint colour, uint coverage)
    {
        uint alpha = texel >> 24;
        uint mixed = alpha == 0 ? colour : Texel.Lerp(texel, colour, coverage);
        uint newAlpha = Math.Max(alpha, Math.Min(255, coverage));
        texel = (mixed & 0xFFFFFF) | newAlpha << 24;
    }
}
