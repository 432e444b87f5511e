using ClipFusion.Evaluation.Protocol;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Methods;

/// <summary>Rows of the product's method that the same networks serve.</summary>
/// <param name="Networks">What the networks see.</param>
/// <param name="Rows">The rows, at least one.</param>
internal sealed record ProductRows(Recipe Networks, IReadOnlyList<RecipeRow> Rows)
{
    /// <summary>The rows of an evaluation: first those that judge with words, too.</summary>
    /// <param name="options">Settings and profiles.</param>
    /// <param name="pack">The pack.</param>
    /// <exception cref="PackRecipeException">The settings don't fit the pack.</exception>
    public static IEnumerable<ProductRows> Of(EvaluationOptions options, PackManifest pack)
    {
        RecipeRow[] rows =
        [
            .. options.Profiles.Where(p => p != Profile.Backbone).Select(p => new RecipeRow(ProfileNames.Of(p), OfPaper(p))),
            .. options.ClipFusionWithBackbone ? [new RecipeRow(EvaluationOptions.WithBackbone, Fused())] : (RecipeRow[])[],
        ];
        // One row decides which networks run; two need them all.
        if (rows.Length > 0)
            yield return new ProductRows(rows is [var only] ? only.Recipe : All(), rows);
        if (options.Profiles.Contains(Profile.Backbone))
        {
            Recipe alone = PackRecipe.Settle(options.Recipe with { Profile = Profile.Backbone }, pack);
            yield return new ProductRows(alone, [new RecipeRow(ProfileNames.Of(Profile.Backbone), alone)]);
        }

        // Without the backbone, whatever weight recipe or pack give it: these are the paper's rows.
        Recipe OfPaper(Profile profile) =>
            PackRecipe.Settle(
                options.Recipe with
                {
                    Profile = profile,
                    ListedBranches = (options.Recipe.ListedBranches ?? PackRecipe.BranchesOf(pack)) & Branches.All,
                },
                pack
            );

        Recipe Fused() =>
            PackRecipe.Settle(
                options.Recipe with
                {
                    Profile = Profile.ClipFusion,
                    ListedBranches = (options.Recipe.ListedBranches ?? PackRecipe.BranchesOf(pack)) | Branches.BackboneVision,
                    BackboneWeight = options.Recipe.BackboneWeight ?? 1,
                },
                pack
            );

        Recipe All() => options.ClipFusionWithBackbone ? Fused() : OfPaper(Profile.ClipFusion);
    }
}
