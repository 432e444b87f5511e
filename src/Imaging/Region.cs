namespace ClipFusion.Imaging;

/// <summary>A rectangle of whole pixels; unless said otherwise, frame pixels with (0, 0) at the top left.</summary>
/// <param name="X">Left column.</param>
/// <param name="Y">Top row.</param>
/// <param name="Width">Columns, at least 1 where a region is used.</param>
/// <param name="Height">Rows, at least 1 where a region is used.</param>
public readonly record struct Region(int X, int Y, int Width, int Height)
{
    /// <summary>The region that is a whole frame of the given size.</summary>
    public static Region Whole(int width, int height) => new(0, 0, width, height);

    /// <summary>Whether the region has an area and no pixel of it lies outside a frame of the given size.</summary>
    public bool IsInside(int frameWidth, int frameHeight) =>
        X >= 0 && Y >= 0 && Width > 0 && Height > 0 && (long)X + Width <= frameWidth && (long)Y + Height <= frameHeight;

    /// <summary>Throws unless <see cref="IsInside"/>.</summary>
    /// <exception cref="ArgumentException">The region is empty or leaves the frame.</exception>
    public void EnsureInside(int frameWidth, int frameHeight)
    {
        if (!IsInside(frameWidth, frameHeight))
            throw new ArgumentException($"region {this} must have an area and lie inside the frame of {frameWidth}x{frameHeight} pixels");
    }

    /// <summary>
    /// Takes a box of map cells back to frame pixels, where a map of <paramref name="mapWidth"/> x <paramref name="mapHeight"/> cells
    /// covers this region: the smallest box of whole frame pixels that covers every cell of <paramref name="cells"/>, in integer
    /// arithmetic.
    /// </summary>
    /// <exception cref="ArgumentException">The box leaves the map.</exception>
    public Region CellsToFrame(Region cells, int mapWidth, int mapHeight)
    {
        cells.EnsureInside(mapWidth, mapHeight);
        int left = Floor(cells.X, Width, mapWidth),
            right = Ceiling(cells.X + cells.Width, Width, mapWidth);
        int top = Floor(cells.Y, Height, mapHeight),
            bottom = Ceiling(cells.Y + cells.Height, Height, mapHeight);
        return new Region(X + left, Y + top, right - left, bottom - top);

        static int Floor(long cell, int pixels, int count) => (int)(cell * pixels / count);
        static int Ceiling(long cell, int pixels, int count) => (int)((cell * pixels + count - 1) / count);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Width}x{Height} at ({X}, {Y})";
}
