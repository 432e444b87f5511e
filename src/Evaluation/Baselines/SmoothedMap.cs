using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>A map on a grid, enlarged bilinearly to a square and smoothed there.</summary>
internal static class SmoothedMap
{
    /// <summary>Makes the square.</summary>
    /// <param name="map">[height, width].</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="side">Side of the square in pixels.</param>
    /// <param name="sigma">Standard deviation of the smoothing in its pixels.</param>
    public static float[] Of(float[] map, int height, int width, int side, double sigma)
    {
        float[] square = new float[side * side];
        BilinearResize.Resize(map, height, width, square, side, side);
        GaussianSmoothing.Smooth(square, side, side, sigma);
        return square;
    }

    /// <summary>The same, made whenever it is read and brought to any size: a thousand squares would be a gigabyte.</summary>
    /// <param name="map">[height, width]; kept, not copied.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="side">Side of the square in pixels.</param>
    /// <param name="sigma">Standard deviation of the smoothing in its pixels.</param>
    public static MapReader Reader(float[] map, int height, int width, int side, double sigma) =>
        (rows, columns, destination) => BilinearResize.Resize(Of(map, height, width, side, sigma), side, side, destination, rows, columns);
}
