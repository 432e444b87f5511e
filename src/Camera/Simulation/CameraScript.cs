namespace ClipFusion.Camera.Simulation;

/// <summary>What can go wrong between the part and the frame.</summary>
public enum CameraFault
{
    /// <summary>No frame comes.</summary>
    NoFrame,

    /// <summary>The frame comes after the rule's duration.</summary>
    LateFrame,

    /// <summary>Only the upper half comes.</summary>
    HalfFrame,

    /// <summary>The frame has half the width and height.</summary>
    WrongSize,

    /// <summary>The light is off.</summary>
    TooDark,

    /// <summary>The light is far too strong.</summary>
    TooBright,

    /// <summary>The lens is out of focus.</summary>
    Blurred,

    /// <summary>The camera is gone for the rule's duration.</summary>
    Disconnect,
}

/// <summary>When a fault happens: for the parts from <paramref name="First"/> to <paramref name="Last"/>, each with the probability
/// <paramref name="Rate"/>.</summary>
/// <param name="Fault">What happens.</param>
/// <param name="First">First part number.</param>
/// <param name="Last">Last part number.</param>
/// <param name="Rate">0..1; which parts it hits depends on the line's seed alone.</param>
/// <param name="Duration">Of a disconnection, or how late a late frame is; otherwise unused.</param>
public sealed record CameraFaultRule(
    CameraFault Fault,
    ulong First = 0,
    ulong Last = ulong.MaxValue,
    double Rate = 1,
    TimeSpan Duration = default
)
{
    /// <summary>A fault for one part.</summary>
    public static CameraFaultRule At(ulong part, CameraFault fault, TimeSpan duration = default) => new(fault, part, part, 1, duration);

    /// <summary>A fault for a share of all parts.</summary>
    public static CameraFaultRule Often(double rate, CameraFault fault, TimeSpan duration = default) =>
        new(fault, Rate: rate, Duration: duration);
}

/// <summary>The faults of a simulated camera. For each part the first rule that applies counts.</summary>
internal sealed class CameraScript(IReadOnlyList<CameraFaultRule> rules, ulong seed)
{
    public CameraFaultRule? For(ulong part)
    {
        for (int i = 0; i < rules.Count; i++)
        {
            CameraFaultRule rule = rules[i];
            if (part >= rule.First && part <= rule.Last && new PartRandom(seed, part, 100 + (ulong)i).Unit() < rule.Rate)
                return rule;
        }
        return null;
    }
}
