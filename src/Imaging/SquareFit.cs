namespace ClipFusion.Imaging;

/// <summary>The scaled size of a frame and the square that is kept of it.</summary>
/// <param name="ScaledWidth">Width after resampling.</param>
/// <param name="ScaledHeight">Height after resampling.</param>
/// <param name="Left">First column kept.</param>
/// <param name="Top">First row kept.</param>
public readonly record struct SquareFit(int ScaledWidth, int ScaledHeight, int Left, int Top)
{
    /// <summary>
    /// Squash: size x size, everything kept. Centre: shorter side to size, longer side to int(size x long / short), kept from round((side -
    /// size) / 2) on, where a half goes to the even number as in Python.
    /// </summary>
    public static SquareFit Of(int width, int height, int size, CropMode mode)
    {
        if (mode == CropMode.Squash)
            return new SquareFit(size, size, 0, 0);
        int scaledWidth = width <= height ? size : Long(width, height),
            scaledHeight = width <= height ? Long(height, width) : size;
        return new SquareFit(scaledWidth, scaledHeight, Offset(scaledWidth), Offset(scaledHeight));

        int Long(int longer, int shorter) => checked((int)((long)size * longer / shorter));
        int Offset(int side) => (int)Math.Round((side - size) / 2.0, MidpointRounding.ToEven);
    }
}
