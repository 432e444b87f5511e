using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using ClipFusion.Foundation.Json;
using ClipFusion.Imaging;
using static ClipFusion.Foundation.Json.JsonValues;
using static ClipFusion.Inspection.Recipes.RecipeValues;

namespace ClipFusion.Inspection.Recipes;

/// <summary>
/// Reads recipe files strictly: unknown or repeated keys and trailing commas are errors, and all errors of a file are reported at once.
/// Comments and <c>$schema</c> are allowed, because people edit them. <c>docs/recipe.schema.json</c> describes the same keys.
/// </summary>
public static class RecipeReader
{
    /// <summary>Largest recipe file in bytes.</summary>
    public const int MaxBytes = StrictJson.MaxBytes;

    // For editors; says nothing about the recipe.
    private const string Schema = "$schema";

    /// <summary>Every key of the method that a recipe file may have.</summary>
    internal static IReadOnlyList<string> Keys
    {
        get
        {
            using JsonDocument empty = JsonDocument.Parse("{}");
            var fields = new JsonFields(empty.RootElement, "$", new FieldErrors());
            ReadFields(fields);
            return [.. fields.Known.Where(k => k != Schema)];
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; its errors name it by this path.</param>
    /// <exception cref="RecipeException">The file is too large or not a usable recipe.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static Recipe ReadFile(string path) => Read(StrictJson.ReadBytes(path), path);

    /// <summary>Reads a recipe from memory.</summary>
    /// <param name="utf8Json">The file's bytes, UTF-8, with or without byte order mark.</param>
    /// <param name="source">Name for error messages.</param>
    /// <exception cref="RecipeException">Too many bytes, or not a usable recipe.</exception>
    public static Recipe Read(ReadOnlyMemory<byte> utf8Json, string source = "recipe")
    {
        var errors = new FieldErrors();
        using JsonDocument? document = StrictJson.Parse(utf8Json, "an object with a recipe's keys", errors, JsonRules.WithComments);
        if (document is null)
            throw new RecipeException(source, errors.List);

        var fields = new JsonFields(document.RootElement, "$", errors);
        Recipe recipe = ReadFields(fields);
        fields.RejectUnknown();
        CheckTogether(recipe, errors);
        return errors.List.Count == 0 ? recipe : throw new RecipeException(source, errors.List);
    }

    /// <summary>
    /// Reads the method's keys and leaves all others alone, for files that say more than the method reads. The caller asks for its own
    /// keys, rejects those that nobody knows and ends with <see cref="CheckTogether"/>.
    /// </summary>
    /// <param name="fields">The file's keys; takes the errors.</param>
    /// <returns>The recipe; defaults stand where values are missing or wrong.</returns>
    public static Recipe ReadFields(JsonFields fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        Recipe defaults = Recipe.Default("object");
        var recipe = new Recipe
        {
            Object = fields.Require("object", defaults.Object, "the object word, for example \"metal nut\"", Text),
            States = fields.Read("states", defaults.States, List<string>(Text, 32, "states", StringComparer.OrdinalIgnoreCase)),
            GenericState = fields.Read("genericState", defaults.GenericState, Text),
            NormalPrompts = fields.Read("normalPrompts", defaults.NormalPrompts, List(Template(withState: false), 64, "prompts")),
            AbnormalPrompts = fields.Read("abnormalPrompts", defaults.AbnormalPrompts, List(Template(withState: false), 64, "prompts")),
            StatePrompt = fields.Read("statePrompt", defaults.StatePrompt, Template(withState: true)),
            ReferencePrompt = fields.Read("referencePrompt", defaults.ReferencePrompt, Template(withState: false)),
            Temperature = fields.Read("temperature", defaults.Temperature, OrNull<double>(Temperature)),
            TokenNormalization = fields.Read("tokenNormalization", defaults.TokenNormalization, Choice(RecipeNames.TokenNormalizations)),
            LanguageStream = fields.Read("languageStream", defaults.LanguageStream, Choice(RecipeNames.Streams)),
            FeatureStream = fields.Read("featureStream", defaults.FeatureStream, Choice(RecipeNames.Streams)),
            QueryFeaturePrompt = fields.Read("queryFeaturePrompt", defaults.QueryFeaturePrompt, Choice(RecipeNames.QueryFeaturePrompts)),
            LanguageTimestep = fields.Read("languageTimestep", defaults.LanguageTimestep, Integer(0, 999)),
            TimestepBlocks = fields.Read(
                "timestepBlocks",
                defaults.TimestepBlocks,
                List<TimestepBlock>(Pair, 16, "pairs [timestep, decoder block]")
            ),
            NamedAlphaSegmentation = fields.Read("alphaSegmentation", null, Given(Number(0, 1))),
            NamedAlphaClassification = fields.Read("alphaClassification", null, Given(Number(0, 1))),
            OutputSize = fields.Read("outputSize", defaults.OutputSize, Integer(1, 4096)),
            SmoothingSigma = fields.Read("smoothingSigma", defaults.SmoothingSigma, Number(0, 64)),
            Coreset = fields.Read("coreset", defaults.Coreset, Share),
            ListedBranches = ReadBranches(fields),
            Region = fields.Read("region", defaults.Region, OrNull<Region>(Rectangle)),
            Ignore = fields.Read<IgnoreRule?>("ignore", defaults.Ignore, Ignore),
            Crop = fields.Read("crop", defaults.Crop, Choice(RecipeNames.Crops)),
            BlackLevel = fields.Read("blackLevel", defaults.BlackLevel, OrNull(Integer(0, 65535))),
            WhiteLevel = fields.Read("whiteLevel", defaults.WhiteLevel, OrNull(Integer(0, 65535))),
            NamedProfile = fields.Read("profile", null, Given(Choice(ProfileNames.All))),
            BackboneWeight = fields.Read("backboneWeight", defaults.BackboneWeight, OrNull<double>(Weight)),
            BackboneScore = fields.Read("backboneScore", defaults.BackboneScore, Choice(RecipeNames.BackboneScores)),
            PositionRadius = fields.Read("positionRadius", defaults.PositionRadius, OrNull(Integer(0, 1024))),
            ReferenceTurns = fields.Read("referenceTurns", defaults.ReferenceTurns, Flag),
            Fallback = fields.Read("fallbackProfile", defaults.Fallback, Fallback),
        };
        fields.Read("scoreSize", Recipe.ScoreSize, ScoreSize);
        fields.Read(Schema, "", Text);
        return recipe;
    }

    private static Branches? ReadBranches(JsonFields fields)
    {
        ImmutableArray<Branches> listed = fields.Read(
            "branches",
            default,
            List(Choice(RecipeNames.Branch), RecipeNames.Branch.Length, "branches")
        );
        return listed.IsDefault ? null : listed.Aggregate(Branches.None, (all, one) => all | one);
    }

    private static bool ScoreSize(JsonElement json, string path, FieldErrors errors, out int value)
    {
        value = Recipe.ScoreSize;
        if (json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out int size) && size == Recipe.ScoreSize)
            return true;
        errors.Add(
            path,
            JsonText.Show(json),
            $"{Recipe.ScoreSize}, which is fixed: scores, and so thresholds, of another grid could not be compared"
        );
        return false;
    }

    /// <summary>What single values can't show. A value that was wrong by itself is its default here and so causes no second
    /// error.</summary>
    /// <param name="recipe">What <see cref="ReadFields"/> gave.</param>
    /// <param name="errors">Receives the errors.</param>
    public static void CheckTogether(Recipe recipe, FieldErrors errors)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(errors);
        int black = recipe.BlackLevel ?? 0,
            white = recipe.WhiteLevel ?? 65535;
        if (black >= white)
            errors.Add("$.blackLevel", $"{black} with the white level {white}", "a black level below the white level");
        if (recipe.ListedBranches is { } listed && (listed & Recipe.OfProfile(recipe.Profile)) == 0)
        {
            string needed = string.Join(
                ", ",
                RecipeNames.Branch.Where(b => Recipe.OfProfile(recipe.Profile).HasFlag(b.Value)).Select(b => b.Name)
            );
            errors.Add(
                "$.branches",
                "no branch that the profile uses",
                $"at least one of {needed} for the profile {ProfileNames.Of(recipe.Profile)}"
            );
        }

        if (recipe.PositionRadius is not { } radius)
            return;
        if (recipe.ReferenceTurns)
            errors.Add("$.positionRadius", $"{radius} with referenceTurns", "one of the two: a turned part has its cells elsewhere");
        if (recipe.Coreset < 1)
            errors.Add(
                "$.positionRadius",
                string.Create(CultureInfo.InvariantCulture, $"{radius} with the coreset {recipe.Coreset}"),
                "a coreset of 1: what is left out of a bank would be missing at its place"
            );
    }
}
