using ClipFusion.Inspection.Maps;

namespace ClipFusion.Inspection;

/// <summary>How banks are searched for one image: with how many threads, leaving out which reference, until when.</summary>
/// <param name="Parallelism">Threads at most, at least 1.</param>
/// <param name="Exclude">Number of the reference image that is left out (leave-one-out), or null.</param>
/// <param name="Cancellation">Ends the search.</param>
internal readonly record struct BankSearch(int Parallelism, int? Exclude, CancellationToken Cancellation)
{
    /// <summary>The distance map of a square grid of unit features.</summary>
    public AnomalyMap Run(MemoryBank bank, ReadOnlySpan<float> features, int gridSize)
    {
        var map = new AnomalyMap(gridSize, gridSize);
        bank.Search(features, map.Values, default, Exclude, Parallelism, Cancellation);
        return map;
    }
}
