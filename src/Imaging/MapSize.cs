namespace ClipFusion.Imaging;

/// <summary>The one check of a map that comes as a span and two sizes.</summary>
public static class MapSize
{
    /// <summary>The number of cells.</summary>
    /// <param name="length">Values in the span.</param>
    /// <param name="width">Cells in a row.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentException">The span is not width x height long.</exception>
    public static int Check(int length, int width, int height)
    {
        if (width < 1 || height < 1 || (long)width * height != length)
            throw new ArgumentException($"a map of {width}x{height} cells must have as many values, {length} given");
        return length;
    }
}
