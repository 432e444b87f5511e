namespace ClipFusion.Camera.Simulation;

/// <summary>Noise that repeats after the unit square, so that textures made of it have no seams.</summary>
internal static class Noise
{
    /// <summary>Smooth noise in [-1, 1] on a lattice of <paramref name="nu"/> by <paramref name="nv"/> random values.</summary>
    public static float Value(float u, float v, int nu, int nv, uint seed)
    {
        float x = u * nu,
            y = v * nv;
        int x0 = (int)MathF.Floor(x),
            y0 = (int)MathF.Floor(y);
        float fx = Smooth(x - x0),
            fy = Smooth(y - y0);
        int xa = Wrap(x0, nu),
            xb = Wrap(x0 + 1, nu),
            ya = Wrap(y0, nv),
            yb = Wrap(y0 + 1, nv);
        float top = Lerp(Lattice(xa, ya, seed), Lattice(xb, ya, seed), fx);
        float bottom = Lerp(Lattice(xa, yb, seed), Lattice(xb, yb, seed), fx);
        return Lerp(top, bottom, fy);
    }

    /// <summary>Octaves of <see cref="Value"/>, each twice as fine and half as strong; in [-1, 1].</summary>
    public static float Fractal(float u, float v, int nu, int nv, int octaves, uint seed)
    {
        float sum = 0,
            strength = 0.5f;
        for (int i = 0; i < octaves; i++, strength /= 2)
            sum += strength * Value(u, v, nu << i, nv << i, seed + (uint)i * 977);
        return sum;
    }

    /// <summary>Random cells: distances to the nearest and second-nearest cell centre in cell widths, and the nearest cell's
    /// number.</summary>
    public static (float Nearest, float Second, uint Cell) Cells(float u, float v, int n, uint seed)
    {
        float x = u * n,
            y = v * n;
        int x0 = (int)MathF.Floor(x),
            y0 = (int)MathF.Floor(y);
        float nearest = 9,
            second = 9;
        uint cell = 0;
        for (int j = y0 - 1; j <= y0 + 1; j++)
        {
            for (int i = x0 - 1; i <= x0 + 1; i++)
            {
                uint hash = Hash(Wrap(i, n), Wrap(j, n), seed);
                float dx = i + (hash & 0xFFFF) / 65536f - x,
                    dy = j + (hash >> 16) / 65536f - y;
                float d = dx * dx + dy * dy;
                if (d < nearest)
                    (second, nearest, cell) = (nearest, d, hash);
                else if (d < second)
                    second = d;
            }
        }
        return (MathF.Sqrt(nearest), MathF.Sqrt(second), cell);
    }

    public static uint Hash(int x, int y, uint seed)
    {
        uint h = (uint)x * 0x85EBCA6B ^ (uint)y * 0xC2B2AE35 ^ seed * 0x27D4EB2F;
        h = (h ^ (h >> 15)) * 0x2C1B3C6D;
        h = (h ^ (h >> 12)) * 0x297A2D39;
        return h ^ (h >> 15);
    }

    /// <summary>0 below <paramref name="low"/>, 1 above <paramref name="high"/>, smooth between.</summary>
    public static float Step(float low, float high, float x) => Smooth(Math.Clamp((x - low) / (high - low), 0, 1));

    public static float Lerp(float a, float b, float t) => a + (b - a) * t;

    private static float Lattice(int x, int y, uint seed) => (int)Hash(x, y, seed) * (1f / 2147483648f);

    private static float Smooth(float t) => t * t * (3 - 2 * t);

    private static int Wrap(int i, int n) => (i %= n) < 0 ? i + n : i;
}
