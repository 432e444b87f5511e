namespace ClipFusion.Camera.Simulation;

/// <summary>Where a part lies: texel = turn and scale of the pixel's distance from the frame's middle, plus an origin.</summary>
/// <param name="Along">Texels per pixel times the cosine of the turn.</param>
/// <param name="Across">Texels per pixel times its sine.</param>
/// <param name="OriginU">Texel column at pixel (0, 0).</param>
/// <param name="OriginV">Texel row at pixel (0, 0).</param>
internal readonly record struct Placement(float Along, float Across, float OriginU, float OriginV)
{
    public static Placement Of(float scale, float radians, float middleX, float middleY, float middleU, float middleV)
    {
        (float sin, float cos) = MathF.SinCos(radians);
        (float a, float b) = (scale * cos, scale * sin);
        return new Placement(a, b, middleU - a * middleX - b * middleY, middleV + b * middleX - a * middleY);
    }

    public (float U, float V) ToTexel(float x, float y) => (OriginU + Along * x + Across * y, OriginV - Across * x + Along * y);

    public (float X, float Y) ToPixel(float u, float v)
    {
        float scale = Along * Along + Across * Across;
        (float du, float dv) = (u - OriginU, v - OriginV);
        return ((Along * du - Across * dv) / scale, (Across * du + Along * dv) / scale);
    }
}
