using System.Buffers.Binary;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>BMP: a header of a known length, no run-length coding, all rows there.</summary>
internal static class BmpStructure
{
    public static ImageHeader Read(ReadOnlySpan<byte> file, DecodeLimits limits)
    {
        if (file.Length < 54)
            throw new ImageFormatException($"BMP cut off: {file.Length} bytes are no header");
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]),
            headerSize = BinaryPrimitives.ReadUInt32LittleEndian(file[14..]);
        if (headerSize is not (40 or 52 or 56 or 108 or 124))
            throw new ImageFormatException($"BMP of an unsupported kind (header of {headerSize} bytes)");
        long width = BinaryPrimitives.ReadInt32LittleEndian(file[18..]);
        // A negative height means that the rows run from top to bottom.
        long height = Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(file[22..]));
        ImageHeaders.Check(width, height, limits);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(file[28..]);
        uint compression = BinaryPrimitives.ReadUInt32LittleEndian(file[30..]);
        if (compression is not (0 or 3) || bits is not (1 or 4 or 8 or 16 or 24 or 32))
            throw new ImageFormatException(
                $"BMP of an unsupported kind (compression {compression}, {bits} bits); expected an uncompressed one"
            );
        long needed = offset + ((width * bits + 31) / 32 * 4 * height);
        if (file.Length < needed)
            throw new ImageFormatException(
                $"BMP cut off: {width}x{height} pixels of {bits} bits need {needed} bytes, the file has {file.Length}"
            );
        return new ImageHeader(ImageFileFormat.Bmp, (int)width, (int)height, PixelFormat.RGB8, bits > 8 ? 8 : bits);
    }
}
