using ClipFusion.Inspection.Maps;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>Unit features of one image on a square grid, where the network left them, and the bank that they are compared with.</summary>
/// <param name="Bank">The bank.</param>
/// <param name="Outputs">What the network gave; borrowed.</param>
/// <param name="Name">The output with the features: rows x cells x dimension.</param>
/// <param name="Row">Their row of it.</param>
/// <param name="Side">Cells along one side.</param>
internal readonly record struct BankQuery(MemoryBank Bank, NetworkOutputs Outputs, string Name, int Row, int Side)
{
    public int Cells => Side * Side;
}

/// <summary>How banks are searched for one image: with how many threads, leaving out which reference, until when, and where.</summary>
/// <param name="Parallelism">Threads at most, at least 1; for the host.</param>
/// <param name="Exclude">Number of the reference image that is left out (leave-one-out), or null.</param>
/// <param name="Cancellation">Ends the search.</param>
/// <param name="Device">The banks on a GPU, for features that stay there; null when all features come down.</param>
internal readonly record struct BankSearch(int Parallelism, int? Exclude, CancellationToken Cancellation, DeviceBanks? Device = null)
{
    /// <summary>Whether networks may leave features where they ran.</summary>
    public bool IsOnDevice => Device is not null;

    /// <summary>The distance map of each query; the features of all of them are in the same memory. Host and GPU give the same
    /// bits.</summary>
    /// <exception cref="ArgumentException">A feature is not a number, or the image to leave out is not there or all there is.</exception>
    /// <exception cref="DeviceSearchException">The GPU can't go on.</exception>
    public AnomalyMap[] Run(BankQuery[] queries)
    {
        AnomalyMap[] maps = [.. queries.Select(q => new AnomalyMap(q.Side, q.Side))];
        // A network that was on the CPU after all left its features with the host.
        if (Device is { } device && Array.Exists(queries, q => q.Outputs.IsOnDevice(q.Name)))
        {
            device.Search(queries, maps, Exclude, Cancellation);
            return maps;
        }

        for (int i = 0; i < queries.Length; i++)
        {
            BankQuery query = queries[i];
            query.Bank.Search(query.Outputs.Row(query.Name, query.Row), maps[i].Values, default, Exclude, Parallelism, Cancellation);
        }

        return maps;
    }

    /// <summary>The distance maps of features that lie with the host, each cell compared with its neighbours alone.</summary>
    /// <param name="banks">A bank a map.</param>
    /// <param name="outputs">What the network gave; borrowed.</param>
    /// <param name="names">For each bank the output with the features.</param>
    /// <param name="sides">For each bank the cells along a side.</param>
    /// <exception cref="ArgumentException">The image to leave out is not there, or a cell has no row near it.</exception>
    public AnomalyMap[] Run(IReadOnlyList<NeighbourBank> banks, NetworkOutputs outputs, string[] names, int[] sides)
    {
        var maps = new AnomalyMap[banks.Count];
        for (int i = 0; i < maps.Length; i++)
        {
            maps[i] = new AnomalyMap(sides[i], sides[i]);
            banks[i].Search(outputs.Row(names[i], 0), maps[i].Values, Exclude, Parallelism, Cancellation);
        }

        return maps;
    }
}
