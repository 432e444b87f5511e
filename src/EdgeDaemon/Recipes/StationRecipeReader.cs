using System.Globalization;
using System.Text.Json;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Json;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;
using static ClipFusion.Foundation.Json.JsonValues;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>
/// Reads the appliance's recipe files: the method's keys as <see cref="RecipeReader"/> reads them and the station's beside them, one set of
/// unknown keys, all errors at once. <c>docs/configuration.md</c> lists them.
/// </summary>
internal static class StationRecipeReader
{
    /// <summary>Greatest score, threshold or half-width.</summary>
    public const double MaxScore = 2;

    /// <summary>Name of a recipe that is tried and says none.</summary>
    internal const string TrialName = "trial";

    private const int MaxPixels = 65535;

    /// <summary>Reads a recipe from memory.</summary>
    /// <param name="utf8Json">The file's bytes, UTF-8, with or without byte order mark.</param>
    /// <param name="fileName">The file's name without folder and <c>.json</c>, which the recipe's must be and is where it says none; null
    /// where it has no file.</param>
    /// <returns>The recipe, or what is wrong with it; exactly one of the two.</returns>
    public static (StationRecipe? Recipe, IReadOnlyList<FieldError> Errors) Read(ReadOnlyMemory<byte> utf8Json, string? fileName = null) =>
        Read(utf8Json, fileName, isTrial: false);

    /// <summary>
    /// Reads a recipe that pictures are tried with, where no PLC asks for it: number and name may be missing, and the file may be called
    /// anything. Everything else is as on the device, so that what was tried can be put there.
    /// </summary>
    /// <param name="path">The file; its errors name it by this path.</param>
    /// <returns>The recipe, and whether it says a number; without one a device does not take it.</returns>
    /// <exception cref="RecipeException">The file is too large or not a usable recipe.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    internal static (StationRecipe Recipe, bool HasNumber) ReadForTrial(string path)
    {
        (StationRecipe? recipe, IReadOnlyList<FieldError> errors) = Read(StrictJson.ReadBytes(path), null, isTrial: true);
        return recipe is null ? throw new RecipeException(path, errors) : (recipe, recipe.Number >= 0);
    }

    private static (StationRecipe? Recipe, IReadOnlyList<FieldError> Errors) Read(
        ReadOnlyMemory<byte> utf8Json,
        string? fileName,
        bool isTrial
    )
    {
        var errors = new FieldErrors();
        using JsonDocument? document = StrictJson.Parse(utf8Json, "an object with a recipe's keys", errors, JsonRules.WithComments);
        if (document is null)
            return (null, errors.List);

        var fields = new JsonFields(document.RootElement, "$", errors);
        StationRecipe recipe = ReadFields(fields, fileName, isTrial);
        fields.RejectUnknown();
        RecipeReader.CheckTogether(recipe.Method, errors);
        CheckTogether(recipe, errors);
        return errors.List.Count == 0 ? (recipe, []) : (null, errors.List);
    }

    private static StationRecipe ReadFields(JsonFields fields, string? fileName, bool isTrial) =>
        new()
        {
            Number = isTrial
                ? fields.Read("number", -1, Integer(0, 999))
                : fields.Require("number", 0, "the PLC's number, a whole number from 0 to 999", Integer(0, 999)),
            Name =
                isTrial || fileName is not null
                    ? fields.Read("name", fileName ?? TrialName, Name(fileName))
                    : fields.Require("name", "", $"{Names.Rule}, the file's own", Name(fileName)),
            Method = RecipeReader.ReadFields(fields),
            Deadline = fields.Read("deadlineMs", null, OrNull(Integer(10, 600_000))) is int ms ? TimeSpan.FromMilliseconds(ms) : null,
            Rule = new(fields.Object("thresholds", Table) ?? ProfileTable.Empty, fields.Object("greyBand", Table) ?? ProfileTable.Empty),
            MapThresholds = fields.Object("mapThresholds", Table) ?? ProfileTable.Empty,
            Checks = fields.Object("imageChecks", Checks) ?? ImageChecks.Off,
            References = fields.Read(
                "references",
                [],
                List(
                    TextWhere(IsInside, "the path of an image in the recipe's folder (relative, with /, without ..)"),
                    StationRecipe.MaxReferences,
                    "images",
                    min: 0
                )
            ),
        };

    private static ValueReader<string> Name(string? fileName) =>
        (JsonElement json, string path, FieldErrors errors, out string value) =>
        {
            if (!TextWhere(Names.IsRecipeName, $"{Names.Rule}, not digits only")(json, path, errors, out value))
                return false;
            return fileName is null || value == fileName || Fail(json, path, errors, $"\"{fileName}\", the file's own name");
        };

    /// <summary>Numbers by profile and shot mode: <c>{"clipfusion": {"fewShot": 0.6, "zeroShot": 0.4}}</c>.</summary>
    private static ProfileTable Table(JsonFields fields)
    {
        ProfileTable table = ProfileTable.Empty;
        foreach ((string name, Profile profile) in ProfileNames.All)
        {
            Shots? shots = fields.Object(
                name,
                f => new Shots(f.Read("fewShot", null, OrNull(Number(0, MaxScore))), f.Read("zeroShot", null, OrNull(Number(0, MaxScore))))
            );
            if (shots is not null)
                table = table.With(profile, shots.FewShot, shots.ZeroShot);
        }

        return table;
    }

    private static ImageChecks Checks(JsonFields fields)
    {
        var checks = new ImageChecks
        {
            Width = fields.Read("width", null, OrNull(Integer(1, MaxPixels))),
            Height = fields.Read("height", null, OrNull(Integer(1, MaxPixels))),
            MinBrightness = fields.Read("minBrightness", null, OrNull(Number(0, 255))),
            MaxBrightness = fields.Read("maxBrightness", null, OrNull(Number(0, 255))),
            MaxClipped = fields.Read("maxClipped", null, OrNull(Number(0, 1))),
            MinSharpness = fields.Read("minSharpness", null, OrNull(Number(0, 1_000_000))),
        };
        if (checks.MinBrightness >= checks.MaxBrightness)
            fields.Errors.Add(
                fields.PathOf("minBrightness"),
                Text($"{checks.MinBrightness} with the greatest brightness {checks.MaxBrightness}"),
                "a least brightness below the greatest"
            );
        return checks;
    }

    /// <summary>What single values can't show.</summary>
    private static void CheckTogether(StationRecipe recipe, FieldErrors errors)
    {
        foreach ((string name, Profile profile) in ProfileNames.All)
        {
            foreach (ShotMode shots in Enum.GetValues<ShotMode>())
            {
                if (recipe.Rule.GreyBands[profile, shots] is not double band || recipe.Rule.Thresholds[profile, shots] is not null)
                    continue;
                string key = shots == ShotMode.FewShot ? "fewShot" : "zeroShot";
                errors.Add($"$.greyBand.{name}.{key}", Text($"{band} around no threshold"), $"a threshold at $.thresholds.{name}.{key}");
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Shots(double? FewShot, double? ZeroShot);
}
