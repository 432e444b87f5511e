namespace ClipFusion.Imaging;

/// <summary>Bits of JPEG's coded data, most significant first, without the stuffed zeros. Stops before the next marker and gives zeros from
/// there on.</summary>
/// <param name="file">The whole file.</param>
/// <param name="start">Where the coded data begin.</param>
internal ref struct JpegBits(ReadOnlySpan<byte> file, int start)
{
    private readonly ReadOnlySpan<byte> _file = file;
    private int _at = start;
    private ulong _bits;
    private int _count,
        _padding;
    private bool _isAtMarker;

    /// <summary>Whether bits were taken that are not there.</summary>
    public readonly bool IsExhausted => _padding > _count;

    /// <summary>Byte of the file that comes next, for messages and for the marker.</summary>
    public readonly int Position => _at;

    /// <summary>The next 16 bits, which stay.</summary>
    public int Peek16()
    {
        if (_count < 16)
            Fill();
        return (int)(_bits >> (_count - 16)) & 0xFFFF;
    }

    /// <summary>Passes over up to 16 bits.</summary>
    public void Skip(int bits)
    {
        if (_count < bits)
            Fill();
        _count -= bits;
    }

    /// <summary>Takes up to 16 bits.</summary>
    public int Take(int bits)
    {
        if (bits == 0)
            return 0;
        if (_count < bits)
            Fill();
        _count -= bits;
        return (int)(_bits >> _count) & ((1 << bits) - 1);
    }

    /// <summary>Throws away what is left before a marker, and goes on after it.</summary>
    /// <returns>The marker's second byte; -1 when the file ends first.</returns>
    public int PassMarker()
    {
        (_bits, _count, _padding, _isAtMarker) = (0, 0, 0, false);
        // Encoders fill up the last byte; whole bytes too many are no data that are missed.
        while (_at + 1 < _file.Length)
        {
            if (_file[_at] == 0xFF && _file[_at + 1] is not (0 or 0xFF))
            {
                _at += 2;
                return _file[_at - 1];
            }

            _at++;
        }

        return -1;
    }

    private void Fill()
    {
        while (_count <= 48)
        {
            int next = 0;
            if (!_isAtMarker)
                next = Next();
            if (_isAtMarker)
                _padding += 8;
            _bits = (_bits << 8) | (uint)next;
            _count += 8;
        }
    }

    private int Next()
    {
        // Fill bytes before a marker.
        while (_at + 1 < _file.Length && _file[_at] == 0xFF && _file[_at + 1] == 0xFF)
            _at++;
        int value = _at < _file.Length ? _file[_at] : -1;
        if (value is not (0xFF or -1))
        {
            _at++;
            return value;
        }

        if (value == 0xFF && _at + 1 < _file.Length && _file[_at + 1] == 0)
        {
            _at += 2;
            return 0xFF;
        }

        _isAtMarker = true;
        return 0;
    }
}
