using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.Networks;

/// <summary>Which outputs of the image tower a recipe's streams come out at.</summary>
internal static class ClipOutputs
{
    /// <summary>The patch embeddings that are compared with words.</summary>
    public static string Patches(Recipe recipe) =>
        recipe.LanguageStream == ClipStream.Vv ? GraphNames.PatchesVv : GraphNames.PatchesOriginal;

    /// <summary>The features of each block, in the pack's order, that are compared with references.</summary>
    public static string[] Features(Recipe recipe, ClipPart part) =>
        [.. part.Blocks.Select(b => recipe.FeatureStream == ClipStream.Vv ? GraphNames.FeaturesVv(b) : GraphNames.FeaturesOriginal(b))];
}
