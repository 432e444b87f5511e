using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>Pixels that somebody else owns: height rows of width pixels, row r starting at byte r * stride. Read-only, never
/// kept.</summary>
public readonly ref struct ImageView
{
    /// <summary>Longest side of any picture, in pixels.</summary>
    public const int MaxSide = 65_535;

    /// <summary>Describes pixels after checking that they are all there. The last row needs no padding up to the stride.</summary>
    /// <param name="pixels">The picture's bytes; may be longer than needed.</param>
    /// <param name="width">Pixels in a row, 1..<see cref="MaxSide"/>.</param>
    /// <param name="height">Rows, 1..<see cref="MaxSide"/>.</param>
    /// <param name="stride">Bytes from one row to the next, at least width x bytes per pixel.</param>
    /// <param name="format">Layout of a pixel; Bayer mosaics have at least 3x3 pixels.</param>
    /// <exception cref="ArgumentException">A size is out of range, the stride is shorter than a row or bytes are missing.</exception>
    public ImageView(ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelFormat format)
    {
        int least = format.IsBayer() ? 3 : 1;
        if (width < least || width > MaxSide || height < least || height > MaxSide)
            throw new ArgumentException($"a {format} picture of {width}x{height} pixels: each side must be {least}..{MaxSide}");
        long row = (long)width * format.BytesPerPixel();
        if (stride < row)
            throw new ArgumentException($"stride {stride} is shorter than a row of {width} {format} pixels ({row} bytes)", nameof(stride));
        long needed = (height - 1L) * stride + row;
        if (pixels.Length < needed)
            throw new ArgumentException(
                $"{width}x{height} {format} pixels with stride {stride} need {needed} bytes, {pixels.Length} given",
                nameof(pixels)
            );

        Pixels = pixels[..(int)needed];
        (Width, Height, Stride, Format) = (width, height, stride, format);
    }

    /// <summary>The bytes from the first pixel to the last.</summary>
    public ReadOnlySpan<byte> Pixels { get; }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>Layout of a pixel.</summary>
    public PixelFormat Format { get; }

    /// <summary>Bytes of a row without padding.</summary>
    internal int RowBytes => Width * Format.BytesPerPixel();

    /// <summary>The bytes of row <paramref name="y"/>, without padding.</summary>
    public ReadOnlySpan<byte> Row(int y) => Pixels.Slice(y * Stride, RowBytes);

    /// <summary>The same memory, seen through a rectangle. Not for Bayer mosaics: their first colour would depend on the
    /// rectangle.</summary>
    /// <exception cref="ArgumentException">The rectangle leaves the picture, or the picture is a Bayer mosaic.</exception>
    public ImageView Crop(Region region)
    {
        region.EnsureInside(Width, Height);
        if (Format.IsBayer())
            throw new ArgumentException($"a {Format} mosaic can't be cropped in place: convert it to RGB first");
        return new ImageView(
            Pixels[(region.Y * Stride + region.X * Format.BytesPerPixel())..],
            region.Width,
            region.Height,
            Stride,
            Format
        );
    }
}
