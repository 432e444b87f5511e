using System.Runtime.InteropServices;

namespace ClipFusion.Camera.Simulation;

/// <summary>How much each pixel of the frame belongs to a defect, 0..255, and the box outside of which none does. Reused from part to
/// part.</summary>
internal sealed class Coverage
{
    private readonly int _width;
    private readonly int _height;
    private readonly byte[] _values;

    public Coverage(int width, int height)
    {
        (_width, _height) = (width, height);
        _values = new byte[width * height];
        Clear();
    }

    public int Left { get; private set; }

    public int Top { get; private set; }

    /// <summary>One past the last column.</summary>
    public int Right { get; private set; }

    /// <summary>One past the last row.</summary>
    public int Bottom { get; private set; }

    public byte this[int x, int y] => _values[y * _width + x];

    public Span<byte> Row(int y) => MemoryMarshal.CreateSpan(ref _values[y * _width], _width);

    /// <summary>Empties it; only what was drawn is touched.</summary>
    public void Clear()
    {
        for (int y = Top; y < Bottom; y++)
            Row(y)[Left..Right].Clear();
        (Left, Top, Right, Bottom) = (_width, _height, 0, 0);
    }

    /// <summary>Draws a shape: the larger of what is there and <paramref name="value"/> (0..1) in a box of pixels.</summary>
    public void Draw(float left, float top, float right, float bottom, Func<float, float, float> value)
    {
        int x0 = Math.Max(0, (int)left - 1),
            x1 = Math.Min(_width, (int)right + 2),
            y0 = Math.Max(0, (int)top - 1),
            y1 = Math.Min(_height, (int)bottom + 2);
        if (x0 >= x1 || y0 >= y1)
            return;
        (Left, Top, Right, Bottom) = (Math.Min(Left, x0), Math.Min(Top, y0), Math.Max(Right, x1), Math.Max(Bottom, y1));
        for (int y = y0; y < y1; y++)
        {
            Span<byte> row = Row(y);
            for (int x = x0; x < x1; x++)
                row[x] = Math.Max(row[x], (byte)(Math.Clamp(value(x, y), 0, 1) * 255));
        }
    }

    /// <summary>Draws a line with round ends whose half width goes from <paramref name="r0"/> to <paramref name="r1"/>.</summary>
    public void Line(float x0, float y0, float x1, float y1, float r0, float r1)
    {
        float dx = x1 - x0,
            dy = y1 - y0,
            r = MathF.Max(r0, r1),
            length = MathF.Max(1e-6f, dx * dx + dy * dy);
        Draw(
            MathF.Min(x0, x1) - r,
            MathF.Min(y0, y1) - r,
            MathF.Max(x0, x1) + r,
            MathF.Max(y0, y1) + r,
            (x, y) =>
            {
                float t = Math.Clamp(((x - x0) * dx + (y - y0) * dy) / length, 0, 1);
                float ex = x - x0 - t * dx,
                    ey = y - y0 - t * dy;
                return r0 + t * (r1 - r0) + 0.5f - MathF.Sqrt(ex * ex + ey * ey);
            }
        );
    }

    /// <summary>Takes away what is not on the part.</summary>
    public void Keep(Func<int, int, bool> isPart)
    {
        for (int y = Top; y < Bottom; y++)
        {
            Span<byte> row = Row(y);
            for (int x = Left; x < Right; x++)
            {
                if (row[x] != 0 && !isPart(x, y))
                    row[x] = 0;
            }
        }
    }
}
