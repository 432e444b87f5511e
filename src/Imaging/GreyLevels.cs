using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// The linear mapping of deep grey to 8 bits: black and below become 0, white and above 255, in between 255 (v - black) / (white - black)
/// rounded to the nearest integer, a half upwards. In integers, so every machine gets the same bytes.
/// </summary>
public readonly record struct GreyLevels
{
    // Exact division of anything below 2^26 by a divisor below 2^17: multiply by ceil(2^43 / divisor), shift by 43.
    private const int Shift = 43;
    private readonly ulong _reciprocal;
    private readonly uint _range;

    /// <summary>Sets the two levels.</summary>
    /// <param name="black">Value that becomes 0, 0..65534.</param>
    /// <param name="white">Value that becomes 255, black + 1..65535.</param>
    /// <exception cref="ArgumentException">The levels are out of range or not in order.</exception>
    public GreyLevels(int black, int white)
    {
        if (black < 0 || white > 65535 || black >= white)
            throw new ArgumentException($"black level {black} and white level {white}: expected 0 <= black < white <= 65535");
        (Black, White, _range) = (black, white, (uint)(white - black));
        _reciprocal = ((1UL << Shift) + (2 * _range) - 1) / (2 * _range);
    }

    /// <summary>Value that becomes 0.</summary>
    public int Black { get; }

    /// <summary>Value that becomes 255.</summary>
    public int White { get; }

    /// <summary>The full range of a grey format, the default of a recipe.</summary>
    public static GreyLevels FullRange(PixelFormat format) => new(0, format.MaxGrey());

    /// <summary>The levels of a frame; null for a format that has none.</summary>
    /// <param name="format">The frame's.</param>
    /// <param name="black">Value that becomes 0; null for 0.</param>
    /// <param name="white">Value that becomes 255; null for the format's largest.</param>
    /// <exception cref="ArgumentException">The levels are out of range or not in order.</exception>
    public static GreyLevels? Of(PixelFormat format, int? black, int? white) =>
        format.IsDeepGrey() ? new GreyLevels(black ?? 0, white ?? format.MaxGrey()) : null;

    /// <summary>One value to 8 bits. Levels that were never set (<c>default</c>) map everything to 0; <see cref="PixelConverter"/> takes
    /// them for the full range.</summary>
    public byte Map(ushort value)
    {
        uint above = (uint)Math.Clamp(value - Black, 0, (int)_range);
        return (byte)((above * 510 + _range) * _reciprocal >> Shift);
    }
}
