using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using ClipFusion.Inspection.Maps;
using ClipFusion.Native;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>
/// All banks of a recipe in the memory of one GPU: features that a network left there are compared where they are, with one call for all
/// banks, which no search of a single bank (<see cref="IBankSearcher"/>) could be; only the largest cosine of each cell comes down.
/// </summary>
internal sealed class DeviceBanks : IDisposable
{
    private readonly DeviceBankSet _set;
    private readonly MemoryBank[] _banks;

    private DeviceBanks(DeviceBankSet set, MemoryBank[] banks) => (_set, _banks) = (set, banks);

    /// <summary>Copies banks to a GPU.</summary>
    /// <param name="device">Its number, from 0.</param>
    /// <param name="banks">Read now and not kept but for their names.</param>
    /// <exception cref="DeviceSearchException">The GPU can't be used, or has too little memory.</exception>
    public static DeviceBanks Create(int device, ReferenceBanks banks)
    {
        MemoryBank[] all = [.. banks.Clip, .. banks.Diffusion, .. banks.Backbone];
        NativeBank[] native =
        [
            .. all.Select(b => b.Native ?? throw new DeviceSearchException("the banks are not in the native library", null)),
        ];
        try
        {
            return new DeviceBanks(DeviceBankSet.Create(device, native), all);
        }
        catch (Exception e) when (IsOfDevice(e))
        {
            throw new DeviceSearchException(e.Message, e);
        }
    }

    /// <summary>Writes the distances of every query to its map.</summary>
    /// <exception cref="ArgumentException">A feature is not a number, or the image to leave out is not there or all there is.</exception>
    /// <exception cref="DeviceSearchException">The GPU can't go on; the maps are undefined.</exception>
    public unsafe void Search(ReadOnlySpan<BankQuery> queries, ReadOnlySpan<AnomalyMap> maps, int? exclude, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int cells = 0;
        foreach (BankQuery query in queries)
            cells += query.Cells;
        float[] found = ArrayPool<float>.Shared.Rent(cells);
        try
        {
            fixed (float* similarities = found)
            {
                var all = new DeviceQuery[queries.Length];
                for (int i = 0, first = 0; i < all.Length; first += queries[i++].Cells)
                    all[i] = OnDevice(queries[i], (nint)(similarities + first), exclude);
                _set.SearchDown(all);
            }

            // A search on a GPU can't be interrupted; it takes about a millisecond.
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<float> rest = found;
            foreach (AnomalyMap map in maps)
            {
                for (int cell = 0; cell < map.Values.Length; cell++)
                    map.Values[cell] = NativeBankSearcher.Distance(rest[cell]);
                rest = rest[map.Values.Length..];
            }
        }
        catch (Exception e) when (IsOfDevice(e))
        {
            throw new DeviceSearchException(e.Message, e);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(found);
        }
    }

    /// <summary>Gives the GPU's memory back.</summary>
    public void Dispose() => _set.Dispose();

    /// <summary>A failing GPU, as opposed to features that are no numbers: those are as wrong on the host.</summary>
    private static bool IsOfDevice(Exception e) => e is NativeException or NotSupportedException;

    private DeviceQuery OnDevice(BankQuery query, nint similarities, int? exclude)
    {
        if (exclude is int image)
            query.Bank.RequireRowsWithout(image);
        (nint pointer, long values) = query.Outputs.DeviceRow(query.Name, query.Row);
        if (values != (long)query.Cells * query.Bank.Dimension)
        {
            throw new ArgumentException(
                $"'{query.Name}' has {values} values a row; {query.Cells} cells of {query.Bank.Dimension} are expected.",
                nameof(query)
            );
        }

        return new DeviceQuery(Array.IndexOf(_banks, query.Bank), pointer, query.Cells, similarities, Exclude: exclude);
    }
}

/// <summary>Banks can't be searched on a GPU, or not any more; the host can do it. The message says why.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
internal sealed class DeviceSearchException(string message, Exception? inner) : Exception(message, inner);
