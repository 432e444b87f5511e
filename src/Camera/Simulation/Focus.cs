using System.Numerics;

namespace ClipFusion.Camera.Simulation;

/// <summary>Blurs with the 3 x 3 binomial filter, any number of times; n passes have a deviation of the square root of n/2
/// pixels.</summary>
internal sealed class Focus(int width)
{
    private readonly uint[] _before = new uint[width + 2 + Vector<uint>.Count];
    private readonly uint[] _above = new uint[width];

    /// <summary>Blurs in place.</summary>
    public void Blur(Span<uint> pixels, int passes)
    {
        for (int pass = 0; pass < passes; pass++)
        {
            for (int at = 0; at < pixels.Length; at += width)
                Across(pixels.Slice(at, width));
            Down(pixels);
        }
    }

    private void Across(Span<uint> row)
    {
        row.CopyTo(_before.AsSpan(1));
        (_before[0], _before[width + 1]) = (row[0], row[^1]);
        ReadOnlySpan<uint> before = _before;
        int x = 0;
        for (; x <= width - Vector<uint>.Count; x += Vector<uint>.Count)
            Mix(new Vector<uint>(before[x..]), new Vector<uint>(before[(x + 1)..]), new Vector<uint>(before[(x + 2)..])).CopyTo(row[x..]);
        for (; x < width; x++)
            row[x] = Mix(before[x], before[x + 1], before[x + 2]);
    }

    private void Down(Span<uint> pixels)
    {
        pixels[..width].CopyTo(_above);
        for (int at = 0; at < pixels.Length; at += width)
        {
            Span<uint> row = pixels.Slice(at, width),
                below = at + width < pixels.Length ? pixels.Slice(at + width, width) : row;
            int x = 0;
            for (; x <= width - Vector<uint>.Count; x += Vector<uint>.Count)
            {
                var centre = new Vector<uint>(row[x..]);
                Vector<uint> mixed = Mix(new Vector<uint>(_above, x), centre, new Vector<uint>(below[x..]));
                centre.CopyTo(_above, x);
                mixed.CopyTo(row[x..]);
            }
            for (; x < width; x++)
            {
                uint centre = row[x];
                row[x] = Mix(_above[x], centre, below[x]);
                _above[x] = centre;
            }
        }
    }

    /// <summary>A quarter, a half, a quarter of four bytes at once: the mean of two bytes is their common bits plus half of the
    /// others.</summary>
    private static Vector<uint> Mix(Vector<uint> a, Vector<uint> b, Vector<uint> c) => Mean(Mean(a, c), b);

    private static Vector<uint> Mean(Vector<uint> a, Vector<uint> b) => (a & b) + (((a ^ b) & new Vector<uint>(0xFEFEFEFE)) >>> 1);

    private static uint Mix(uint a, uint b, uint c) => Mean(Mean(a, c), b);

    private static uint Mean(uint a, uint b) => (a & b) + (((a ^ b) & 0xFEFEFEFE) >> 1);
}
