using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>The first resampling pass: turns source rows into rows of the target's width, RGB or grey, in the ring that the vertical pass
/// reads.</summary>
internal unsafe ref struct HorizontalPass
{
    /// <summary>Rows made by one call; the ring needs as many beyond the vertical window.</summary>
    public const int RowsAtOnce = 4;

    /// <summary>Bytes that a vector load may touch beyond a row.</summary>
    public const int Overread = 16;

    private readonly ImageView _source;
    private readonly ResampleTable? _columns;
    private readonly int _first;
    private readonly int _count;
    private readonly bool _avx2;
    private byte* _pixels;
    private byte* _padded;
    private int _length;

    /// <param name="source">Picture in an 8-bit format without mosaic.</param>
    /// <param name="columns">Weights, or null where the width stays and pixels are only reordered.</param>
    /// <param name="first">First target column.</param>
    /// <param name="count">Target columns.</param>
    /// <param name="avx2">Which implementation.</param>
    public HorizontalPass(ImageView source, ResampleTable? columns, int first, int count, bool avx2)
    {
        _source = source;
        (_columns, _first, _count, _avx2) = (columns, first, count, avx2);
    }

    /// <summary>Bytes of a pixel in the ring: 1 for grey, 3 for RGB.</summary>
    public readonly int Channels => _source.Format == PixelFormat.Mono8 ? 1 : 3;

    /// <summary>Bytes of a source row that vectors may read beyond.</summary>
    public readonly int PaddedBytes => _source.RowBytes + Overread;

    /// <summary>Hands over the pinned source and room for <see cref="RowsAtOnce"/> padded rows.</summary>
    public void Begin(byte* pixels, int length, byte* padded)
    {
        _pixels = pixels;
        _length = length;
        _padded = padded;
    }

    /// <summary>Makes up to <see cref="RowsAtOnce"/> rows from <paramref name="row"/> on, none at or beyond
    /// <paramref name="end"/>.</summary>
    /// <returns>The next row to make.</returns>
    public readonly int Produce(int row, int end, byte* ring, int slots, int rowStride)
    {
        byte** rows = stackalloc byte*[RowsAtOnce],
            targets = stackalloc byte*[RowsAtOnce];
        int made = Math.Min(RowsAtOnce, end - row);
        for (int i = 0; i < RowsAtOnce; i++)
        {
            // A short last group repeats its last row into the same slot.
            int y = row + Math.Min(i, made - 1);
            rows[i] = i < made ? Readable(y, _padded + (nint)i * PaddedBytes) : rows[made - 1];
            targets[i] = ring + (nint)(y % slots) * rowStride;
        }

        if (_columns is null)
        {
            for (int i = 0; i < made; i++)
                Reorder(rows[i], targets[i]);
        }
        else if (_avx2)
        {
            if (Channels == 1)
                ResampleAvx2.Grey(rows, targets, _columns, _first, _count);
            else
                ResampleAvx2.Colour(rows, targets, _columns, _first, _count, _source.Format);
        }
        else
        {
            for (int i = 0; i < made; i++)
            {
                if (Channels == 1)
                    ResamplePortable.Grey(rows[i], targets[i], _columns, _first, _count);
                else
                    ResamplePortable.Colour(rows[i], targets[i], _columns, _first, _count, _source.Format);
            }
        }

        return row + made;
    }

    /// <summary>The row where it lies, or its padded copy where a 16-byte load could leave the picture's memory (the last row, or tiny
    /// pictures).</summary>
    private readonly byte* Readable(int y, byte* padded)
    {
        byte* row = _pixels + (nint)y * _source.Stride;
        if (((nint)y * _source.Stride) + _source.RowBytes + Overread <= _length)
            return row;
        _source.Row(y).CopyTo(new Span<byte>(padded, _source.RowBytes));
        return padded;
    }

    private readonly void Reorder(byte* row, byte* target)
    {
        int pixel = _source.Format.BytesPerPixel();
        var source = new ReadOnlySpan<byte>(row + (nint)_first * pixel, _count * pixel);
        if (Channels == 1)
            source.CopyTo(new Span<byte>(target, _count));
        else
            PixelRows.ToRgb(source, _source.Format, new Span<byte>(target, _count * 3));
    }
}
