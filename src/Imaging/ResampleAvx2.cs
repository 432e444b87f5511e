using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// The two resampling passes with 16-bit multiply-add. A 22-bit weight does not fit 16 bits, so each is applied as two halves (w = 256 high
/// + low) whose 32-bit sums are joined before the fraction is shifted out: the result is the scalar one, bit for bit. Rows may be read 16
/// bytes beyond their end (<see cref="PillowResampler"/> sees to it), where the weights are 0.
/// </summary>
internal static unsafe class ResampleAvx2
{
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>
    /// Horizontal pass of four colour rows at a time, which share the loads of the weights. Four pixels are gathered into words
    /// (r0 r1 g0 g1 b0 b1 - - | r2 r3 g2 g3 b2 b3 - -), so one multiply-add does two taps of three channels in each half.
    /// </summary>
    /// <param name="rows">Four row starts (may repeat).</param>
    /// <param name="targets">Four rows of 3 x count bytes, written 1 byte beyond.</param>
    /// <param name="table">Weights.</param>
    /// <param name="first">First target column.</param>
    /// <param name="count">Target columns.</param>
    /// <param name="format">Rgb8, Bgr8, Rgba8 or Bgra8; the result is RGB.</param>
    public static void Colour(byte** rows, byte** targets, ResampleTable table, int first, int count, PixelFormat format)
    {
        int pixel = format.BytesPerPixel(),
            stride = table.Stride * 8;
        Vector256<byte> gather = Gather(pixel, blueFirst: format is PixelFormat.BGR8 or PixelFormat.BGRa8);
        byte* row0 = rows[0],
            row1 = rows[1],
            row2 = rows[2],
            row3 = rows[3];
        fixed (short* halves = table.ColourHalves)
        {
            for (int i = 0; i < count; i++)
            {
                short* w = halves + (long)(first + i) * stride;
                nint at = (nint)table.Start[first + i] * pixel;
                Vector256<int> high0 = default,
                    high1 = default,
                    high2 = default,
                    high3 = default;
                Vector256<int> low0 = default,
                    low1 = default,
                    low2 = default,
                    low3 = default;
                for (int taps = table.Count[first + i]; taps > 0; taps -= 4, w += 32, at += 4 * pixel)
                {
                    Vector256<short> high = Avx.LoadVector256(w),
                        low = Avx.LoadVector256(w + 16);
                    Add(row0 + at, gather, high, low, ref high0, ref low0);
                    Add(row1 + at, gather, high, low, ref high1, ref low1);
                    Add(row2 + at, gather, high, low, ref high2, ref low2);
                    Add(row3 + at, gather, high, low, ref high3, ref low3);
                }

                // Four pixels of four bytes; the fourth byte is written over by the next column.
                Vector128<uint> packed = Pack(Fold(high0, low0), Fold(high1, low1), Fold(high2, low2), Fold(high3, low3)).AsUInt32();
                *(uint*)(targets[0] + i * 3) = packed.GetElement(0);
                *(uint*)(targets[1] + i * 3) = packed.GetElement(1);
                *(uint*)(targets[2] + i * 3) = packed.GetElement(2);
                *(uint*)(targets[3] + i * 3) = packed.GetElement(3);
            }
        }

        static void Add(
            byte* source,
            Vector256<byte> gather,
            Vector256<short> high,
            Vector256<short> low,
            ref Vector256<int> highSum,
            ref Vector256<int> lowSum
        )
        {
            Vector256<short> pixels = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(source), gather).AsInt16();
            highSum += Avx2.MultiplyAddAdjacent(pixels, high);
            lowSum += Avx2.MultiplyAddAdjacent(pixels, low);
        }
    }

    /// <summary>Horizontal pass of four grey rows at a time, 16 taps per multiply-add.</summary>
    /// <param name="rows">Four row starts (may repeat).</param>
    /// <param name="targets">Four rows of count bytes.</param>
    /// <param name="table">Weights.</param>
    /// <param name="first">First target column.</param>
    /// <param name="count">Target columns.</param>
    public static void Grey(byte** rows, byte** targets, ResampleTable table, int first, int count)
    {
        int stride = table.Stride * 2;
        fixed (short* halves = table.GreyHalves)
        {
            for (int i = 0; i < count; i++)
            {
                int start = table.Start[first + i],
                    taps = table.Count[first + i];
                short* w = halves + (long)(first + i) * stride;
                Vector128<int> ab = Ssse3.HorizontalAdd(Sum(rows[0] + start, w, taps), Sum(rows[1] + start, w, taps));
                Vector128<int> cd = Ssse3.HorizontalAdd(Sum(rows[2] + start, w, taps), Sum(rows[3] + start, w, taps));
                Vector128<int> sums = Finish(Ssse3.HorizontalAdd(ab, cd));
                uint packed = Pack(sums, sums, sums, sums).AsUInt32().ToScalar();
                targets[0][i] = (byte)packed;
                targets[1][i] = (byte)(packed >> 8);
                targets[2][i] = (byte)(packed >> 16);
                targets[3][i] = (byte)(packed >> 24);
            }
        }

        static Vector128<int> Sum(byte* source, short* w, int taps)
        {
            Vector256<int> high = default,
                low = default;
            for (; taps > 0; taps -= 16, w += 32, source += 16)
            {
                Vector256<short> pixels = Avx2.ConvertToVector256Int16(source);
                high += Avx2.MultiplyAddAdjacent(pixels, Avx.LoadVector256(w));
                low += Avx2.MultiplyAddAdjacent(pixels, Avx.LoadVector256(w + 16));
            }

            Vector256<int> sum = (high << 8) + low;
            return sum.GetLower() + sum.GetUpper();
        }
    }

    /// <summary>Vertical pass of one target row: two source rows are interleaved, so one multiply-add does two taps of eight
    /// bytes.</summary>
    /// <param name="ring">Rows that the horizontal pass left, row r at slot r modulo slots.</param>
    /// <param name="slots">Rows in the ring.</param>
    /// <param name="rowStride">Bytes from slot to slot, a multiple of 16.</param>
    /// <param name="table">Weights.</param>
    /// <param name="row">Target row.</param>
    /// <param name="target">rowStride bytes.</param>
    public static void Vertical(byte* ring, int slots, int rowStride, ResampleTable table, int row, byte* target)
    {
        int firstSlot = table.Start[row] % slots,
            taps = table.Count[row];
        fixed (int* pairs = table.RowPairs)
        {
            for (int x = 0; x < rowStride; x += 16)
            {
                Vector256<int> high0 = default,
                    high1 = default,
                    low0 = default,
                    low1 = default;
                int* w = pairs + (long)row * table.Stride;
                for (int k = 0, slot = firstSlot; k < taps; k += 2, w += 2)
                {
                    Vector128<byte> a = Sse2.LoadVector128(ring + (nint)slot * rowStride + x);
                    if (++slot == slots)
                        slot = 0;
                    // With an odd number of taps the last partner is any row: its weight is 0.
                    Vector128<byte> b = Sse2.LoadVector128(ring + (nint)slot * rowStride + x);
                    if (++slot == slots)
                        slot = 0;
                    Vector256<short> near = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(a, b)),
                        far = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(a, b));
                    Vector256<short> high = Vector256.Create(w[0]).AsInt16(),
                        low = Vector256.Create(w[1]).AsInt16();
                    high0 += Avx2.MultiplyAddAdjacent(near, high);
                    high1 += Avx2.MultiplyAddAdjacent(far, high);
                    low0 += Avx2.MultiplyAddAdjacent(near, low);
                    low1 += Avx2.MultiplyAddAdjacent(far, low);
                }

                Vector256<int> first = (high0 << 8) + low0,
                    second = (high1 << 8) + low1;
                Pack(Finish(first.GetLower()), Finish(first.GetUpper()), Finish(second.GetLower()), Finish(second.GetUpper()))
                    .Store(target + x);
            }
        }
    }

    private static Vector256<byte> Gather(int pixel, bool blueFirst)
    {
        byte red = (byte)(blueFirst ? 2 : 0),
            blue = (byte)(2 - red),
            p = (byte)pixel;
        const byte None = 0x80;
        Vector128<byte> pair = Vector128.Create(
            red,
            None,
            (byte)(red + p),
            None,
            1,
            None,
            (byte)(1 + p),
            None,
            blue,
            None,
            (byte)(blue + p),
            None,
            None,
            None,
            None,
            None
        );
        // Adding to None keeps its top bit, which is all that the shuffle looks at.
        return Vector256.Create(pair, pair + Vector128.Create((byte)(2 * p)));
    }

    private static Vector128<int> Fold(Vector256<int> high, Vector256<int> low)
    {
        Vector256<int> sum = (high << 8) + low;
        return Finish(sum.GetLower() + sum.GetUpper());
    }

    private static Vector128<int> Finish(Vector128<int> sum) => (sum + Vector128.Create(ResampleTable.Half)) >> ResampleTable.FractionBits;

    /// <summary>Clamps to 0..255.</summary>
    private static Vector128<byte> Pack(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) =>
        Sse2.PackUnsignedSaturate(Sse2.PackSignedSaturate(a, b), Sse2.PackSignedSaturate(c, d));
}
