using ClipFusion.Inspection.Maps;

namespace ClipFusion.Inspection;

/// <summary>Features in the host's memory, one bank after the other.</summary>
internal sealed class HostBanks : IBankPlace
{
    public static HostBanks Instance { get; } = new();

    /// <inheritdoc/>
    public void Search(ReadOnlySpan<FeatureGrid> grids, ReadOnlySpan<AnomalyMap> maps, BankSearch search)
    {
        for (int i = 0; i < grids.Length; i++)
            grids[i].Bank.Search(grids[i].Outputs.Row(grids[i].Name, grids[i].Row), maps[i].Values, default, search.Exclude, search.Parallelism, search.Cancellation);
    }
}
