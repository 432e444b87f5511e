namespace ClipFusion.Foundation;

/// <summary>
/// Waits between attempts: doubled each time up to a limit, and each drawn between half and all of it, so that a hall full of boxes does
/// not come back in one instant.
/// </summary>
/// <param name="first">The first wait, before jitter.</param>
/// <param name="longest">The longest wait.</param>
/// <param name="random">Draws the jitter.</param>
public sealed class BackOff(TimeSpan first, TimeSpan longest, Random random)
{
    private int _failures;

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        double doubled = Math.Min(first.TotalSeconds * Math.Pow(2, _failures++), longest.TotalSeconds);
        return Jitter(TimeSpan.FromSeconds(doubled), random);
    }

    /// <summary>An attempt succeeded.</summary>
    public void Reset() => _failures = 0;

    /// <summary>A wait drawn between half and all of one.</summary>
    public static TimeSpan Jitter(TimeSpan longest, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return longest * (0.5 + random.NextDouble() / 2);
    }
}
