using System.Buffers.Binary;

namespace ClipFusion.Imaging;

/// <summary>The CRC-32 of PNG (polynomial 0xEDB88320), eight bytes per step.</summary>
internal static class Crc32
{
    private static readonly uint[] Tables = BuildTables();

    /// <summary>Checksum of <paramref name="bytes"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<uint> t = Tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc,
                high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc =
                t[0x700 + (int)(low & 255)]
                ^ t[0x600 + (int)((low >> 8) & 255)]
                ^ t[0x500 + (int)((low >> 16) & 255)]
                ^ t[0x400 + (int)(low >> 24)]
                ^ t[0x300 + (int)(high & 255)]
                ^ t[0x200 + (int)((high >> 8) & 255)]
                ^ t[0x100 + (int)((high >> 16) & 255)]
                ^ t[(int)(high >> 24)];
        }

        foreach (byte b in bytes)
            crc = t[(int)((crc ^ b) & 255)] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>Table k at 256 k: the effect of a byte that k more bytes follow.</summary>
    private static uint[] BuildTables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[(int)(tables[i - 256] & 255)];
        return tables;
    }
}
