using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ClipFusion.Imaging;

/// <summary>
/// Puts text into a finished picture file, so that a picture that was saved somewhere still says what it is of. The pixels stay as they
/// are.
/// </summary>
public static class ImageComment
{
    /// <summary>Longest text, in bytes.</summary>
    public const int MaximumLength = 1024;

    /// <summary>Keyword of the PNG specification for a note of any kind.</summary>
    public const string CommentKeyword = "Comment";

    private const int PngSignature = 8,
        PngHeaderChunk = 25,
        MaximumKeyword = 79;

    /// <summary>Copies a JPEG with a comment segment (ISO/IEC 10918-1, B.2.4.5) behind its JFIF header.</summary>
    /// <param name="jpeg">A whole JPEG file.</param>
    /// <param name="comment">ASCII, at most <see cref="MaximumLength"/> characters.</param>
    /// <param name="destination">Receives the file.</param>
    /// <exception cref="ArgumentException">It is no JPEG, or the comment is too long or not ASCII.</exception>
    public static void AddToJpeg(ReadOnlySpan<byte> jpeg, string comment, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (jpeg is not [0xFF, 0xD8, 0xFF, _, _, _, ..])
            throw new ArgumentException("a comment goes into a JPEG file: it has to begin with FF D8 FF", nameof(jpeg));
        // JFIF wants its own segment (APP0) first.
        int start = jpeg[3] == 0xE0 ? 4 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[4..]) : 2;
        if (start > jpeg.Length)
            throw new ArgumentException("the JPEG file ends within its header", nameof(jpeg));
        byte[] text = Ascii(comment, nameof(comment));
        Span<byte> marker = [0xFF, 0xFE, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(marker[2..], (ushort)(text.Length + 2));
        destination.Write(jpeg[..start]);
        destination.Write(marker);
        destination.Write(text);
        destination.Write(jpeg[start..]);
    }

    /// <summary>Copies a PNG with text chunks (tEXt, PNG specification 11.3.3.2) behind its header.</summary>
    /// <param name="png">A whole PNG file.</param>
    /// <param name="texts">Keywords of 1-79 ASCII characters, such as <see cref="CommentKeyword"/>, and texts as in
    /// <see cref="AddToJpeg"/>.</param>
    /// <param name="destination">Receives the file.</param>
    /// <exception cref="ArgumentException">It is no PNG, or a keyword or text is too long or not ASCII.</exception>
    public static void AddToPng(ReadOnlySpan<byte> png, ReadOnlySpan<(string Keyword, string Text)> texts, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        const int Start = PngSignature + PngHeaderChunk;
        if (png.Length < Start || png is not [0x89, (byte)'P', (byte)'N', (byte)'G', ..])
            throw new ArgumentException("text goes into a PNG file: it has to begin with 89 'PNG' and its header", nameof(png));
        destination.Write(png[..Start]);
        Span<byte> number = stackalloc byte[4];
        foreach ((string keyword, string text) in texts)
        {
            if (keyword.Length is 0 or > MaximumKeyword)
                throw new ArgumentException(
                    $"a PNG keyword has 1 to {MaximumKeyword} characters, '{keyword}' has {keyword.Length}",
                    nameof(texts)
                );
            byte[] chunk = [.. "tEXt"u8, .. Ascii(keyword, nameof(texts)), 0, .. Ascii(text, nameof(texts))];
            BinaryPrimitives.WriteInt32BigEndian(number, chunk.Length - 4);
            destination.Write(number);
            destination.Write(chunk);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(chunk));
            destination.Write(number);
        }

        destination.Write(png[Start..]);
    }

    private static byte[] Ascii(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        if (text.Length > MaximumLength || !System.Text.Ascii.IsValid(text) || text.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException(
                $"a picture's text has at most {MaximumLength} ASCII characters without NUL, not '{text}'",
                parameter
            );
        return Encoding.ASCII.GetBytes(text);
    }
}
