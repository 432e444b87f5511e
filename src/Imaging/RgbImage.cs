using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// A picture that owns its memory: tightly packed red, green, blue bytes, row after row. For references, tests and results that leave the
/// pipeline; inside the pipeline pixels stay in the frame's pooled memory and travel as <see cref="ImageView"/>.
/// </summary>
public sealed class RgbImage
{
    /// <summary>A black picture.</summary>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    public RgbImage(int width, int height)
        : this(width, height, new byte[ByteCount(width, height)]) { }

    /// <summary>Takes over <paramref name="pixels"/>; the caller must not change them any more.</summary>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixels">Exactly height x width x 3 bytes.</param>
    /// <exception cref="ArgumentException">A size is out of range or the number of bytes is not the picture's.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != ByteCount(width, height))
            throw new ArgumentException(
                $"a {width}x{height} RGB picture has {ByteCount(width, height)} bytes, {pixels.Length} given",
                nameof(pixels)
            );
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>height x width x 3 bytes.</summary>
    public byte[] Pixels { get; }

    /// <summary>The picture as a view.</summary>
    public ImageView View => new(Pixels, Width, Height, Width * 3, PixelFormat.RGB8);

    /// <summary>Bytes of a tightly packed RGB picture.</summary>
    /// <exception cref="ArgumentException">A side is not 1..<see cref="ImageView.MaxSide"/> or the picture exceeds 2 GiB.</exception>
    public static int ByteCount(int width, int height)
    {
        long bytes = (long)width * height * 3;
        if (width < 1 || height < 1 || width > ImageView.MaxSide || height > ImageView.MaxSide || bytes > Array.MaxLength)
            throw new ArgumentException(
                $"an RGB picture of {width}x{height} pixels: each side must be 1..{ImageView.MaxSide}, and it must fit 2 GiB"
            );
        return (int)bytes;
    }
}
