using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Methods;

/// <summary>Rows of the product's method that the same networks serve.</summary>
/// <param name="Networks">What the networks see.</param>
/// <param name="Rows">The rows, at least one.</param>
internal sealed record ProductRows(Recipe Networks, IReadOnlyList<RecipeRow> Rows)
{
    /// <summary>The row of clipfusion with the backbone beside the paper's branches.</summary>
    public const string WithBackbone = "clipfusion+backbone";

    /// <summary>The rows of an evaluation: first those that judge with words, too. The backbone's has networks of its own, because it
    /// alone can't judge without references.</summary>
    /// <param name="recipe">The method's settings.</param>
    /// <param name="profiles">The profiles, a row each; the paper's three are without the backbone.</param>
    /// <param name="withBackbone">Whether there is a row <see cref="WithBackbone"/>, of the recipe's weight or else of 1.</param>
    /// <param name="pack">The pack.</param>
    /// <exception cref="PackRecipeException">The settings don't fit the pack.</exception>
    public static IEnumerable<ProductRows> Of(Recipe recipe, IReadOnlyList<Profile> profiles, bool withBackbone, PackManifest pack)
    {
        RecipeRow[] rows =
        [
            .. profiles.Where(p => p != Profile.Backbone).Select(p => new RecipeRow(ProfileNames.Of(p), OfPaper(p))),
            .. withBackbone ? [new RecipeRow(WithBackbone, Fused())] : (RecipeRow[])[],
        ];
        // One row decides which networks run; two need them all.
        if (rows.Length > 0)
            yield return new ProductRows(rows is [var only] ? only.Recipe : All(), rows);
        if (profiles.Contains(Profile.Backbone))
        {
            Recipe alone = PackRecipe.Settle(recipe with { Profile = Profile.Backbone }, pack);
            yield return new ProductRows(alone, [new RecipeRow(ProfileNames.Of(Profile.Backbone), alone)]);
        }

        // Without the backbone, whatever weight recipe or pack give it: these are the paper's rows.
        Recipe OfPaper(Profile profile) =>
            PackRecipe.Settle(
                recipe with
                {
                    Profile = profile,
                    ListedBranches = (recipe.ListedBranches ?? PackRecipe.BranchesOf(pack)) & Branches.All,
                },
                pack
            );

        Recipe Fused() =>
            PackRecipe.Settle(
                recipe with
                {
                    Profile = Profile.ClipFusion,
                    ListedBranches = (recipe.ListedBranches ?? PackRecipe.BranchesOf(pack)) | Branches.BackboneVision,
                    BackboneWeight = recipe.BackboneWeight ?? 1,
                },
                pack
            );

        Recipe All() => withBackbone ? Fused() : OfPaper(Profile.ClipFusion);
    }
}
