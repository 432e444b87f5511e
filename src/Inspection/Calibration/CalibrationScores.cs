using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;
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
    private FusionResult? _fallback;
    private Profile _heldProfile;
    private readonly List<double> _full = [],
        _fullPeaks = [],
        _held = [],
        _heldPeaks = [];

    /// <summary>Parts seen.</summary>
    public int Parts => _full.Count;

    /// <summary>The threshold of the recipe's profile.</summary>
    /// <exception cref="ArgumentException">So few parts allow no such rate.</exception>
    public ConformalThreshold Threshold => Of(_full);

    /// <summary>Thresholds for scores, without grey bands.</summary>
    /// <exception cref="ArgumentException">So few parts allow no such rate.</exception>
    public DecisionRule Rule => new(Table(_full, _held), ProfileTable.Empty);

    /// <summary>Thresholds for the pixels of maps, by the same rule.</summary>
    /// <exception cref="ArgumentException">So few parts allow no such rate.</exception>
    public ProfileTable MapThresholds => Table(_fullPeaks, _heldPeaks);

    /// <summary>Judges a good part on the way that the box takes.</summary>
    /// <param name="inspector">With its banks.</param>
    /// <param name="part">The picture; borrowed.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidOperationException">The inspector has no banks.</exception>
    public void Add(Inspector inspector, ImageView part, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inspector);
        InspectionResult result = inspector.Inspect(part, cancellation: cancellation);
        Add(result.Fused, _full, _fullPeaks);
        if (inspector.HeldProfile is not { } profile)
            return;
        _heldProfile = profile;
        _fallback ??= new FusionResult(result.Map.Height, result.Map.Width);
        Add(inspector.Fuse(result.Maps, profile, result.Prepared.Region, _fallback, cancellation: cancellation), _held, _heldPeaks);
    }

    private ProfileTable Table(List<double> full, List<double> held)
    {
        ProfileTable table = ProfileTable.Empty.With(profile, Of(full).Value, null);
        return held.Count == 0 ? table : table.With(_heldProfile, Of(held).Value, null);
    }

    private ConformalThreshold Of(List<double> scores) => ConformalThreshold.Of(scores, alpha);

    private static void Add(FusionResult fused, List<double> scores, List<double> peaks)
    {
        scores.Add(fused.Scores.FewShot ?? throw new InvalidOperationException("a recipe with references has a few-shot score"));
        peaks.Add(MapStatistics.Max(fused.FewShot!.Values));
    }
}
