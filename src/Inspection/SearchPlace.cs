using ClipFusion.Inspection.Networks;
using ClipFusion.Native;

namespace ClipFusion.Inspection;

/// <summary>
/// Where one inspector's banks are searched: on the GPU that runs the networks, as long as it can, and on the host otherwise. What failed is not tried again
/// until there are other banks, so that a GPU in trouble costs one inspection's time and not every one's.
/// </summary>
internal sealed class SearchPlace(ModelPack pack) : IDisposable
{
    private ReferenceBanks? _tried;
    private int _device;
    private DeviceBanks? _banks;

    /// <summary>The banks on the GPU that runs a graph, copied there when they are not yet; null when the host has to search.</summary>
    /// <param name="banks">The banks.</param>
    /// <param name="device">The GPU, counted from 0.</param>
    public DeviceBanks? For(ReferenceBanks banks, int device)
    {
        if (ReferenceEquals(_tried, banks) && _device == device) return _banks;
        Clear();
        (_tried, _device) = (banks, device);
        DeviceProbe probe = NativeRuntime.ProbeDevice(device);
        try
        {
            _banks = probe.WhyNot is { } reason ? throw new DeviceSearchException(reason, null) : DeviceBanks.Create(device, banks);
            pack.Searches.Set(this, new BankSearchDecision(device, probe, null));
        }
        catch (DeviceSearchException e)
        {
            pack.Searches.Set(this, new BankSearchDecision(device, probe, e.Message));
        }

        return _banks;
    }

    /// <summary>
    /// Copies banks now rather than in the middle of the first inspection, which may have a deadline: the driver loads, and for some GPUs compiles, the kernels. A graph that
    /// is not open yet is left for later.
    /// </summary>
    public void Prepare(ReferenceBanks banks, string graph)
    {
        if (pack.IsOpen(graph) && pack.Session(graph).Current.Device is int device) For(banks, device);
    }

    /// <summary>Leaves the GPU, which failed, and gives back its memory.</summary>
    public void GiveUp(DeviceSearchException why)
    {
        _banks?.Dispose();
        _banks = null;
        pack.Searches.Set(this, new BankSearchDecision(_device, NativeRuntime.ProbeDevice(_device), why.Message));
    }

    /// <summary>Forgets the banks.</summary>
    public void Clear()
    {
        _banks?.Dispose();
        (_banks, _tried) = (null, null);
        pack.Searches.Remove(this);
    }

    public void Dispose() => Clear();
}
