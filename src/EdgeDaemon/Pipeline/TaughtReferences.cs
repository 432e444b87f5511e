using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>A reference set that takes the place of the references that a recipe's file names.</summary>
/// <param name="Set">The set.</param>
/// <param name="Files">Full paths of its pictures.</param>
/// <param name="Thresholds">What it has under the pack that is open; null where they are still to be found, or the recipe's own
/// stay.</param>
internal sealed record TaughtReferences(ReferenceSet Set, IReadOnlyList<string> Files, SetThresholds? Thresholds)
{
    /// <summary>Sets keep a coreset an image, so that one can be left out; a recipe of before keeps what it had.</summary>
    public CoresetScope Scope => Set.IsTaught ? CoresetScope.EachImage : CoresetScope.AllImages;

    /// <summary>The recipe with the set's pictures and thresholds. Those of a set that the recipe's file named stay the recipe's.</summary>
    /// <param name="recipe">As its file has it.</param>
    /// <param name="thresholds">The set's; null before they are known.</param>
    public StationRecipe Apply(StationRecipe recipe, SetThresholds? thresholds)
    {
        recipe = recipe with { References = [.. Files] };
        return Set.IsTaught
            ? recipe with
            {
                Rule = recipe.Rule with { Thresholds = Merge(recipe.Rule.Thresholds, thresholds?.Scores) },
                MapThresholds = Merge(recipe.MapThresholds, thresholds?.Maps),
            }
            : recipe;
    }

    /// <summary>Thresholds from nothing but the set's own pictures.</summary>
    public static SetThresholds Provisional(int set, string pack, LeftOutScores scores, DateTimeOffset now) =>
        new(set, pack, ThresholdState.Provisional, now, FewShot(scores.Thresholds), FewShot(scores.MapThresholds));

    private static ProfileTable Merge(ProfileTable own, IReadOnlyDictionary<Profile, double>? fewShot)
    {
        ProfileTable merged = ProfileTable.Empty;
        foreach ((_, Profile profile) in ProfileNames.All)
        {
            double? few = fewShot is not null && fewShot.TryGetValue(profile, out double found) ? found : null;
            merged = merged.With(profile, few, own[profile, ShotMode.ZeroShot]);
        }

        return merged;
    }

    private static Dictionary<Profile, double> FewShot(ProfileTable table) =>
        ProfileNames
            .All.Where(p => table[p.Value, ShotMode.FewShot] is not null)
            .ToDictionary(p => p.Value, p => table[p.Value, ShotMode.FewShot]!.Value);
}
