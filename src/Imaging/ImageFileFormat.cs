using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>Picture files that are understood; told apart by their first bytes, never by their name.</summary>
public enum ImageFileFormat
{
    /// <summary>Portable Network Graphics, all bit depths; of an animation the first frame.</summary>
    Png,

    /// <summary>JPEG, baseline, extended or progressive with Huffman coding; grey, YCbCr, RGB or CMYK.</summary>
    Jpeg,

    /// <summary>Windows bitmap without run-length coding.</summary>
    Bmp,

    /// <summary>Classic TIFF (below 4 GiB), first page, upright, integer samples of at most 16 bits, without an alpha channel.</summary>
    Tiff,
}

/// <summary>What a picture file says about itself before anything is decoded.</summary>
/// <param name="Format">Kind of file.</param>
/// <param name="Width">Pixels in a row, as stored (EXIF orientation is ignored).</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">How the pixels are handed out: Mono8 or Mono16 for grey, else Rgb8.</param>
/// <param name="BitsPerSample">Bits of one stored sample, 1..16.</param>
public sealed record ImageHeader(ImageFileFormat Format, int Width, int Height, PixelFormat Pixels, int BitsPerSample);

/// <summary>Bounds on what is read from a file that nobody vouches for.</summary>
public sealed record DecodeLimits
{
    /// <summary>256 MiB and 100 megapixels.</summary>
    public static DecodeLimits Default { get; } = new();

    /// <summary>Longest file, in bytes.</summary>
    public int MaxFileBytes { get; init; } = 256 << 20;

    /// <summary>Most pixels, width x height; checked in the header before anything is decoded.</summary>
    public long MaxPixels { get; init; } = 100_000_000;
}

/// <summary>What is the matter with a file that can't be used.</summary>
public enum ImageProblem
{
    /// <summary>It is damaged, cut off, or of a variant that is not supported.</summary>
    Damaged,

    /// <summary>A picture of another kind, which is known and not supported.</summary>
    OtherKind,

    /// <summary>By its first bytes no picture at all.</summary>
    NoPicture,
}

/// <summary>A file is not a picture that can be used: of another kind, damaged, cut off or beyond the limits.</summary>
public sealed class ImageFormatException : Exception
{
    /// <summary>Without a message; kept for the framework's conventions.</summary>
    public ImageFormatException() { }

    /// <summary>With what was found and where.</summary>
    public ImageFormatException(string message)
        : base(message) { }

    /// <summary>With what was found and where, and the cause.</summary>
    public ImageFormatException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <summary>What is the matter in a word.</summary>
    public ImageProblem Problem { get; init; }
}
