using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Methods;

/// <summary>What of a recipe decides what the networks see; everything else stays at its defaults, so that it does not name stored
/// outputs.</summary>
internal static class PictureSettings
{
    /// <summary>The default recipe of an object with another's crop and grey levels: how a picture reaches any network.</summary>
    public static Recipe Of(Recipe recipe, string objectWord = "object") =>
        Recipe.Default(objectWord) with
        {
            Crop = recipe.Crop,
            BlackLevel = recipe.BlackLevel,
            WhiteLevel = recipe.WhiteLevel,
        };

    /// <summary>The same with the states and the pass that the denoiser's language maps come from.</summary>
    public static Recipe OfDenoiser(Recipe recipe) =>
        Of(recipe, recipe.Object) with
        {
            States = recipe.States,
            GenericState = recipe.GenericState,
            StatePrompt = recipe.StatePrompt,
            TokenNormalization = recipe.TokenNormalization,
            LanguageTimestep = recipe.LanguageTimestep,
        };
}
