using System.Buffers.Binary;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>PNG: every chunk complete and with the right checksum, the header first, picture data present, the end chunk there.</summary>
internal static class PngStructure
{
    public static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    public static ImageHeader Read(ReadOnlySpan<byte> file, DecodeLimits limits)
    {
        ImageHeader? header = null;
        bool data = false;
        for (int at = Signature.Length; ; )
        {
            if (file.Length - at < 12)
                throw new ImageFormatException($"PNG cut off: no end chunk (IEND) in {file.Length} bytes");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            if (length > file.Length - at - 12)
                throw new ImageFormatException(
                    $"PNG cut off: chunk at byte {at} needs {length} bytes, the file ends after {file.Length - at - 12}"
                );
            ReadOnlySpan<byte> checkedPart = file.Slice(at + 4, (int)length + 4),
                type = checkedPart[..4],
                body = checkedPart[4..];
            // The header comes first and is judged before the rest is even summed.
            if (header is null)
                header = Header(type, body, limits);
            if (Crc32.Of(checkedPart) != BinaryPrimitives.ReadUInt32BigEndian(file[(at + 8 + (int)length)..]))
                throw new ImageFormatException($"PNG damaged: wrong checksum of the chunk at byte {at}");
            data |= type.SequenceEqual("IDAT"u8) && length > 0;
            if (type.SequenceEqual("IEND"u8))
                break;
            at += 12 + (int)length;
        }

        return data ? header : throw new ImageFormatException("PNG without picture data (no IDAT chunk)");
    }

    private static ImageHeader Header(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body, DecodeLimits limits)
    {
        if (!type.SequenceEqual("IHDR"u8) || body.Length != 13)
            throw new ImageFormatException("PNG damaged: its first chunk is not a header (IHDR)");
        uint width = BinaryPrimitives.ReadUInt32BigEndian(body),
            height = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        ImageHeaders.Check(width, height, limits);
        int bits = body[8];
        bool grey = body[9] is 0 or 4;
        return new ImageHeader(
            ImageFileFormat.Png,
            (int)width,
            (int)height,
            !grey ? PixelFormat.RGB8
                : bits == 16 ? PixelFormat.Mono16
                : PixelFormat.Mono8,
            bits
        );
    }
}
