using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ClipFusion.Imaging;

namespace ClipFusion.Inspection.Recipes;

/// <summary>Writes recipes: every key, in a fixed order, defaults included, so equal settings give equal bytes. What a recipe leaves to the
/// pack has no key.</summary>
public static class RecipeWriter
{
    /// <summary>The recipe as indented JSON, to be read by people and by <see cref="RecipeReader"/>.</summary>
    /// <param name="recipe">The recipe.</param>
    public static string Write(Recipe recipe) => Encoding.UTF8.GetString(Write(recipe, Form.File, indented: true));

    /// <summary>The canonical form: compact UTF-8 JSON that the order of keys, whitespace and left-out defaults of a file don't
    /// change.</summary>
    /// <param name="recipe">The recipe.</param>
    public static byte[] Canonical(Recipe recipe) => Write(recipe, Form.File);

    /// <summary>The first sixteen hex digits of the canonical form's SHA-256; keys that came after the first release are left out of it at
    /// their defaults, so that no stored revision became a stranger.</summary>
    /// <param name="recipe">The recipe.</param>
    public static string Revision(Recipe recipe) => Convert.ToHexStringLower(SHA256.HashData(Write(recipe, Form.Revision)).AsSpan(0, 8));

    /// <summary>What the revision of a station's recipe is made from: as <see cref="Revision"/>, but with the key that was there when
    /// stations' revisions were first stored.</summary>
    /// <param name="recipe">The recipe.</param>
    public static byte[] ForStationRevision(Recipe recipe) => Write(recipe, Form.StationRevision);

    private static byte[] Write(Recipe recipe, Form form, bool indented = false)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, NewLine = "\n" }))
        {
            json.WriteStartObject();
            WriteWords(json, recipe);
            WriteMethod(json, recipe, form);
            // In revisions the paper's four stand for branches that are not listed, as they always did.
            if (form != Form.File || recipe.ListedBranches is not null)
                WriteList(json, "branches", RecipeNames.Branch.Where(b => recipe.Branches.HasFlag(b.Value)).Select(b => b.Name));
            WriteFrame(json, recipe);
            if (form != Form.File || recipe.NamedProfile is not null)
                json.WriteString("profile", ProfileNames.Of(recipe.Profile));
            if (form != Form.Revision || recipe.Coreset < 1)
                WriteNumber(json, "coreset", recipe.Coreset);
            WriteBackbone(json, recipe, defaults: form == Form.File);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteBackbone(Utf8JsonWriter json, Recipe recipe, bool defaults)
    {
        if (recipe.BackboneWeight is { } weight)
            WriteNumber(json, "backboneWeight", weight);
        if (defaults || recipe.BackboneScore != BackboneScore.Max)
            json.WriteString("backboneScore", RecipeNames.Of(RecipeNames.BackboneScores, recipe.BackboneScore));
        if (defaults || recipe.PositionRadius is not null)
            WriteNumber(json, "positionRadius", recipe.PositionRadius);
        if (defaults || recipe.ReferenceTurns)
            json.WriteBoolean("referenceTurns", recipe.ReferenceTurns);
        if (recipe.Fallback == FallbackChoice.None)
            json.WriteNull("fallbackProfile");
        else if (recipe.Fallback != FallbackChoice.OfPack)
            json.WriteString("fallbackProfile", RecipeNames.Of(RecipeNames.Fallbacks, recipe.Fallback));
    }

    private static void WriteWords(Utf8JsonWriter json, Recipe recipe)
    {
        json.WriteString("object", recipe.Object);
        WriteList(json, "states", recipe.States);
        json.WriteString("genericState", recipe.GenericState);
        WriteList(json, "normalPrompts", recipe.NormalPrompts);
        WriteList(json, "abnormalPrompts", recipe.AbnormalPrompts);
        json.WriteString("statePrompt", recipe.StatePrompt);
        json.WriteString("referencePrompt", recipe.ReferencePrompt);
    }

    private static void WriteMethod(Utf8JsonWriter json, Recipe recipe, Form form)
    {
        WriteNumber(json, "temperature", recipe.Temperature);
        json.WriteString("tokenNormalization", RecipeNames.Of(RecipeNames.TokenNormalizations, recipe.TokenNormalization));
        json.WriteString("languageStream", RecipeNames.Of(RecipeNames.Streams, recipe.LanguageStream));
        json.WriteString("featureStream", RecipeNames.Of(RecipeNames.Streams, recipe.FeatureStream));
        json.WriteString("queryFeaturePrompt", RecipeNames.Of(RecipeNames.QueryFeaturePrompts, recipe.QueryFeaturePrompt));
        json.WriteNumber("languageTimestep", recipe.LanguageTimestep);
        json.WriteStartArray("timestepBlocks");
        foreach (TimestepBlock pair in recipe.TimestepBlocks)
        {
            json.WriteStartArray();
            json.WriteNumberValue(pair.Timestep);
            json.WriteNumberValue(pair.Block);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        // In revisions the paper's stand for those that are left to the pack, as they always did.
        if (form != Form.File || recipe.NamedAlphaSegmentation is not null)
            WriteNumber(json, "alphaSegmentation", recipe.AlphaSegmentation);
        if (form != Form.File || recipe.NamedAlphaClassification is not null)
            WriteNumber(json, "alphaClassification", recipe.AlphaClassification);
        json.WriteNumber("outputSize", recipe.OutputSize);
        json.WriteNumber("scoreSize", Recipe.ScoreSize);
        WriteNumber(json, "smoothingSigma", recipe.SmoothingSigma);
    }

    private static void WriteFrame(Utf8JsonWriter json, Recipe recipe)
    {
        json.WritePropertyName("region");
        if (recipe.Region is Region region)
            WriteRegion(json, region);
        else
            json.WriteNullValue();

        json.WritePropertyName("ignore");
        if (recipe.Ignore is null)
        {
            json.WriteNullValue();
        }
        else if (recipe.Ignore.MaskFile is string file)
        {
            json.WriteStringValue(file);
        }
        else
        {
            json.WriteStartArray();
            foreach (Region ignored in recipe.Ignore.Regions)
                WriteRegion(json, ignored);
            json.WriteEndArray();
        }

        json.WriteString("crop", RecipeNames.Of(RecipeNames.Crops, recipe.Crop));
        WriteNumber(json, "blackLevel", recipe.BlackLevel);
        WriteNumber(json, "whiteLevel", recipe.WhiteLevel);
    }

    private static void WriteRegion(Utf8JsonWriter json, Region region)
    {
        json.WriteStartObject();
        json.WriteNumber("x", region.X);
        json.WriteNumber("y", region.Y);
        json.WriteNumber("width", region.Width);
        json.WriteNumber("height", region.Height);
        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        // Adding zero turns -0 into 0: the same setting, so the same bytes.
        if (value is double number)
            json.WriteNumber(name, number + 0.0);
        else
            json.WriteNull(name);
    }

    private enum Form
    {
        /// <summary>To be read again.</summary>
        File,

        /// <summary>Of <see cref="Revision"/>.</summary>
        Revision,

        /// <summary>Of <see cref="ForStationRevision"/>.</summary>
        StationRevision,
    }
}
