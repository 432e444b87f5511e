using ClipFusion.Imaging;
using OpenCvSharp;

namespace ClipFusion.Inspection.Maps;

/// <summary>One connected area above the threshold.</summary>
/// <param name="Box">Smallest rectangle around it, in map cells (<see cref="ConnectedRegions.Find"/>) or frame pixels
/// (<see cref="ToFrame"/>).</param>
/// <param name="Area">Cells, or frame pixels rounded to the nearest integer, at least 1.</param>
/// <param name="Peak">Largest value inside.</param>
public readonly record struct AnomalyRegion(Region Box, long Area, float Peak)
{
    /// <summary>The same area in frame pixels, where a map of the given size covers <paramref name="region"/> of the frame.</summary>
    public AnomalyRegion ToFrame(Region region, int mapWidth, int mapHeight)
    {
        long cells = (long)mapWidth * mapHeight;
        return this with
        {
            Box = region.CellsToFrame(Box, mapWidth, mapHeight),
            Area = Math.Max(1, ((Area * region.Width * region.Height) + (cells / 2)) / cells),
        };
    }
}

/// <summary>Connected areas of a map: the boxes that a verdict carries.</summary>
/// <param name="Regions">Areas, highest peak first; equal peaks by size, then from top left.</param>
/// <param name="Truncated">Whether there were more than asked for.</param>
public sealed record ConnectedRegions(IReadOnlyList<AnomalyRegion> Regions, bool Truncated)
{
    /// <summary>The areas of an anomaly map above its threshold, in frame pixels.</summary>
    /// <param name="map">The map.</param>
    /// <param name="covered">What it covers, in frame pixels.</param>
    /// <param name="threshold">Cells strictly above it belong to an area.</param>
    /// <param name="ignore">The recipe's ignore mask, or null.</param>
    public static ConnectedRegions FindInFrame(AnomalyMap map, Region covered, float threshold, IgnoreMask? ignore)
    {
        ArgumentNullException.ThrowIfNull(map);
        ConnectedRegions cells = Find(map.Values, map.Width, map.Height, threshold, ignore?.Ignored(map.Width, map.Height, covered));
        return cells with { Regions = [.. cells.Regions.Select(r => r.ToFrame(covered, map.Width, map.Height))] };
    }

    /// <summary>Finds the 8-connected areas whose every cell is above a threshold.</summary>
    /// <param name="map">height x width values; a value that is not a number is not above anything.</param>
    /// <param name="width">Cells in a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="threshold">Cells strictly above it count.</param>
    /// <param name="ignored">height x width flags of cells that don't count, or empty.</param>
    /// <param name="limit">Most areas returned, at least 1.</param>
    /// <exception cref="ArgumentException">A size does not fit.</exception>
    public static unsafe ConnectedRegions Find(
        ReadOnlySpan<float> map,
        int width,
        int height,
        float threshold,
        ReadOnlySpan<bool> ignored = default,
        int limit = 64
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        int count = MapSize.Check(map.Length, width, height);
        if (!ignored.IsEmpty && ignored.Length != count)
            throw new ArgumentException($"{ignored.Length} ignore flags for {width}x{height} cells", nameof(ignored));
        ImagingNative.EnsureLoaded();

        using var above = new Mat(height, width, MatType.CV_8UC1);
        var flags = new Span<byte>((void*)above.Data, count);
        for (int i = 0; i < count; i++)
            flags[i] = map[i] > threshold && (ignored.IsEmpty || !ignored[i]) ? (byte)255 : (byte)0;
        using var labels = new Mat();
        using var stats = new Mat();
        using var centroids = new Mat();
        // Label 0 is everything else.
        int found = Cv2.ConnectedComponentsWithStats(above, labels, stats, centroids, PixelConnectivity.Connectivity8, MatType.CV_32S) - 1;
        if (found == 0)
            return new ConnectedRegions([], false);

        float[] peaks = new float[found];
        Array.Fill(peaks, float.NegativeInfinity);
        var label = new ReadOnlySpan<int>((void*)labels.Data, count);
        for (int i = 0; i < count; i++)
            if (label[i] > 0)
                peaks[label[i] - 1] = Math.Max(peaks[label[i] - 1], map[i]);
        AnomalyRegion[] regions = new AnomalyRegion[found];
        for (int i = 0; i < found; i++)
        {
            var s = new ReadOnlySpan<int>((void*)stats.Ptr(i + 1), 5);
            regions[i] = new AnomalyRegion(new Region(s[0], s[1], s[2], s[3]), s[4], peaks[i]);
        }

        Array.Sort(regions, static (a, b) => (b.Peak, b.Area, a.Box.Y, a.Box.X).CompareTo((a.Peak, a.Area, b.Box.Y, b.Box.X)));
        return new ConnectedRegions(found > limit ? regions[..limit] : regions, found > limit);
    }
}
