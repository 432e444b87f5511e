using ClipFusion.Foundation.Files;

namespace ClipFusion.Imaging;

/// <summary>
/// Walks the structure of a picture file from end to end before a decoder sees it. Decoders hand out half a grey picture for a file that
/// was cut off, without a word; here that is an error, and so is a header that promises more pixels than allowed.
/// </summary>
internal static class ImageHeaders
{
    /// <summary>Reads the header and checks that the file is whole.</summary>
    /// <exception cref="ImageFormatException">It is not one of the known kinds, is damaged, or exceeds the limits. The message starts in
    /// lower case, for a prefix.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> file, DecodeLimits limits)
    {
        if (file.IsEmpty)
            throw new ImageFormatException("the file is empty") { Problem = ImageProblem.NoPicture };
        if (file.Length > limits.MaxFileBytes)
            throw new ImageFormatException($"{file.Length} bytes, more than the limit of {limits.MaxFileBytes}");
        // Every reader calls Check as soon as it knows the size, and walks the rest of the file after that.
        if (file.StartsWith(PngStructure.Signature))
            return PngStructure.Read(file, limits);
        if (file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return JpegStructure.Read(file, limits);
        if (file.StartsWith("BM"u8))
            return BmpStructure.Read(file, limits);
        if (file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8))
            return TiffStructure.Read(file, limits);
        string? other = OtherKind(file);
        throw new ImageFormatException($"{other ?? Unknown(file)}; expected PNG, JPEG, BMP or TIFF")
        {
            Problem = other is null ? ImageProblem.NoPicture : ImageProblem.OtherKind,
        };
    }

    /// <summary>Refuses sizes beyond the limits.</summary>
    public static void Check(long width, long height, DecodeLimits limits)
    {
        if (width < 1 || height < 1 || width > ImageView.MaxSide || height > ImageView.MaxSide)
            throw new ImageFormatException($"header says {width}x{height} pixels; each side must be 1..{ImageView.MaxSide}");
        if (width * height > limits.MaxPixels)
            throw new ImageFormatException(
                $"header says {width}x{height} = {width * height} pixels, more than the limit of {limits.MaxPixels}"
            );
    }

    private static string? OtherKind(ReadOnlySpan<byte> file)
    {
        if (LfsPointer.Is(file, file.Length))
            return LfsPointer.Message;
        if (file.StartsWith("GIF8"u8))
            return "a GIF file";
        if (file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8))
            return "a WebP file";
        if (file.StartsWith("II+\0"u8) || file.StartsWith("MM\0+"u8))
            return "a BigTIFF file";
        if (file.Length >= 12 && file[4..].StartsWith("ftyp"u8))
            return file[8..].StartsWith("avif"u8) ? "an AVIF file" : "a HEIF or video file";
        if (
            file.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' '])
            || file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x4F, 0xFF, 0x51])
        )
            return "a JPEG 2000 file";
        if (
            file.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', (byte)' '])
            || file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A])
        )
            return "a JPEG XL file";
        return
            file.Length > 2
            && file[0] == 'P'
            && file[1] is >= (byte)'1' and <= (byte)'7'
            && file[2] is (byte)'\n' or (byte)' ' or (byte)'\r'
            ? "a PNM file"
            : null;
    }

    private static string Unknown(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> start = file[..Math.Min(file.Length, 8)];
        bool text = start.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
        return "not a picture file that is known (it starts with "
            + $"{(text ? $"the text \"{System.Text.Encoding.ASCII.GetString(start)}\"" : Convert.ToHexString(start))})";
    }
}
