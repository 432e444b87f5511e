using System.Buffers.Binary;
using System.IO.Compression;
using ClipFusion.Foundation;
using ClipFusion.Imaging;

namespace ClipFusion.Tests.Imaging;

/// <summary>Picture files made by hand, where the product's own encoder makes none of the kind.</summary>
internal static class ImageFiles
{
    public static RgbImage Picture(int width, int height)
    {
        var image = new RgbImage(width, height);
        for (int i = 0; i < image.Pixels.Length; i++)
            image.Pixels[i] = (byte)((i % 3 * 60) + (i / 3 % width * 2) + (i / 3 / width));
        return image;
    }

    public static byte[] Jpeg(ImageView image)
    {
        using var stream = new MemoryStream();
        ImageCodec.EncodeJpeg(image, stream);
        return stream.ToArray();
    }

    public static byte[] Png(ImageView image)
    {
        using var stream = new MemoryStream();
        ImageCodec.EncodePng(image, stream);
        return stream.ToArray();
    }

    /// <summary>A PNG of any colour type; samples are big-endian rows without filter bytes.</summary>
    public static byte[] Png(uint width, uint height, byte bits, byte colourType, byte[] samples, byte[]? palette = null)
    {
        using var stream = new MemoryStream();
        stream.Write(PngStructure.Signature);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (bits, colourType);
        Chunk("IHDR"u8, header);
        if (palette is not null)
            Chunk("PLTE"u8, palette);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            int row = samples.Length / (int)Math.Min(height, 64);
            for (int at = 0; at < samples.Length; at += row)
            {
                zlib.WriteByte(0);
                zlib.Write(samples, at, row);
            }
        }

        Chunk("IDAT"u8, data.ToArray());
        Chunk("IEND"u8, []);
        return stream.ToArray();

        void Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
        {
            byte[] chunk = new byte[body.Length + 12];
            BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
            type.CopyTo(chunk.AsSpan(4));
            body.CopyTo(chunk.AsSpan(8));
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(body.Length + 8), Crc32.Of(chunk.AsSpan(4, body.Length + 4)));
            stream.Write(chunk);
        }
    }

    /// <summary>An uncompressed 24-bit BMP.</summary>
    public static byte[] Bmp(RgbImage image)
    {
        int stride = ((image.Width * 3) + 3) & ~3;
        byte[] file = new byte[54 + (stride * image.Height)];
        "BM"u8.CopyTo(file);
        foreach ((int at, int value) in new[] { (10, 54), (14, 40), (18, image.Width), (22, image.Height), (26, 1 | (24 << 16)) })
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
        for (int y = 0; y < image.Height; y++)
        for (int i = 0; i < image.Width * 3; i++)
            file[54 + ((image.Height - 1 - y) * stride) + i] = image.Pixels[(y * image.Width * 3) + (i / 3 * 3) + 2 - (i % 3)];
        return file;
    }

    /// <summary>An uncompressed little-endian TIFF in one strip.</summary>
    public static byte[] Tiff(ImageView image, int orientation = 1)
    {
        int samples = image.Format == PixelFormat.RGB8 ? 3 : 1,
            bits = image.Format == PixelFormat.Mono16 ? 16 : 8,
            ends = 8 + image.Pixels.Length;
        int bitsAt = (ends + 1) & ~1,
            directory = bitsAt + 6;
        (int Tag, int Type, int Count, int Value)[] tags =
        [
            (256, 4, 1, image.Width),
            (257, 4, 1, image.Height),
            (258, 3, samples, samples == 3 ? bitsAt : bits),
            (259, 3, 1, 1),
            (262, 3, 1, samples == 3 ? 2 : 1),
            (273, 4, 1, 8),
            (274, 3, 1, orientation),
            (277, 3, 1, samples),
            (278, 4, 1, image.Height),
            (279, 4, 1, image.Pixels.Length),
        ];
        byte[] file = new byte[directory + 2 + (12 * tags.Length) + 4];
        "II*\0"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), directory);
        image.Pixels.CopyTo(file.AsSpan(8));
        for (int i = 0; i < 3; i++)
            file[bitsAt + (2 * i)] = (byte)bits;
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(directory), (short)tags.Length);
        for (int i = 0; i < tags.Length; i++)
        {
            Span<byte> entry = file.AsSpan(directory + 2 + (12 * i), 12);
            BinaryPrimitives.WriteInt16LittleEndian(entry, (short)tags[i].Tag);
            BinaryPrimitives.WriteInt16LittleEndian(entry[2..], (short)tags[i].Type);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], tags[i].Count);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], tags[i].Value);
        }

        return file;
    }
}
