using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>Pictures turned clockwise by quarters, pixel by pixel.</summary>
public static class QuarterTurn
{
    // A picture is turned in squares, so that the lines that it is read and written along stay in the cache.
    private const int Tile = 32;

    /// <summary>Bytes of a turned picture.</summary>
    /// <param name="source">The picture.</param>
    public static int ByteCount(ImageView source) => checked(source.Width * source.Height * source.Format.BytesPerPixel());

    /// <summary>Turns a picture.</summary>
    /// <param name="source">The picture; not a Bayer mosaic, whose colours would change places.</param>
    /// <param name="turns">Quarters clockwise, 0..3.</param>
    /// <param name="destination">Receives <see cref="ByteCount"/> bytes without padding; owned by the caller.</param>
    /// <returns>The turned picture, in <paramref name="destination"/>.</returns>
    /// <exception cref="ArgumentException">The picture is a mosaic, or the destination is too short.</exception>
    public static ImageView Of(ImageView source, int turns, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)turns, 3u, nameof(turns));
        if (source.Format.IsBayer())
            throw new ArgumentException($"a {source.Format} mosaic can't be turned in place: convert it to RGB first", nameof(source));
        if (destination.Length < ByteCount(source))
            throw new ArgumentException($"{ByteCount(source)} bytes are needed, {destination.Length} given", nameof(destination));
        int pixel = source.Format.BytesPerPixel(),
            last = source.Height - 1,
            end = source.Width - 1;
        (int width, int height) = turns % 2 == 0 ? (source.Width, source.Height) : (source.Height, source.Width);
        for (int top = 0; top < source.Height; top += Tile)
        for (int left = 0; left < source.Width; left += Tile)
        for (int y = top; y < Math.Min(top + Tile, source.Height); y++)
        {
            ReadOnlySpan<byte> row = source.Row(y);
            for (int x = left; x < Math.Min(left + Tile, source.Width); x++)
            {
                (int column, int line) = turns switch
                {
                    0 => (x, y),
                    1 => (last - y, x),
                    2 => (end - x, last - y),
                    _ => (y, end - x),
                };
                row.Slice(x * pixel, pixel).CopyTo(destination[(((line * width) + column) * pixel)..]);
            }
        }

        return new ImageView(destination, width, height, width * pixel, source.Format);
    }

    /// <summary>Turns the cells of a square grid as <see cref="Of"/> turns pixels.</summary>
    /// <param name="cells">side x side cells, row by row.</param>
    /// <param name="side">Cells along a side.</param>
    /// <param name="turns">Quarters clockwise, 0..3.</param>
    /// <returns>New cells.</returns>
    public static T[] Cells<T>(ReadOnlySpan<T> cells, int side, int turns)
    {
        var turned = new T[cells.Length];
        for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
        {
            (int column, int line) = turns switch
            {
                0 => (x, y),
                1 => (side - 1 - y, x),
                2 => (side - 1 - x, side - 1 - y),
                _ => (y, side - 1 - x),
            };
            turned[(line * side) + column] = cells[(y * side) + x];
        }

        return turned;
    }
}
