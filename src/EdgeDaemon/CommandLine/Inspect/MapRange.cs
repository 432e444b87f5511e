using ClipFusion.Inspection.Maps;

namespace ClipFusion.EdgeDaemon.CommandLine.Inspect;

/// <summary>
/// The colour scale of a run: from the median to the largest value of all its maps, so that what looks like most of the run stays as it is and only what stands out is
/// coloured. The median is that of every map's own median.
/// </summary>
internal sealed class MapRange
{
    private readonly List<float> _medians = [];
    private float _most = float.NegativeInfinity;

    /// <summary>Takes a map without the cells that are ignored.</summary>
    public void Add(ReadOnlySpan<float> map, ReadOnlySpan<bool> ignored)
    {
        _medians.Add(MapStatistics.Median(map, ignored));
        _most = Math.Max(_most, MapStatistics.Max(map, ignored));
    }

    /// <summary>Low and high end, low below high; 0 to 1 where there is no map.</summary>
    public (float Low, float High) Scale()
    {
        if (_medians.Count == 0) return (0, 1);
        _medians.Sort();
        float low = _medians[_medians.Count / 2];
        return (low, _most > low ? _most : low + 1);
    }
}
