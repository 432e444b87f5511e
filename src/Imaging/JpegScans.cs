using System.Buffers.Binary;

namespace ClipFusion.Imaging;

/// <summary>
/// Counts a JPEG's coded data through, code by code, without making pixels of them: every block of every scan has to be there. Decoders
/// fill missing blocks with grey or with their neighbour and go on. ITU-T T.81, annex F and G.
/// </summary>
internal sealed class JpegScans
{
    private const int Coefficients = 64;

    /// <summary>One colour of the frame.</summary>
    private sealed class Component
    {
        public int Id,
            H,
            V,
            Width,
            Height,
            PaddedWidth,
            PaddedHeight,
            Dc,
            Ac;

        /// <summary>Of a progressive picture: which coefficients of each block are not zero so far; refinements have a bit for each of
        /// them.</summary>
        public ulong[] NonZero = [];

        /// <summary>How many low bits of each coefficient are still to come; -1 where nothing came.</summary>
        public readonly int[] Missing = [.. Enumerable.Repeat(-1, Coefficients)];
    }

    /// <summary>The part of the coefficients that a scan carries: from, to, bits still missing before and after it.</summary>
    private readonly record struct Band(int First, int Last, int High, int Low);

    private readonly JpegHuffman?[] _dc = new JpegHuffman?[4],
        _ac = new JpegHuffman?[4];
    private Component[] _components = [];
    private int _width,
        _height,
        _maxH,
        _maxV,
        _restartInterval,
        _run;
    private bool _isProgressive;

    /// <summary>Takes the frame header (SOF0, SOF1 or SOF2).</summary>
    public void Frame(byte marker, ReadOnlySpan<byte> body)
    {
        (_isProgressive, _height, _width) = (
            marker == 0xC2,
            BinaryPrimitives.ReadUInt16BigEndian(body[1..]),
            BinaryPrimitives.ReadUInt16BigEndian(body[3..])
        );
        int count = body[5];
        if (count is < 1 or > 4 || body.Length < 6 + (3 * count))
            throw Damaged($"a frame header of {body.Length} bytes for {count} components");
        _components = new Component[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> c = body.Slice(6 + (3 * i), 3);
            _components[i] = new Component
            {
                Id = c[0],
                H = c[1] >> 4,
                V = c[1] & 15,
            };
            if (_components[i] is { H: < 1 or > 4 } or { V: < 1 or > 4 })
                throw Damaged($"sampling factors {c[1]:X2}");
        }

        (_maxH, _maxV) = (_components.Max(c => c.H), _components.Max(c => c.V));
        foreach (Component c in _components)
        {
            (c.Width, c.Height) = (Blocks(Ceiling(_width * c.H, _maxH)), Blocks(Ceiling(_height * c.V, _maxV)));
            (c.PaddedWidth, c.PaddedHeight) = (Ceiling(_width, 8 * _maxH) * c.H, Ceiling(_height, 8 * _maxV) * c.V);
            if (_isProgressive)
                c.NonZero = new ulong[c.PaddedWidth * c.PaddedHeight];
        }
    }

    /// <summary>Takes a DHT segment.</summary>
    public void Tables(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            int number = body[0] & 15;
            if (number > 3 || body[0] >> 4 > 1)
                throw Damaged($"a Huffman table of the kind {body[0]:X2}");
            JpegHuffman?[] tables = body[0] >> 4 == 0 ? _dc : _ac;
            int length = JpegHuffman.Read(body, out JpegHuffman table);
            tables[number] = table;
            body = body[length..];
        }
    }

    /// <summary>Takes a DRI segment.</summary>
    public void Restarts(ReadOnlySpan<byte> body) =>
        _restartInterval =
            body.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(body) : throw Damaged("a restart interval without a number");

    /// <summary>Counts one scan through.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="header">The SOS segment's body.</param>
    /// <param name="start">Where its coded data begin.</param>
    /// <exception cref="ImageFormatException">It lacks data, or holds codes that there are not.</exception>
    public void Scan(ReadOnlySpan<byte> file, ReadOnlySpan<byte> header, int start)
    {
        Component[] parts = Parts(header, out Band band);
        Note(parts, band);
        var bits = new JpegBits(file, start);
        bool isAlone = parts.Length == 1;
        int columns = isAlone ? parts[0].Width : Ceiling(_width, 8 * _maxH),
            rows = isAlone ? parts[0].Height : Ceiling(_height, 8 * _maxV),
            restarts = 0;
        _run = 0;
        for (int unit = 0, units = columns * rows; unit < units; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0)
            {
                int marker = bits.PassMarker(),
                    expected = 0xD0 + (restarts++ & 7);
                if (marker != expected)
                    throw CutOff(
                        unit,
                        units,
                        $"found {(marker < 0 ? "the end" : $"marker FF{marker:X2}")} at byte {bits.Position}, expected restart marker "
                            + $"FF{expected:X2}"
                    );
                _run = 0;
            }

            (int y, int x) = Math.DivRem(unit, columns);
            bool isCode = true;
            if (isAlone)
            {
                isCode = Block(ref bits, parts[0], band, x, y);
            }
            else
            {
                foreach (Component c in parts)
                {
                    for (int i = 0; isCode && i < c.H * c.V; i++)
                        isCode = Block(ref bits, c, band, (x * c.H) + (i % c.H), (y * c.V) + (i / c.H));
                }
            }

            // Padding makes codes that there are not: what lacks is said first.
            if (bits.IsExhausted)
                throw CutOff(unit, units, $"they end at byte {bits.Position}");
            if (!isCode)
                throw Damaged($"its coded data hold what is no code before byte {bits.Position}, in unit {unit + 1} of {units}");
        }
    }

    /// <summary>Looks whether all scans together are a whole picture.</summary>
    public void Finish()
    {
        foreach (Component c in _components)
        {
            int at =
                _isProgressive ? Array.FindIndex(c.Missing, m => m != 0)
                : c.Missing[0] < 0 ? 0
                : -1;
            if (at >= 0)
                throw new ImageFormatException($"JPEG cut off: its scans leave coefficient {at} of component {c.Id} open");
        }
    }

    private Component[] Parts(ReadOnlySpan<byte> header, out Band band)
    {
        int count = header.Length > 0 ? header[0] : 0;
        if (count is < 1 or > 4 || header.Length < 4 + (2 * count))
            throw Damaged($"a scan header of {header.Length} bytes for {count} components");
        var parts = new Component[count];
        for (int i = 0; i < count; i++)
        {
            int id = header[1 + (2 * i)],
                tables = header[2 + (2 * i)];
            parts[i] =
                Array.Find(_components, c => c.Id == id) ?? throw Damaged($"a scan of component {id}, which the frame does not have");
            (parts[i].Dc, parts[i].Ac) = (tables >> 4 & 3, tables & 3);
        }

        ReadOnlySpan<byte> rest = header[(1 + (2 * count))..];
        band = _isProgressive ? new Band(rest[0], rest[1], rest[2] >> 4, rest[2] & 15) : new Band(0, Coefficients - 1, 0, 0);
        bool isBand =
            band.First <= band.Last
            && band.Last < Coefficients
            && (band.First > 0 ? count == 1 : !_isProgressive || band.Last == 0)
            && (band.High == 0 || band.Low == band.High - 1);
        return isBand
            ? parts
            : throw Damaged($"a scan of coefficients {band.First} to {band.Last}, bits {band.High} to {band.Low}, of {count} components");
    }

    /// <summary>Notes what a scan brings; bits out of their order are what a decoder would warn of.</summary>
    private static void Note(Component[] parts, Band band)
    {
        foreach (Component c in parts)
        {
            for (int k = band.First; k <= band.Last; k++)
            {
                if (Math.Max(c.Missing[k], 0) != band.High)
                    throw Damaged($"bits of coefficient {k} of component {c.Id} come out of their order");
                c.Missing[k] = band.Low;
            }
        }
    }

    private bool Block(ref JpegBits bits, Component c, Band band, int x, int y)
    {
        if (!_isProgressive)
            return Sequential(ref bits, c);
        if (band.First == 0)
        {
            if (band.High == 0)
                return Dc(ref bits, c);
            bits.Skip(1);
            return true;
        }

        ref ulong nonZero = ref c.NonZero[(y * c.PaddedWidth) + x];
        return band.High == 0 ? FirstBits(ref bits, c, band, ref nonZero) : MoreBits(ref bits, c, band, ref nonZero);
    }

    private bool Sequential(ref JpegBits bits, Component c)
    {
        if (!Dc(ref bits, c))
            return false;
        JpegHuffman table = Table(_ac, c.Ac, isAc: true);
        for (int k = 1; k < Coefficients; k++)
        {
            int code = table.Next(ref bits),
                zeros = code >> 4,
                size = code & 15;
            if (code < 0)
                return false;
            if (size == 0)
            {
                if (zeros < 15)
                    return true;
                k += 15;
                continue;
            }

            k += zeros;
            if (k >= Coefficients)
                return false;
            bits.Skip(size);
        }

        return true;
    }

    private bool Dc(ref JpegBits bits, Component c)
    {
        int size = Table(_dc, c.Dc, isAc: false).Next(ref bits);
        if (size is < 0 or > 15)
            return false;
        bits.Skip(size);
        return true;
    }

    private bool FirstBits(ref JpegBits bits, Component c, Band band, ref ulong nonZero)
    {
        if (_run > 0)
        {
            _run--;
            return true;
        }

        JpegHuffman table = Table(_ac, c.Ac, isAc: true);
        for (int k = band.First; k <= band.Last; k++)
        {
            int code = table.Next(ref bits),
                zeros = code >> 4,
                size = code & 15;
            if (code < 0)
                return false;
            if (size == 0)
            {
                if (zeros < 15)
                {
                    _run = (1 << zeros) - 1 + bits.Take(zeros);
                    return true;
                }

                k += 15;
                continue;
            }

            k += zeros;
            if (k > band.Last)
                return false;
            bits.Skip(size);
            nonZero |= 1UL << k;
        }

        return true;
    }

    private bool MoreBits(ref JpegBits bits, Component c, Band band, ref ulong nonZero)
    {
        int k = band.First;
        if (_run == 0)
        {
            JpegHuffman table = Table(_ac, c.Ac, isAc: true);
            for (; k <= band.Last; k++)
            {
                int code = table.Next(ref bits),
                    zeros = code >> 4,
                    size = code & 15;
                if (code < 0 || size > 1)
                    return false;
                if (size == 1)
                {
                    bits.Skip(1);
                }
                else if (zeros < 15)
                {
                    _run = (1 << zeros) + bits.Take(zeros);
                    break;
                }

                for (; k <= band.Last; k++)
                {
                    if ((nonZero >> k & 1) != 0)
                        bits.Skip(1);
                    else if (--zeros < 0)
                        break;
                }

                if (size == 0)
                    continue;
                if (k > band.Last)
                    return false;
                nonZero |= 1UL << k;
            }
        }

        if (_run == 0)
            return true;
        for (; k <= band.Last; k++)
        {
            if ((nonZero >> k & 1) != 0)
                bits.Skip(1);
        }

        _run--;
        return true;
    }

    private static JpegHuffman Table(JpegHuffman?[] tables, int number, bool isAc) =>
        tables[number] ??= number < 2 ? JpegHuffman.Default(number, isAc) : throw Damaged($"Huffman table {number} is used and not there");

    private static int Ceiling(int value, int divisor) => (value + divisor - 1) / divisor;

    private static int Blocks(int samples) => Ceiling(samples, 8);

    private static ImageFormatException CutOff(int unit, int units, string why) =>
        new($"JPEG cut off: data of {unit} of {units} units are there; {why}");

    private static ImageFormatException Damaged(string what) => new($"JPEG damaged: {what}");
}
