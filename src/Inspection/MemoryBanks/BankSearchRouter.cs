using ClipFusion.Native;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>Where the banks of a recipe are searched whose networks run on a GPU.</summary>
/// <param name="Device">Number of that GPU, from 0.</param>
/// <param name="Gpu">What it is, as far as it was found.</param>
/// <param name="WhyNot">Why the host searches and not the GPU, for people; null when the GPU does.</param>
public sealed record BankSearchDecision(int Device, DeviceProbe Gpu, string? WhyNot);

/// <summary>The decisions in force, one for each inspector that has networks on a GPU. Safe for several threads.</summary>
internal sealed class BankSearchDecisions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<object, BankSearchDecision> _decisions = new(ReferenceEqualityComparer.Instance);

    /// <summary>Raised for every new decision; handlers return at once.</summary>
    public event Action<BankSearchDecision>? Decided;

    public IReadOnlyList<BankSearchDecision> Current
    {
        get
        {
            lock (_lock)
                return [.. _decisions.Values];
        }
    }

    public void Set(object owner, BankSearchDecision decision)
    {
        lock (_lock)
            _decisions[owner] = decision;
        Decided?.Invoke(decision);
    }

    public void Remove(object owner)
    {
        lock (_lock)
            _decisions.Remove(owner);
    }
}

/// <summary>
/// Decides where one inspector's banks are searched: on the GPU that runs the networks, as long as it can, and on the host otherwise. What
/// failed is not tried again until there are other banks, so that a GPU in trouble costs one inspection's time and not every one's.
/// </summary>
/// <param name="decisions">Is told what was decided.</param>
internal sealed class BankSearchRouter(BankSearchDecisions decisions) : IDisposable
{
    private ReferenceBanks? _tried;
    private int _device;
    private DeviceBanks? _banks;

    /// <summary>
    /// Takes steps 4 and 5 of one image with the features left on the GPU that makes them, if it can compare them there. Where that fails
    /// in the middle, the network runs once more and its features come down.
    /// </summary>
    /// <param name="comparison">What the image is compared with; its banks may be null only where <paramref name="device"/> is.</param>
    /// <param name="device">The GPU that runs the network, from 0; null for the host, or where nothing is compared.</param>
    /// <param name="run">Runs the network and searches as it is told; called a second time where the GPU failed.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>What <paramref name="run"/> gave.</returns>
    public T Route<T>(Comparison comparison, int? device, Func<BankSearch, T> run, CancellationToken cancellation)
    {
        var search = new BankSearch(comparison.Parallelism, comparison.ExcludeReference, cancellation);
        if (device is { } gpu && BanksOn(gpu, comparison.Banks!) is { } banks)
        {
            try
            {
                return run(search with { Device = banks });
            }
            catch (DeviceSearchException e)
            {
                GiveUp(e);
            }
        }

        return run(search);
    }

    /// <summary>
    /// Copies banks now rather than in the middle of the first inspection, which may have a deadline: the driver loads, and for some GPUs
    /// compiles, the kernels.
    /// </summary>
    /// <param name="banks">The banks.</param>
    /// <param name="device">The GPU that runs the network whose features they hold, from 0; null for none, or for a network that is not
    /// open yet.</param>
    public void Prepare(ReferenceBanks banks, int? device)
    {
        if (device is { } gpu)
            BanksOn(gpu, banks);
    }

    /// <summary>Forgets the banks.</summary>
    public void Clear()
    {
        _banks?.Dispose();
        (_banks, _tried) = (null, null);
        decisions.Remove(this);
    }

    public void Dispose() => Clear();

    /// <summary>The banks on a GPU, copied there when they are not yet; null when the host has to search.</summary>
    private DeviceBanks? BanksOn(int device, ReferenceBanks banks)
    {
        if (ReferenceEquals(_tried, banks) && _device == device)
            return _banks;
        Clear();
        (_tried, _device) = (banks, device);
        DeviceProbe probe = NativeRuntime.ProbeDevice(device);
        try
        {
            _banks = probe.WhyNot is { } reason ? throw new DeviceSearchException(reason, null) : DeviceBanks.Create(device, banks);
            decisions.Set(this, new BankSearchDecision(device, probe, null));
        }
        catch (DeviceSearchException e)
        {
            decisions.Set(this, new BankSearchDecision(device, probe, e.Message));
        }

        return _banks;
    }

    /// <summary>Leaves the GPU, which failed, and gives back its memory.</summary>
    private void GiveUp(DeviceSearchException why)
    {
        _banks?.Dispose();
        _banks = null;
        decisions.Set(this, new BankSearchDecision(_device, NativeRuntime.ProbeDevice(_device), why.Message));
    }
}
