using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Thresholds that belong to a reference set under one model pack; scores of another set or pack are on another scale.</summary>
/// <param name="Set">The set's number.</param>
/// <param name="Pack">Hash of the model pack.</param>
/// <param name="State">What they promise.</param>
/// <param name="SetAt">Wall clock, UTC.</param>
/// <param name="Scores">Image thresholds by profile, 0..2.</param>
/// <param name="Maps">Map thresholds by profile, 0..2.</param>
internal sealed record SetThresholds(
    int Set,
    string Pack,
    ThresholdState State,
    DateTimeOffset SetAt,
    IReadOnlyDictionary<Profile, double> Scores,
    IReadOnlyDictionary<Profile, double> Maps
);

/// <summary>Which of a recipe's reference sets is active. One small file, so that taking another set with its thresholds is one step that a
/// power cut leaves done or not done.</summary>
/// <param name="Recipe">Name of the recipe.</param>
/// <param name="Active">Number of the set that is judged by; null for none.</param>
/// <param name="Previous">The one before it, which a roll back returns to; null for none.</param>
/// <param name="RecipeReferences">Version of the pictures that the recipe's file named when they were taken last; null for never.</param>
/// <param name="Thresholds">At most one entry a set and pack.</param>
internal sealed record ReferenceIndex(
    string Recipe,
    int? Active,
    int? Previous,
    string? RecipeReferences,
    IReadOnlyList<SetThresholds> Thresholds
)
{
    /// <summary>Nothing was ever taught.</summary>
    public static ReferenceIndex Empty(string recipe) => new(recipe, null, null, null, []);

    /// <summary>The thresholds of a set under a pack; null where there are none.</summary>
    public SetThresholds? Find(int set, string pack) => Thresholds.FirstOrDefault(t => t.Set == set && t.Pack == pack);

    /// <summary>With another set active; the one before can be returned to.</summary>
    public ReferenceIndex Activate(int set) => set == Active ? this : this with { Active = set, Previous = Active };

    /// <summary>With these thresholds in the place of what the set had under the pack.</summary>
    public ReferenceIndex With(SetThresholds thresholds) =>
        this with
        {
            Thresholds = [.. Thresholds.Where(t => (t.Set, t.Pack) != (thresholds.Set, thresholds.Pack)), thresholds],
        };
}
