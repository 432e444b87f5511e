using ClipFusion.Foundation;

namespace ClipFusion.Imaging;

/// <summary>
/// What of a frame is not judged. Built once per recipe (it sums the mask up), then asked for any grid over any region: a cell is ignored
/// where more than half of its area is, in exact integer arithmetic, however the cell's edges cut the pixels. Immutable.
/// </summary>
public sealed class IgnoreMask
{
    // Sum of the ignored pixels above and left of each pixel corner, (height + 1) x (width + 1).
    private readonly uint[] _sums;

    /// <summary>Takes a mask; nothing of it is kept.</summary>
    /// <param name="mask">One byte per frame pixel (Mono8), non-zero = ignored.</param>
    /// <exception cref="ArgumentException">The picture is not Mono8.</exception>
    public IgnoreMask(ImageView mask)
    {
        if (mask.Format != PixelFormat.Mono8)
            throw new ArgumentException($"an ignore mask has one byte per pixel (Mono8), not {mask.Format}", nameof(mask));
        (Width, Height) = (mask.Width, mask.Height);
        _sums = new uint[checked((Width + 1) * (Height + 1))];
        for (int y = 0; y < Height; y++)
        {
            ReadOnlySpan<byte> row = mask.Row(y);
            Span<uint> above = _sums.AsSpan(y * (Width + 1), Width + 1),
                below = _sums.AsSpan((y + 1) * (Width + 1), Width + 1);
            uint inRow = 0;
            for (int x = 0; x < row.Length; x++)
            {
                if (row[x] != 0)
                    inRow++;
                below[x + 1] = above[x + 1] + inRow;
            }
        }
    }

    /// <summary>Frame width in pixels.</summary>
    public int Width { get; }

    /// <summary>Frame height in pixels.</summary>
    public int Height { get; }

    /// <summary>Which cells are ignored where a grid is laid over a region of the frame.</summary>
    /// <param name="gridWidth">Cells in a row, at least 1; need not divide the region's width.</param>
    /// <param name="gridHeight">Rows of cells.</param>
    /// <param name="region">The rectangle that the grid covers, in frame pixels.</param>
    /// <returns>gridHeight x gridWidth flags, row after row.</returns>
    /// <exception cref="ArgumentException">The region leaves the frame or the grid is empty.</exception>
    public bool[] Ignored(int gridWidth, int gridHeight, Region region)
    {
        bool[] cells = new bool[checked(Math.Max(gridWidth, 0) * Math.Max(gridHeight, 0))];
        Ignored(gridWidth, gridHeight, region, cells);
        return cells;
    }

    /// <summary>As <see cref="Ignored(int, int, Region)"/>, into memory of the caller.</summary>
    public void Ignored(int gridWidth, int gridHeight, Region region, Span<bool> cells)
    {
        region.EnsureInside(Width, Height);
        if (gridWidth is < 1 or > ImageView.MaxSide || gridHeight is < 1 or > ImageView.MaxSide)
            throw new ArgumentException($"a grid of {gridWidth}x{gridHeight} cells: each side must be 1..{ImageView.MaxSide}");
        if (cells.Length < (long)gridWidth * gridHeight)
            throw new ArgumentException($"{gridWidth}x{gridHeight} cells need as many flags, {cells.Length} given", nameof(cells));

        // In units of 1/gridWidth by 1/gridHeight pixel every cell edge is an integer and a cell's area is region.Width x region.Height.
        // Pixels and cells are both below 2^31 (they index arrays), so every product stays below 2^62.
        long cellArea = (long)region.Width * region.Height;
        for (int j = 0; j < gridHeight; j++)
        {
            for (int i = 0; i < gridWidth; i++)
            {
                long ignored = Before(i + 1, j + 1) - Before(i, j + 1) - Before(i + 1, j) + Before(i, j);
                cells[j * gridWidth + i] = 2 * ignored > cellArea;
            }
        }

        // Ignored area above and left of the corner of cell (i, j), in those units.
        long Before(int i, int j)
        {
            (long x, long restX) = Math.DivRem((long)i * region.Width, gridWidth);
            (long y, long restY) = Math.DivRem((long)j * region.Height, gridHeight);
            int column = region.X + (int)x,
                row = region.Y + (int)y,
                corner = (row * (Width + 1)) + column;
            long whole = _sums[corner];
            // Steps that would leave the frame have no rest.
            long right = restX == 0 ? 0 : _sums[corner + 1] - whole;
            long down = restY == 0 ? 0 : _sums[corner + Width + 1] - whole;
            long both = restX == 0 || restY == 0 ? 0 : _sums[corner + Width + 2] - whole - right - down;
            return (whole * gridWidth * gridHeight) + (right * restX * gridHeight) + (down * restY * gridWidth) + (both * restX * restY);
        }
    }
}
