using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>Conversions of one row, written for speed: a frame has thousands of them.</summary>
internal static class PixelRows
{
    /// <summary>Mono8, Rgb8, Bgr8, Rgba8 or Bgra8 to RGB bytes.</summary>
    public static void ToRgb(ReadOnlySpan<byte> source, PixelFormat format, Span<byte> rgb)
    {
        switch (format)
        {
            case PixelFormat.RGB8:
                source.CopyTo(rgb);
                break;
            case PixelFormat.Mono8:
                Gather(source, rgb, 1, 5, Vector128.Create((byte)0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5), 0, 0, 0);
                break;
            case PixelFormat.BGR8:
                Gather(source, rgb, 3, 5, Vector128.Create((byte)2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 15), 2, 1, 0);
                break;
            case PixelFormat.RGBa8:
                Gather(source, rgb, 4, 4, Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15), 0, 1, 2);
                break;
            case PixelFormat.BGRa8:
                Gather(source, rgb, 4, 4, Vector128.Create((byte)2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15), 2, 1, 0);
                break;
            default:
                throw new ArgumentException($"{format} rows can't be reordered to RGB");
        }
    }

    /// <summary>16-bit little-endian grey to 8 bits by <paramref name="levels"/>.</summary>
    public static void ToMono8(ReadOnlySpan<byte> source, in GreyLevels levels, Span<byte> grey)
    {
        if (!BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < grey.Length; i++)
                grey[i] = levels.Map(BinaryPrimitives.ReadUInt16LittleEndian(source[(2 * i)..]));
            return;
        }

        ReadOnlySpan<ushort> values = MemoryMarshal.Cast<byte, ushort>(source)[..grey.Length];
        for (int i = 0; i < values.Length; i++)
            grey[i] = levels.Map(values[i]);
    }

    /// <summary>
    /// <paramref name="step"/> pixels per 16-byte load; the bytes that the store writes too many are written over by the next one, so it
    /// stops while a whole store still fits.
    /// </summary>
    private static void Gather(
        ReadOnlySpan<byte> source,
        Span<byte> rgb,
        int pixel,
        int step,
        Vector128<byte> order,
        int red,
        int green,
        int blue
    )
    {
        int s = 0,
            t = 0;
        for (; s + 16 <= source.Length && t + 16 <= rgb.Length; s += step * pixel, t += step * 3)
            Vector128.ShuffleNative(Vector128.Create(source.Slice(s, 16)), order).CopyTo(rgb[t..]);
        for (; s < source.Length; s += pixel, t += 3)
            (rgb[t], rgb[t + 1], rgb[t + 2]) = (source[s + red], source[s + green], source[s + blue]);
    }
}
