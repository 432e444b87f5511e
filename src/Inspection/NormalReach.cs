using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection;

/// <summary>
/// What the anomaly maps of good parts reach: the greatest value of the references' maps, each judged against the others. It is where an overlay's
/// colour begins. It decides nothing: a few references say less about good parts than a threshold has to know.
/// </summary>
/// <param name="Own">By the recipe's profile; null where nothing says it, as with fewer than two references.</param>
/// <param name="PatchClip">By PatchCLIP alone, whose result stands in at a deadline; null where the recipe's profile does not compute it on its way.</param>
public sealed record NormalReach(float? Own, float? PatchClip)
{
    /// <summary>Most references that are judged: each costs an inspection, and a recipe has to become ready.</summary>
    public const int MaxLeftOut = 4;

    /// <summary>Nothing says it.</summary>
    public static NormalReach Unknown { get; } = new(null, null);

    /// <summary>Judges some of the references, evenly among them, each without its own rows.</summary>
    /// <param name="inspector">With its banks.</param>
    /// <param name="count">How many references it has.</param>
    /// <param name="withImage">Calls its second argument with the reference of that number.</param>
    /// <param name="ignore">What of the frames is not judged; null for nothing.</param>
    /// <param name="cancellation">Ends it.</param>
    public static NormalReach Of(Inspector inspector, int count, Action<int, FrameAction> withImage, IgnoreMask? ignore = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inspector);
        ArgumentNullException.ThrowIfNull(withImage);
        // A coreset may have left all rows of a bank with one reference.
        if (count < 2 || inspector.Recipe.Coreset < 1 || (inspector.Branches & Branches.Vision) == 0) return Unknown;
        int judged = Math.Min(count, MaxLeftOut);
        float? own = null, patchClip = null;
        for (int i = 0; i < judged; i++)
        {
            int left = (int)((long)i * count / judged);
            withImage(left, view =>
            {
                PreparedImage? prepared = null;
                InspectionResult result = inspector.Inspect(view, held => patchClip = Greater(patchClip, held, prepared!), p => prepared = p, excludeReference: left, cancellation: cancellation);
                own = Greater(own, result.Fused, result.Prepared);
            });
        }

        return new(own, patchClip);

        float? Greater(float? known, FusionResult fused, PreparedImage prepared)
        {
            AnomalyMap? map = fused.FewShot ?? fused.ZeroShot;
            return map is null ? known : Math.Max(known ?? 0, MapStatistics.Max(map.Values, ignore?.Ignored(map.Width, map.Height, prepared.Region)));
        }
    }
}
