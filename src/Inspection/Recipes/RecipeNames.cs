using ClipFusion.Imaging;

namespace ClipFusion.Inspection.Recipes;

/// <summary>The words that a recipe file uses for the choices; read and written through the same table.</summary>
internal static class RecipeNames
{
    public static readonly (string Name, Branches Value)[] Branch =
    [
        ("clipLanguage", Branches.ClipLanguage),
        ("clipVision", Branches.ClipVision),
        ("diffLanguage", Branches.DiffLanguage),
        ("diffVision", Branches.DiffVision),
        ("backboneVision", Branches.BackboneVision),
    ];

    public static readonly (string Name, BackboneScore Value)[] BackboneScores = [("max", BackboneScore.Max), ("top1", BackboneScore.Top1)];

    /// <summary>Null stands for <see cref="FallbackChoice.None"/>; the pack's choice is a key that is not there.</summary>
    public static readonly (string Name, FallbackChoice Value)[] Fallbacks =
    [
        ("patchclip", FallbackChoice.PatchClip),
        ("backbone", FallbackChoice.Backbone),
    ];

    public static readonly (string Name, TokenNormalization Value)[] TokenNormalizations =
    [
        ("none", TokenNormalization.None),
        ("content", TokenNormalization.Content),
    ];

    public static readonly (string Name, ClipStream Value)[] Streams = [("vv", ClipStream.Vv), ("original", ClipStream.Original)];

    public static readonly (string Name, QueryFeaturePrompt Value)[] QueryFeaturePrompts =
    [
        ("generic", QueryFeaturePrompt.Generic),
        ("reference", QueryFeaturePrompt.Reference),
    ];

    public static readonly (string Name, CropMode Value)[] Crops = [("squash", CropMode.Squash), ("centre", CropMode.Centre)];

    public static string Of<T>((string Name, T Value)[] names, T value) =>
        Array.Find(names, n => EqualityComparer<T>.Default.Equals(n.Value, value)).Name
        ?? throw new ArgumentOutOfRangeException(nameof(value), value, "The value has no name in recipe files.");
}
