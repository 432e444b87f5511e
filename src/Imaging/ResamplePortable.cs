using System.Runtime.Intrinsics;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// The two resampling passes in 128-bit vectors that every processor has (NEON on a Jetson), with whole 32-bit weights. Same contract and,
/// bit for bit, same results as <see cref="ResampleAvx2"/>.
/// </summary>
internal static unsafe class ResamplePortable
{
    /// <summary>Horizontal pass of one colour row; all channels of a pixel side by side in one vector.</summary>
    public static void Colour(byte* row, byte* target, ResampleTable table, int first, int count, PixelFormat format)
    {
        int pixel = format.BytesPerPixel();
        bool blueFirst = format is PixelFormat.BGR8 or PixelFormat.BGRa8;
        fixed (int* weights = table.Weights)
        {
            for (int i = 0; i < count; i++)
            {
                byte* source = row + (nint)table.Start[first + i] * pixel;
                int* w = weights + (long)(first + i) * table.Stride;
                Vector128<int> sum = Vector128.Create(ResampleTable.Half);
                for (int taps = table.Count[first + i]; taps > 0; taps--, w++, source += pixel)
                {
                    Vector128<ushort> words = Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)source).AsByte());
                    sum += Vector128.WidenLower(words).AsInt32() * Vector128.Create(*w);
                }

                sum = Clamp(blueFirst ? Vector128.Shuffle(sum, Vector128.Create(2, 1, 0, 3)) : sum);
                target[i * 3] = (byte)sum.GetElement(0);
                target[i * 3 + 1] = (byte)sum.GetElement(1);
                target[i * 3 + 2] = (byte)sum.GetElement(2);
            }
        }
    }

    /// <summary>Horizontal pass of one grey row, 16 taps at a time.</summary>
    public static void Grey(byte* row, byte* target, ResampleTable table, int first, int count)
    {
        fixed (int* weights = table.Weights)
        {
            for (int i = 0; i < count; i++)
            {
                byte* source = row + table.Start[first + i];
                int* w = weights + (long)(first + i) * table.Stride;
                Vector128<int> sum = default;
                for (int taps = table.Count[first + i]; taps > 0; taps -= 16, w += 16, source += 16)
                {
                    Widen(Vector128.Load(source), out Vector128<int> a, out Vector128<int> b, out Vector128<int> c, out Vector128<int> d);
                    sum += a * Vector128.Load(w) + b * Vector128.Load(w + 4) + c * Vector128.Load(w + 8) + d * Vector128.Load(w + 12);
                }

                target[i] = (byte)Math.Clamp((Vector128.Sum(sum) + ResampleTable.Half) >> ResampleTable.FractionBits, 0, 255);
            }
        }
    }

    /// <summary>Vertical pass of one target row, 16 bytes at a time; parameters as in <see cref="ResampleAvx2.Vertical"/>.</summary>
    public static void Vertical(byte* ring, int slots, int rowStride, ResampleTable table, int row, byte* target)
    {
        int firstSlot = table.Start[row] % slots,
            taps = table.Count[row];
        fixed (int* weights = &table.Weights[(long)row * table.Stride])
        {
            for (int x = 0; x < rowStride; x += 16)
            {
                Vector128<int> sum0 = Vector128.Create(ResampleTable.Half),
                    sum1 = sum0,
                    sum2 = sum0,
                    sum3 = sum0;
                for (int k = 0, slot = firstSlot; k < taps; k++)
                {
                    Widen(
                        Vector128.Load(ring + (nint)slot * rowStride + x),
                        out Vector128<int> a,
                        out Vector128<int> b,
                        out Vector128<int> c,
                        out Vector128<int> d
                    );
                    Vector128<int> w = Vector128.Create(weights[k]);
                    (sum0, sum1, sum2, sum3) = (sum0 + a * w, sum1 + b * w, sum2 + c * w, sum3 + d * w);
                    if (++slot == slots)
                        slot = 0;
                }

                Vector128<short> lower = Vector128.Narrow(Clamp(sum0), Clamp(sum1)),
                    upper = Vector128.Narrow(Clamp(sum2), Clamp(sum3));
                Vector128.Narrow(lower.AsUInt16(), upper.AsUInt16()).Store(target + x);
            }
        }
    }

    private static void Widen(Vector128<byte> bytes, out Vector128<int> a, out Vector128<int> b, out Vector128<int> c, out Vector128<int> d)
    {
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(bytes);
        (a, b) = (Vector128.WidenLower(lower).AsInt32(), Vector128.WidenUpper(lower).AsInt32());
        (c, d) = (Vector128.WidenLower(upper).AsInt32(), Vector128.WidenUpper(upper).AsInt32());
    }

    private static Vector128<int> Clamp(Vector128<int> sum) =>
        Vector128.Min(Vector128.Max(sum >> ResampleTable.FractionBits, Vector128<int>.Zero), Vector128.Create(255));
}
