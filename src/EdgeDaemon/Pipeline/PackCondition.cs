using ClipFusion.EdgeDaemon.Delivery;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What is known about the model pack that runs, for those that judge with it and those that tell it. Safe for several
/// threads.</summary>
internal sealed class PackCondition
{
    private volatile string? _fault;
    private volatile int _check;

    /// <summary>Raised when something of it has changed; handlers return at once.</summary>
    public event Action? Changed;

    /// <summary>Why nothing may be judged with it; null when it may.</summary>
    public string? Fault => _fault;

    /// <summary>What came of checking it since the start.</summary>
    public PackCheck Check => (PackCheck)_check;

    /// <summary>From now on nothing is judged.</summary>
    public void Fail(string why) => Set(PackCheck.Failed, why);

    /// <summary>Nothing is judged until the check has passed.</summary>
    public void Doubt(string why) => Set(PackCheck.Pending, why);

    /// <summary>Notes a check without a finding; what was in doubt is judged with again.</summary>
    public void Pass(PackCheck check) => Set(check, null);

    private void Set(PackCheck check, string? fault)
    {
        (_check, _fault) = ((int)check, fault);
        Changed?.Invoke();
    }
}
