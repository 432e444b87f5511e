using ClipFusion.Foundation;

namespace ClipFusion.Camera;

/// <summary>How the bytes of a frame are laid out.</summary>
public readonly record struct FrameShape
{
    private FrameShape(int width, int height, int stride, PixelFormat format, int byteCount) =>
        (Width, Height, Stride, Format, ByteCount) = (width, height, stride, format, byteCount);

    /// <summary>Pixels in a row; 0 for encoded bytes.</summary>
    public int Width { get; }

    /// <summary>Rows; 0 for encoded bytes.</summary>
    public int Height { get; }

    /// <summary>Bytes from one row to the next; 0 for encoded bytes.</summary>
    public int Stride { get; }

    /// <summary>How one pixel lies in memory.</summary>
    public PixelFormat Format { get; }

    /// <summary>All bytes of the frame: stride times height, or the length of the image file.</summary>
    public int ByteCount { get; }

    /// <summary>Rows without padding between them.</summary>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="format">Any but <see cref="PixelFormat.Encoded"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1, the format has no pixels, or the frame would pass 2
    /// GiB.</exception>
    public static FrameShape Packed(int width, int height, PixelFormat format)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long stride = (long)width * format.BytesPerPixel();
        long bytes = stride * height;
        if (bytes > Array.MaxLength)
            throw new ArgumentOutOfRangeException(
                nameof(height),
                $"{width} x {height} {format} is {bytes} bytes; a frame has at most {Array.MaxLength}"
            );
        return new FrameShape(width, height, (int)stride, format, (int)bytes);
    }

    /// <summary>The bytes of an image file.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is below 1.</exception>
    public static FrameShape Encoded(int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(byteCount, 1);
        return new FrameShape(0, 0, 0, PixelFormat.Encoded, byteCount);
    }

    /// <inheritdoc/>
    public override string ToString() => Format == PixelFormat.Encoded ? $"{ByteCount} encoded bytes" : $"{Width} x {Height} {Format}";
}
