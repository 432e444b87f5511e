using ClipFusion.Inspection.Maps;

namespace ClipFusion.Inspection;

/// <summary>How banks are searched for one image: with how many threads, leaving out which reference, until when, and where.</summary>
/// <param name="Parallelism">Threads at most, at least 1; for the host.</param>
/// <param name="Exclude">Number of the reference image that is left out (leave-one-out), or null.</param>
/// <param name="Cancellation">Ends the search.</param>
/// <param name="Device">The banks on a GPU, for features that stay there; null when all features come down.</param>
internal readonly record struct BankSearch(int Parallelism, int? Exclude, CancellationToken Cancellation, DeviceBanks? Device = null)
{
    /// <summary>Whether networks may leave features where they ran.</summary>
    public bool IsOnDevice => Device is not null;

    /// <summary>The distance map of each grid, all of which lie in the same memory.</summary>
    public AnomalyMap[] Run(FeatureGrid[] grids)
    {
        AnomalyMap[] maps = [.. grids.Select(g => new AnomalyMap(g.Side, g.Side))];
        // A network that was on the CPU after all left its features with the host.
        bool areOnDevice = Device is not null && Array.Exists(grids, g => g.Outputs.IsOnDevice(g.Name));
        IBankPlace place = areOnDevice ? Device! : HostBanks.Instance;
        place.Search(grids, maps, this);
        return maps;
    }
}
