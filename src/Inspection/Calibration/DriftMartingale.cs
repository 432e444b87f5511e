namespace ClipFusion.Inspection.Calibration;

/// <summary>
/// Sees that good parts no longer come as the calibration's came, from their p-values: the simple jumper (Vovk, "Testing randomness
/// online", 2021) with a floor. Three bets e of -1, 0 and 1, each with its capital C_e; a part's p-value v multiplies it by 1 + e (v - 0.5)
/// after a hundredth of all has been shared out anew. Where the sum falls below 1 it starts anew, or it would go deaf in quiet years.
/// Against one fixed set of scores its alarms are a detector with a measured rate of false ones, not a guarantee. Used by one thread at a
/// time.
/// </summary>
public sealed class DriftMartingale
{
    /// <summary>Fewer scores than this are too coarse a scale.</summary>
    public const int LeastParts = 250;

    /// <summary>The capital from which on it is an alarm.</summary>
    public const double Alarm = 100;

    private const double Jump = 0.01,
        Start = 1 / 3.0;

    private readonly double[] _capitals;

    /// <summary>Starts, or goes on from what was kept.</summary>
    /// <param name="capitals">C of -1, 0 and 1 as <see cref="Capitals"/> gave them; null for the start.</param>
    /// <exception cref="ArgumentException">Not three finite numbers above 0.</exception>
    public DriftMartingale(IReadOnlyList<double>? capitals = null)
    {
        if (capitals is not null && (capitals.Count != 3 || capitals.Any(c => !(c > 0 && double.IsFinite(c)))))
            throw new ArgumentException(
                $"capitals {string.Join(", ", capitals)}; three finite numbers above 0 are expected",
                nameof(capitals)
            );
        _capitals = capitals is null ? [Start, Start, Start] : [.. capitals];
    }

    /// <summary>C of -1, 0 and 1, to be kept.</summary>
    public IReadOnlyList<double> Capitals => _capitals;

    /// <summary>M, the sum of the capitals.</summary>
    public double Value => _capitals.Sum();

    /// <summary>Whether it alarms. It does until it is acknowledged, and takes no bets meanwhile.</summary>
    public bool IsAlarm => Value >= Alarm;

    /// <summary>Bets on one part.</summary>
    /// <param name="p">Its p-value (<see cref="PValues.Of"/>), 0 to 1.</param>
    public void Step(double p)
    {
        if (!(p is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "a p-value from 0 to 1 is expected");
        if (IsAlarm)
            return;
        double share = Jump * Value / _capitals.Length;
        for (int e = -1; e <= 1; e++)
            _capitals[e + 1] = (((1 - Jump) * _capitals[e + 1]) + share) * (1 + (e * (p - 0.5)));
        if (Value < 1)
            Acknowledge();
    }

    /// <summary>Starts anew after an alarm that somebody has looked at.</summary>
    public void Acknowledge() => Array.Fill(_capitals, Start);
}
