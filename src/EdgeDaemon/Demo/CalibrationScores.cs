using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Demo;

/// <summary>
/// How high good parts score under a recipe, and how high their maps reach: for the recipe's own profile and, where that runs the diffusion model too, for
/// PatchCLIP, which stands in at a deadline and whose scores are on another scale.
/// </summary>
internal sealed class CalibrationScores(Profile profile)
{
    private FusionResult? _fallback;
    private readonly List<double> _full = [], _fullPeaks = [], _held = [], _heldPeaks = [];

    /// <summary>Parts seen.</summary>
    public int Parts => _full.Count;

    /// <summary>The threshold of the recipe's profile.</summary>
    public ConformalThreshold Threshold => Of(_full);

    /// <summary>Judges a good part on the way that the box takes.</summary>
    public void Add(Inspector inspector, ImageView part, CancellationToken cancellation)
    {
        InspectionResult result = inspector.Inspect(part, cancellation: cancellation);
        Add(result.Fused, _full, _fullPeaks);
        if (!inspector.HasFallback) return;
        _fallback ??= new FusionResult(result.Map.Height, result.Map.Width);
        Add(inspector.Fuse(result.Maps, Profile.PatchClip, result.Prepared.Region, _fallback, cancellation: cancellation), _held, _heldPeaks);
    }

    /// <summary>The recipe with thresholds for scores and for the pixels of maps, all by the same rule.</summary>
    public StationRecipe Decide(StationRecipe recipe) => recipe with
    {
        Rule = new DecisionRule(Table(_full, _held), ProfileTable.Empty),
        MapThresholds = Table(_fullPeaks, _heldPeaks),
    };

    private ProfileTable Table(List<double> full, List<double> held)
    {
        ProfileTable table = ProfileTable.Empty.With(profile, Of(full).Value, null);
        return held.Count == 0 ? table : table.With(Profile.PatchClip, Of(held).Value, null);
    }

    private static ConformalThreshold Of(List<double> scores) => ConformalThreshold.Of(scores, DemoLine.Alpha);

    private static void Add(FusionResult fused, List<double> scores, List<double> peaks)
    {
        scores.Add(fused.Scores.FewShot ?? throw new InvalidOperationException("a recipe with references has a few-shot score"));
        peaks.Add(MapStatistics.Max(fused.FewShot!.Values));
    }
}
