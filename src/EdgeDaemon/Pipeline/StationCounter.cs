using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>A counter by station whose further label sets are known before anything is counted, so that each can start at 0.</summary>
/// <param name="counter">The instrument.</param>
/// <param name="labels">Every label set that may be counted, without the station; one empty set for a counter by station alone.</param>
internal sealed class StationCounter(Counter<long> counter, IReadOnlyList<TagList> labels)
{
    /// <summary>Gives every label set of a station its 0.</summary>
    public void Start(string station)
    {
        foreach (TagList set in labels)
            Add(station, set, 0);
    }

    /// <summary>Counts one event.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="set">One of the label sets.</param>
    /// <param name="count">How many.</param>
    public void Add(string station, in TagList set, long count = 1)
    {
        TagList tags = [new("station", station)];
        foreach (KeyValuePair<string, object?> tag in set)
            tags.Add(tag);
        counter.Add(count, in tags);
    }
}
