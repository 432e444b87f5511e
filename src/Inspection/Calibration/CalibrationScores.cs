using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection.Calibration;

/// <summary>
/// How high good parts score under a recipe, and how high their maps reach: for the recipe's own profile and for the one whose result
/// stands in at a deadline, if there is one; its scores are on another scale.
/// </summary>
/// <param name="profile">The recipe's.</param>
/// <param name="alpha">Wanted rate of rejected good parts, above 0 and below 1.</param>
public sealed class CalibrationScores(Profile profile, double alpha)
{
    private readonly List<PartScores> _parts = [];
    private FusionResult? _held;

    /// <summary>Parts seen.</summary>
    public int Parts => _parts.Count;

    /// <summary>The threshold of the recipe's profile.</summary>
    /// <exception cref="ArgumentException">So few parts allow no such rate.</exception>
    public ConformalThreshold Threshold => Of(p => p.Full.Score);

    /// <summary>Thresholds for scores, without grey bands.</summary>
    /// <exception cref="ArgumentException">So few parts allow no such rate.</exception>
    public DecisionRule Rule => new(Table(s => s.Score), ProfileTable.Empty);

    /// <summary>Thresholds for the pixels of maps, by the same rule.</summary>
    /// <exception cref="ArgumentException">So few parts allow no such rate.</exception>
    public ProfileTable MapThresholds => Table(s => s.Peak);

    /// <summary>Judges a good part on the way that the box takes.</summary>
    /// <param name="inspector">With its banks.</param>
    /// <param name="part">The picture; borrowed.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidOperationException">The inspector has no banks.</exception>
    public void Add(Inspector inspector, ImageView part, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inspector);
        _parts.Add(PartScores.Of(inspector, part, excludeReference: null, ref _held, betweenRuns: null, cancellation));
    }

    private ProfileTable Table(Func<ProfileScore, double> of)
    {
        ProfileTable table = ProfileTable.Empty.With(profile, Of(p => of(p.Full)).Value, null);
        return _parts.All(p => p.Held is null) ? table : table.With(_parts[^1].HeldProfile, Of(p => of(p.Held!.Value)).Value, null);
    }

    private ConformalThreshold Of(Func<PartScores, double> of) => ConformalThreshold.Of([.. _parts.Select(of)], alpha);
}
