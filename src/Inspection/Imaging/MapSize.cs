namespace ClipFusion.Inspection.Imaging;

/// <summary>The one check of a map that comes as a span and two sizes.</summary>
internal static class MapSize
{
    /// <summary>Returns the number of cells.</summary>
    /// <exception cref="ArgumentException">The span is not width x height long.</exception>
    public static int Check(int length, int width, int height)
    {
        if (width < 1 || height < 1 || (long)width * height != length)
            throw new ArgumentException($"a map of {width}x{height} cells must have as many values, {length} given");
        return length;
    }
}
