using ClipFusion.Native;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>Where the banks of a recipe are searched whose networks run on a GPU.</summary>
/// <param name="Device">Number of that GPU, from 0.</param>
/// <param name="Gpu">What it is, as far as it was found.</param>
/// <param name="WhyNot">Why the host searches and not the GPU, for people; null when the GPU does.</param>
public sealed record BankSearchDecision(int Device, DeviceProbe Gpu, string? WhyNot);

/// <summary>The decisions that count now, one for each inspector that has networks on a GPU. Safe for several threads.</summary>
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
