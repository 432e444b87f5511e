using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Unicode;
using ClipFusion.Inspection.Imaging;
using static ClipFusion.Inspection.Recipes.RecipeValues;

namespace ClipFusion.Inspection.Recipes;

/// <summary>
/// Reads recipe files strictly: unknown or repeated keys, comments and trailing commas are errors, and all errors of a file are reported at
/// once. <c>docs/recipe.schema.json</c> describes the same keys.
/// </summary>
public static class RecipeReader
{
    /// <summary>Largest recipe file in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Every key that a recipe file may have.</summary>
    internal static IReadOnlyList<string> Keys
    {
        get
        {
            using JsonDocument empty = JsonDocument.Parse("{}");
            var fields = new JsonFields(empty.RootElement, "$", new RecipeErrors());
            ReadFields(fields);
            return fields.Known;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; its errors name it by this path.</param>
    /// <exception cref="RecipeException">The file is too large or not a usable recipe.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static Recipe ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);

        // One byte more than is allowed, whatever length the file system claims: a pipe or a growing file claims nothing.
        var bytes = new byte[(int)Math.Min(file.CanSeek ? file.Length : MaxBytes, MaxBytes) + 1];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Read(bytes.AsMemory(0, length), path);
    }

    /// <summary>Reads a recipe from memory.</summary>
    /// <param name="utf8Json">The file's bytes, UTF-8, with or without byte order mark.</param>
    /// <param name="source">Name for error messages.</param>
    /// <exception cref="RecipeException">Too many bytes, or not a usable recipe.</exception>
    public static Recipe Read(ReadOnlyMemory<byte> utf8Json, string source = "recipe")
    {
        if (utf8Json.Length > MaxBytes) throw Single(source, $"more than {MaxBytes} bytes", "a smaller file");
        if (utf8Json.Span.StartsWith<byte>([0xEF, 0xBB, 0xBF])) utf8Json = utf8Json[3..];
        if (!Utf8.IsValid(utf8Json.Span)) throw Single(source, "bytes that are not UTF-8", "JSON in UTF-8");

        using JsonDocument document = Parse(utf8Json, source);
        if (document.RootElement.ValueKind != JsonValueKind.Object) throw Single(source, JsonText.Show(document.RootElement), "an object with a recipe's keys");

        var errors = new RecipeErrors();
        var fields = new JsonFields(document.RootElement, "$", errors);
        Recipe recipe = ReadFields(fields);
        fields.RejectUnknown();
        CheckTogether(recipe, errors);
        return errors.List.Count == 0 ? recipe : throw new RecipeException(source, errors.List);
    }

    private static Recipe ReadFields(JsonFields fields)
    {
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
            TimestepBlocks = fields.Read("timestepBlocks", defaults.TimestepBlocks, List<TimestepBlock>(Pair, 16, "pairs [timestep, decoder block]")),
            AlphaSegmentation = fields.Read("alphaSegmentation", defaults.AlphaSegmentation, Number(0, 1)),
            AlphaClassification = fields.Read("alphaClassification", defaults.AlphaClassification, Number(0, 1)),
            OutputSize = fields.Read("outputSize", defaults.OutputSize, Integer(1, 4096)),
            SmoothingSigma = fields.Read("smoothingSigma", defaults.SmoothingSigma, Number(0, 64)),
            Branches = ReadBranches(fields, defaults.Branches),
            Region = fields.Read("region", defaults.Region, OrNull<Region>(Rectangle)),
            Ignore = fields.Read<IgnoreRule?>("ignore", defaults.Ignore, Ignore),
            Crop = fields.Read("crop", defaults.Crop, Choice(RecipeNames.Crops)),
            BlackLevel = fields.Read("blackLevel", defaults.BlackLevel, OrNull(Integer(0, 65535))),
            WhiteLevel = fields.Read("whiteLevel", defaults.WhiteLevel, OrNull(Integer(0, 65535))),
            Profile = fields.Read("profile", defaults.Profile, Choice(RecipeNames.Profiles)),
        };
        fields.Read("scoreSize", Recipe.ScoreSize, ScoreSize);
        return recipe;
    }

    private static Branches ReadBranches(JsonFields fields, Branches missing)
    {
        ImmutableArray<Branches> listed = fields.Read("branches", [missing], List(Choice(RecipeNames.Branch), RecipeNames.Branch.Length, "branches"));
        return listed.Aggregate(Branches.None, (all, one) => all | one);
    }

    private static bool ScoreSize(JsonElement json, string path, RecipeErrors errors, out int value)
    {
        value = Recipe.ScoreSize;
        if (json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out int size) && size == Recipe.ScoreSize) return true;
        errors.Add(path, JsonText.Show(json), $"{Recipe.ScoreSize}, which is fixed: scores, and so thresholds, of another grid could not be compared");
        return false;
    }

    /// <summary>What single values can't show. A value that was wrong by itself is its default here and so causes no second error.</summary>
    private static void CheckTogether(Recipe recipe, RecipeErrors errors)
    {
        int black = recipe.BlackLevel ?? 0, white = recipe.WhiteLevel ?? 65535;
        if (black >= white) errors.Add("$.blackLevel", $"{black} with the white level {white}", "a black level below the white level");
        if (recipe.UsedBranches == Branches.None)
        {
            string needed = string.Join(", ", RecipeNames.Branch.Where(b => (recipe with { Branches = b.Value }).UsedBranches != Branches.None).Select(b => b.Name));
            errors.Add("$.branches", "no branch that the profile uses", $"at least one of {needed} for the profile {RecipeNames.Of(RecipeNames.Profiles, recipe.Profile)}");
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> json, string source)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Disallow, AllowTrailingCommas = false, MaxDepth = 16 });
        }
        catch (JsonException e)
        {
            var error = new RecipeError("$", $"no valid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} of it", $"strict JSON ({e.Message})");
            throw new RecipeException(source, [error], e);
        }
    }

    private static RecipeException Single(string source, string found, string expected) => new(source, [new RecipeError("$", found, expected)]);
}
