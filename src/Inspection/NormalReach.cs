using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection;

/// <summary>
/// What the anomaly maps of good parts reach: the greatest value of the references' maps, each judged against the others. It is where an
/// overlay's colour begins. It decides nothing: a few references say less about good parts than a threshold has to know.
/// </summary>
/// <param name="Own">By the recipe's profile; null where nothing says it, as with fewer than two references.</param>
/// <param name="Held">By the profile whose result stands in at a deadline; null where there is none.</param>
public sealed record NormalReach(float? Own, float? Held)
{
    /// <summary>Most references that are judged: each costs an inspection, and a recipe has to become ready.</summary>
    public const int MaxLeftOut = 4;

    /// <summary>Nothing says it.</summary>
    public static NormalReach Unknown { get; } = new(null, null);

    /// <summary>The references that are judged, evenly among all of them; none where they can't say it.</summary>
    /// <param name="inspector">With its banks.</param>
    /// <param name="count">How many references it has.</param>
    public static IReadOnlyList<int> LeftOut(Inspector inspector, int count)
    {
        ArgumentNullException.ThrowIfNull(inspector);
        // A coreset may have left all rows of a bank with one reference.
        if (count < 2 || inspector.Comparison.Banks?.CanLeaveOut != true || (inspector.Branches & Branches.Compared) == 0)
            return [];
        int judged = Math.Min(count, MaxLeftOut);
        return [.. Enumerable.Range(0, judged).Select(i => (int)((long)i * count / judged))];
    }

    /// <summary>What is known when one more reference has been judged, without its own rows.</summary>
    /// <param name="inspector">With its banks.</param>
    /// <param name="reference">The reference's number.</param>
    /// <param name="view">Its picture.</param>
    /// <param name="betweenRuns">Called between two runs of networks, so that something more urgent can go first; null for nothing.</param>
    /// <param name="cancellation">Ends it.</param>
    public NormalReach With(
        Inspector inspector,
        int reference,
        ImageView view,
        Action? betweenRuns = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(inspector);
        PreparedImage image = inspector.Prepare(view, cancellation: cancellation);
        InspectionResult result = inspector.Inspect(image, new InspectionTrace(), cancellation, reference, betweenRuns);
        NormalReach known = this with { Own = Greater(Own, result.Fused) };
        if (inspector.HeldProfile is not { } held)
            return known;
        var fused = new FusionResult(result.Map.Height, result.Map.Width);
        return known with { Held = Greater(Held, inspector.Fuse(result.Maps, held, image.Region, fused, cancellation: cancellation)) };

        float Greater(float? known, FusionResult fused) =>
            Math.Max(known ?? 0, MapStatistics.Max(fused.Map.Values, inspector.IgnoredCells(fused.Map, image.Region)));
    }
}
