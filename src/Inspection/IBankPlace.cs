using ClipFusion.Inspection.Maps;

namespace ClipFusion.Inspection;

/// <summary>Where step 5 is done: on the host, or on the GPU that made the features. Both give the same bits.</summary>
internal interface IBankPlace
{
    /// <summary>Writes the distances of every grid to its map.</summary>
    /// <exception cref="ArgumentException">A feature is not a number, or the image to leave out is not there or all there is.</exception>
    /// <exception cref="DeviceSearchException">A GPU can't go on; the maps are undefined.</exception>
    void Search(ReadOnlySpan<FeatureGrid> grids, ReadOnlySpan<AnomalyMap> maps, BankSearch search);
}
