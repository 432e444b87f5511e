using System.Buffers.Binary;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>Classic TIFF, first page: the directory and every strip or tile lie inside the file; integer samples of at most 16
/// bits.</summary>
internal readonly ref struct TiffStructure
{
    private const int Width = 256,
        Height = 257,
        Bits = 258,
        Photometric = 262,
        StripOffsets = 273,
        Orientation = 274,
        Samples = 277,
        StripBytes = 279,
        Planes = 284;
    private const int Compression = 259,
        RowsPerStrip = 278,
        TileOffsets = 324,
        TileBytes = 325,
        SampleFormat = 339;
    private const int MaxParts = 1 << 20;
    private readonly ReadOnlySpan<byte> _file;
    private readonly bool _big;

    private TiffStructure(ReadOnlySpan<byte> file)
    {
        _file = file;
        _big = file[0] == 'M';
    }

    public static ImageHeader Read(ReadOnlySpan<byte> file, DecodeLimits limits) => new TiffStructure(file).Read(limits);

    private ImageHeader Read(DecodeLimits limits)
    {
        long directory = U32(4);
        long width = Value(directory, Width, 0),
            height = Value(directory, Height, 0);
        ImageHeaders.Check(width, height, limits);
        long bits = Value(directory, Bits, 1),
            samples = Value(directory, Samples, 1),
            photometric = Value(directory, Photometric, 1);
        if (bits is not (1 or 4 or 8 or 16) || Value(directory, SampleFormat, 1) != 1 || samples is < 1 or > 4)
            throw new ImageFormatException(
                $"TIFF of an unsupported kind ({samples} samples of {bits} bits, not unsigned integers of up to 16 bits)"
            );
        if (photometric > 3 && photometric is not (5 or 6) || (bits == 16 && photometric is not (1 or 2)))
            throw new ImageFormatException($"TIFF of an unsupported kind (photometric interpretation {photometric} with {bits} bits)");
        // The decoder would blend an alpha channel into the colours instead of dropping it.
        if (
            samples
            != (
                photometric switch
                {
                    2 or 6 => 3,
                    5 => 4,
                    _ => 1,
                }
            )
        )
            throw new ImageFormatException(
                $"TIFF of an unsupported kind ({samples} samples per pixel, an alpha channel perhaps; save it without)"
            );
        // Turned by the decoder against our rule that orientation is ignored, and planes of 16 bits mixed up: neither comes from a camera.
        if (Value(directory, Orientation, 1) != 1 || Value(directory, Planes, 1) != 1)
            throw new ImageFormatException(
                "TIFF of an unsupported kind (turned or mirrored by an orientation tag, or stored in separate planes)"
            );
        bool tiled = Find(directory, TileOffsets) >= 0;
        long data = CheckParts(directory, tiled ? TileOffsets : StripOffsets, tiled ? TileBytes : StripBytes, out long parts);
        if (!tiled)
            CheckRows(directory, width, height, bits * samples, photometric, data, parts);
        bool grey = photometric <= 1;
        return new ImageHeader(
            ImageFileFormat.Tiff,
            (int)width,
            (int)height,
            !grey ? PixelFormat.RGB8
                : bits == 16 ? PixelFormat.Mono16
                : PixelFormat.Mono8,
            (int)bits
        );
    }

    /// <summary>Whether the strips can hold all rows: a decoder leaves those black that are in none.</summary>
    private void CheckRows(long directory, long width, long height, long bitsPerPixel, long photometric, long data, long strips)
    {
        long rowsPerStrip = Math.Clamp(Value(directory, RowsPerStrip, height), 1, height);
        if (strips * rowsPerStrip < height)
            throw new ImageFormatException($"TIFF cut off: {strips} strips of {rowsPerStrip} rows for {height} rows");
        // Chrominance may be stored at a fraction; the size of what is compressed can't be told.
        long needed = ((width * bitsPerPixel) + 7) / 8 * height;
        if (photometric != 6 && Value(directory, Compression, 1) == 1 && data < needed)
            throw new ImageFormatException($"TIFF cut off: {width}x{height} pixels need {needed} bytes, its strips have {data}");
    }

    private long CheckParts(long directory, int offsets, int bytes, out long count)
    {
        long sum = 0;
        long first = Find(directory, offsets),
            second = Find(directory, bytes);
        if (first < 0 || second < 0)
            throw new ImageFormatException("TIFF damaged: no strips or tiles in its first directory");
        count = U32(first + 4);
        if (count is < 1 or > MaxParts || U32(second + 4) != count)
            throw new ImageFormatException($"TIFF damaged: {count} strip offsets, {U32(second + 4)} strip lengths");
        for (int i = 0; i < count; i++)
        {
            long length = Element(second, i),
                end = Element(first, i) + length;
            sum += length;
            if (end > _file.Length)
                throw new ImageFormatException($"TIFF cut off: strip {i} ends at byte {end}, the file has {_file.Length}");
        }

        return sum;
    }

    private long Value(long directory, int tag, long otherwise)
    {
        long entry = Find(directory, tag);
        return entry < 0 ? otherwise : Element(entry, 0);
    }

    /// <summary>Position of the entry of a tag, or -1.</summary>
    private long Find(long directory, int tag)
    {
        int entries = U16(directory);
        for (int i = 0; i < entries; i++)
        {
            long entry = directory + 2 + (12L * i);
            if (U16(entry) == tag)
                return entry;
        }

        return -1;
    }

    /// <summary>Value i of an entry of type BYTE, SHORT or LONG; up to four bytes lie in the entry itself.</summary>
    private long Element(long entry, long i)
    {
        int type = U16(entry + 2),
            size = type switch
            {
                1 => 1,
                3 => 2,
                4 => 4,
                _ => throw new ImageFormatException($"TIFF damaged: entry of type {type} at byte {entry}"),
            };
        long at = (U32(entry + 4) * size <= 4 ? entry + 8 : U32(entry + 8)) + (i * size);
        return size == 1 ? Bytes(at, 1)[0]
            : size == 2 ? U16(at)
            : U32(at);
    }

    private int U16(long at) =>
        _big ? BinaryPrimitives.ReadUInt16BigEndian(Bytes(at, 2)) : BinaryPrimitives.ReadUInt16LittleEndian(Bytes(at, 2));

    private long U32(long at) =>
        _big ? BinaryPrimitives.ReadUInt32BigEndian(Bytes(at, 4)) : BinaryPrimitives.ReadUInt32LittleEndian(Bytes(at, 4));

    private ReadOnlySpan<byte> Bytes(long at, int count) =>
        at + count <= _file.Length
            ? _file.Slice((int)at, count)
            : throw new ImageFormatException($"TIFF cut off: byte {at} of {_file.Length} is needed");
}
