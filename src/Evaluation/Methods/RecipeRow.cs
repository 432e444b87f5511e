using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Methods;

/// <summary>A row of the product's method: settings that come after the networks.</summary>
/// <param name="Name">The row.</param>
/// <param name="Recipe">How the maps are fused; the object is filled in.</param>
/// <param name="Change">What is done to a picture's maps before they are fused; null for nothing.</param>
internal sealed record RecipeRow(string Name, Recipe Recipe, Func<Picture, BranchMaps, BranchMaps>? Change = null);
