using System.Buffers.Binary;
using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// JPEG: every segment complete, a frame header that can be decoded, coded data, and the end marker where the last scan ends. Bytes between
/// segments that belong to none are passed over, as decoders do: cameras leave some.
/// </summary>
internal static class JpegStructure
{
    // Encoders write at most some dozen; thousands of scans over a large picture are a known way to keep a decoder busy for minutes.
    private const int MaxScans = 100;

    public static ImageHeader Read(ReadOnlySpan<byte> file, DecodeLimits limits) => Walk(file, limits, null);

    /// <summary>Counts the coded data of a file through that <see cref="Read"/> has passed.</summary>
    /// <exception cref="ImageFormatException">Data lack, or are damaged.</exception>
    public static void CheckData(ReadOnlySpan<byte> file)
    {
        var scans = new JpegScans();
        Walk(file, new DecodeLimits { MaxFileBytes = int.MaxValue, MaxPixels = long.MaxValue }, scans);
        scans.Finish();
    }

    private static ImageHeader Walk(ReadOnlySpan<byte> file, DecodeLimits limits, JpegScans? data)
    {
        ImageHeader? header = null;
        int scans = 0;
        for (int at = 2; ; )
        {
            byte marker = Marker(file, ref at);
            if (marker == 0xD9)
                break;
            // Markers without a segment: TEM and stray restarts.
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7))
                continue;
            int length = at + 2 <= file.Length ? BinaryPrimitives.ReadUInt16BigEndian(file[at..]) : int.MaxValue;
            if (length < 2 || length > file.Length - at)
                throw new ImageFormatException($"JPEG cut off: segment FF{marker:X2} at byte {at} is not complete");
            ReadOnlySpan<byte> body = file.Slice(at + 2, length - 2);
            at += length;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                if (header is not null)
                    throw new ImageFormatException("JPEG damaged: more than one frame header");
                header = Frame(marker, body, limits);
                data?.Frame(marker, body);
            }
            else if (marker == 0xC4)
            {
                data?.Tables(body);
            }
            else if (marker == 0xDD)
            {
                data?.Restarts(body);
            }
            else if (marker == 0xDA)
            {
                if (++scans > MaxScans)
                    throw new ImageFormatException($"JPEG with more than {MaxScans} scans");
                if (header is null)
                    throw new ImageFormatException("JPEG damaged: a scan before the frame header");
                data?.Scan(file, body, at);
                SkipCodedData(file, ref at);
            }
        }

        if (header is null || scans == 0)
            throw new ImageFormatException("JPEG without a picture: no frame header or no scan before its end marker");
        return header;
    }

    private static byte Marker(ReadOnlySpan<byte> file, ref int at)
    {
        while (true)
        {
            // Whatever is no marker between two segments, and fill bytes before one; a stuffed zero makes no marker either.
            while (at < file.Length && file[at] != 0xFF)
                at++;
            while (at < file.Length && file[at] == 0xFF)
                at++;
            if (at >= file.Length)
                throw new ImageFormatException($"JPEG cut off: no end marker (FFD9) in {file.Length} bytes");
            if (file[at++] is not 0 and byte marker)
                return marker;
        }
    }

    /// <summary>Moves to the next marker that is neither a stuffed zero nor a restart.</summary>
    private static void SkipCodedData(ReadOnlySpan<byte> file, ref int at)
    {
        for (; ; at += 2)
        {
            int found = file[at..].IndexOf((byte)0xFF);
            if (found < 0 || at + found + 1 >= file.Length)
                throw new ImageFormatException($"JPEG cut off: no end marker (FFD9) in {file.Length} bytes");
            at += found;
            byte next = file[at + 1];
            if (next == 0xFF)
                at--;
            else if (next is not (0 or (>= 0xD0 and <= 0xD7)))
                return;
        }
    }

    private static ImageHeader Frame(byte marker, ReadOnlySpan<byte> body, DecodeLimits limits)
    {
        if (marker is not (0xC0 or 0xC1 or 0xC2))
            throw new ImageFormatException(
                $"JPEG of an unsupported kind (frame FF{marker:X2}); expected baseline, extended or progressive"
            );
        if (body.Length < 6)
            throw new ImageFormatException("JPEG damaged: frame header too short");
        ImageHeaders.Check(BinaryPrimitives.ReadUInt16BigEndian(body[3..]), BinaryPrimitives.ReadUInt16BigEndian(body[1..]), limits);
        if (body[0] != 8)
            throw new ImageFormatException($"JPEG with {body[0]} bits per sample; expected 8");
        return new ImageHeader(
            ImageFileFormat.Jpeg,
            BinaryPrimitives.ReadUInt16BigEndian(body[3..]),
            BinaryPrimitives.ReadUInt16BigEndian(body[1..]),
            body[5] == 1 ? PixelFormat.Mono8 : PixelFormat.RGB8,
            8
        );
    }
}
