using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Methods;

/// <summary>What of a recipe decides how a picture reaches the networks, whatever method looks at it.</summary>
internal static class PictureSettings
{
    /// <summary>The default recipe of an object with another's crop and grey levels.</summary>
    public static Recipe Of(Recipe recipe, string objectWord = "object") => Recipe.Default(objectWord) with { Crop = recipe.Crop, BlackLevel = recipe.BlackLevel, WhiteLevel = recipe.WhiteLevel };
}
