namespace ClipFusion.Foundation;

/// <summary>
/// How one pixel lies in memory. Names are those of the GenICam Pixel Format Naming Convention, except <see cref="Encoded"/>.
/// </summary>
public enum PixelFormat
{
    /// <summary>One byte of grey.</summary>
    Mono8,

    /// <summary>Grey, 0..1023 in a little-endian 16-bit container.</summary>
    Mono10,

    /// <summary>Grey, 0..4095 in a little-endian 16-bit container.</summary>
    Mono12,

    /// <summary>Grey, 0..65535, little-endian.</summary>
    Mono16,

    /// <summary>Three bytes: red, green, blue.</summary>
    RGB8,

    /// <summary>Three bytes: blue, green, red.</summary>
    BGR8,

    /// <summary>Four bytes: red, green, blue, alpha (dropped, never blended).</summary>
    RGBa8,

    /// <summary>Four bytes: blue, green, red, alpha (dropped, never blended).</summary>
    BGRa8,

    /// <summary>Bayer mosaic whose first row starts red, green.</summary>
    BayerRG8,

    /// <summary>Bayer mosaic whose first row starts green, blue.</summary>
    BayerGB8,

    /// <summary>Bayer mosaic whose first row starts green, red.</summary>
    BayerGR8,

    /// <summary>Bayer mosaic whose first row starts blue, green.</summary>
    BayerBG8,

    /// <summary>The bytes of an image file (PNG, JPEG, ...) that somebody else decodes; it has no width, height or stride.</summary>
    Encoded,
}

/// <summary>What buffers and conversions need to know about a <see cref="PixelFormat"/>.</summary>
public static class PixelFormats
{
    /// <summary>Bytes from one pixel to the next.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is <see cref="PixelFormat.Encoded"/> or not one of the
    /// enumeration's.</exception>
    public static int BytesPerPixel(this PixelFormat format) =>
        format switch
        {
            PixelFormat.Mono8 or PixelFormat.BayerRG8 or PixelFormat.BayerGB8 or PixelFormat.BayerGR8 or PixelFormat.BayerBG8 => 1,
            PixelFormat.Mono10 or PixelFormat.Mono12 or PixelFormat.Mono16 => 2,
            PixelFormat.RGB8 or PixelFormat.BGR8 => 3,
            PixelFormat.RGBa8 or PixelFormat.BGRa8 => 4,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "only formats of pixels have a pixel size"),
        };

    /// <summary>Whether each byte is one colour of a mosaic.</summary>
    public static bool IsBayer(this PixelFormat format) => format is >= PixelFormat.BayerRG8 and <= PixelFormat.BayerBG8;

    /// <summary>Whether pixels are grey in 16-bit containers, so that black and white levels apply.</summary>
    public static bool IsDeepGrey(this PixelFormat format) => format is PixelFormat.Mono10 or PixelFormat.Mono12 or PixelFormat.Mono16;

    /// <summary>The largest value that a grey format can hold: 255, 1023, 4095 or 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The format is not grey.</exception>
    public static int MaxGrey(this PixelFormat format) =>
        format switch
        {
            PixelFormat.Mono8 => 255,
            PixelFormat.Mono10 => 1023,
            PixelFormat.Mono12 => 4095,
            PixelFormat.Mono16 => 65535,
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "only Mono8, Mono10, Mono12 and Mono16 are grey"),
        };
}
