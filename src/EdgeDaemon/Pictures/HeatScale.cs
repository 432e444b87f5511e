using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// The values that an overlay's colours stand for: from half the recipe's map threshold to one and a half of it, so that the threshold is in the middle of the
/// scale, all pictures of a recipe can be compared, and the noise on a good part stays without colour.
/// </summary>
internal static class HeatScale
{
    /// <summary>Values of a map are 0..2.</summary>
    public const float Greatest = 2;

    /// <summary>The scale for a verdict: by the map threshold of its profile, or without one by the image threshold; without any it is all of 0..2.</summary>
    public static (float Low, float High) Of(VerdictRecord verdict, StationRecipe recipe)
    {
        Profile profile = verdict.Profile switch { "patchclip" => Profile.PatchClip, "mapdiff" => Profile.MapDiff, _ => Profile.ClipFusion };
        double? threshold = recipe.MapThresholds[profile, verdict.IsZeroShot ? ShotMode.ZeroShot : ShotMode.FewShot] ?? verdict.Threshold;
        // Below this a float has no room between the ends.
        return threshold is > 1e-6 ? ((float)(threshold.Value / 2), (float)(1.5 * threshold.Value)) : (0, Greatest);
    }
}
