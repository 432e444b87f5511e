namespace ClipFusion.Imaging;

/// <summary>A Huffman table of JPEG: what code the next bits are. ITU-T T.81, annex C and F.2.2.3.</summary>
internal sealed class JpegHuffman
{
    private const int QuickBits = 9;

    // The tables K.3 to K.6 of the standard: what files leave out that were frames of a Motion JPEG stream.
    private static readonly byte[][] Standard =
    [
        Convert.FromHexString("00010501010101010100000000000000000102030405060708090a0b"),
        Convert.FromHexString("00030101010101010101010000000000000102030405060708090a0b"),
        Convert.FromHexString(
            "0002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a16"
                + "1718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889"
                + "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9ea"
                + "f1f2f3f4f5f6f7f8f9fa"
        ),
        Convert.FromHexString(
            "00020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434"
                + "e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384858687"
                + "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9"
                + "eaf2f3f4f5f6f7f8f9fa"
        ),
    ];

    private readonly byte[] _symbols;

    /// <summary>Length and symbol of every code of up to nine bits, at all bit patterns that begin with it; length 0 for a longer
    /// one.</summary>
    private readonly ushort[] _quick = new ushort[1 << QuickBits];

    /// <summary>By length: the first 16-bit pattern after its codes, and what to add to a code for its symbol's place.</summary>
    private readonly int[] _end = new int[18],
        _offset = new int[18];

    private JpegHuffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        int code = 0,
            place = 0;
        for (int length = 1; length <= 16; length++)
        {
            _offset[length] = place - code;
            for (int i = 0; i < counts[length - 1]; i++, code++, place++)
            {
                if (length > QuickBits)
                    continue;
                int first = code << (QuickBits - length);
                if (first + (1 << (QuickBits - length)) > _quick.Length)
                    throw new ImageFormatException("JPEG damaged: a Huffman table has too many codes");
                _quick.AsSpan(first, 1 << (QuickBits - length)).Fill((ushort)((length << 8) | symbols[place]));
            }

            if (code > 1 << length)
                throw new ImageFormatException("JPEG damaged: a Huffman table has too many codes");
            _end[length] = code << (16 - length);
            code <<= 1;
        }
    }

    /// <summary>The standard's table for luminance (0) or chrominance (1), of DC or AC.</summary>
    public static JpegHuffman Default(int number, bool isAc) =>
        new(Standard[(isAc ? 2 : 0) + number].AsSpan(0, 16), Standard[(isAc ? 2 : 0) + number].AsSpan(16));

    /// <summary>Reads one table of a DHT segment.</summary>
    /// <param name="segment">From the table's class and number on.</param>
    /// <param name="table">The table.</param>
    /// <returns>Its bytes in the segment.</returns>
    public static int Read(ReadOnlySpan<byte> segment, out JpegHuffman table)
    {
        int count = 0;
        if (segment.Length >= 17)
        {
            foreach (byte codes in segment.Slice(1, 16))
                count += codes;
        }

        if (segment.Length < 17 || count > 256 || segment.Length < 17 + count)
            throw new ImageFormatException("JPEG damaged: a Huffman table is not complete");
        table = new JpegHuffman(segment.Slice(1, 16), segment.Slice(17, count));
        return 17 + count;
    }

    /// <summary>The next symbol, 0..255; -1 when the bits are no code.</summary>
    public int Next(ref JpegBits bits)
    {
        int pattern = bits.Peek16();
        int quick = _quick[pattern >> (16 - QuickBits)];
        if (quick != 0)
        {
            bits.Skip(quick >> 8);
            return quick & 0xFF;
        }

        for (int length = QuickBits + 1; length <= 16; length++)
        {
            if (pattern >= _end[length])
                continue;
            int place = (pattern >> (16 - length)) + _offset[length];
            if ((uint)place >= (uint)_symbols.Length)
                return -1;
            bits.Skip(length);
            return _symbols[place];
        }

        return -1;
    }
}
