namespace ClipFusion.OnnxInference.Parity;

/// <summary>
/// The picture that goldens are made of: procedural, in whole numbers, so that it is the same on every machine. A bright disc on a slanted
/// grating with a coarse texture: edges, flat areas and all grey levels, in three colours that differ.
/// </summary>
internal static class ProbePicture
{
    /// <summary>Another picture, which no network can take for the first: its negative, mirrored.</summary>
    /// <returns>uint8 [side, side, 3], RGB.</returns>
    public static byte[] OtherRgb(int side)
    {
        byte[] pixels = Rgb(side);
        // Of three colours too, in the other order.
        Array.Reverse(pixels);
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(byte.MaxValue - pixels[i]);
        return pixels;
    }

    /// <summary>uint8 [side, side, 3], RGB.</summary>
    public static byte[] Rgb(int side)
    {
        var pixels = new byte[side * side * 3];
        uint noise = 2463534242;
        for (int i = 0, y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                int u = 256 * x / side,
                    v = 256 * y / side,
                    du = u - 150,
                    dv = v - 110;
                bool inDisc = du * du + dv * dv < 64 * 64;
                int grating = ((u + (v / 3)) / 12) % 2 == 0 ? 40 : 0;
                for (int c = 0; c < 3; c++)
                {
                    // Marsaglia's xorshift.
                    noise ^= noise << 13;
                    noise ^= noise >> 17;
                    noise ^= noise << 5;
                    int level = (inDisc ? 170 : 60 + grating) + (c * (u - v) / 8) + (int)(noise % 24);
                    pixels[i++] = (byte)Math.Clamp(level, 0, 255);
                }
            }
        }

        return pixels;
    }
}
