using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipFusion.Foundation.Files;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Recipes;

/// <summary>Writes the appliance's recipes: every key, in a fixed order, defaults included, so equal settings give equal bytes.</summary>
internal static class StationRecipeWriter
{
    /// <summary>Largest reference image or mask file in bytes.</summary>
    public const long MaxFileBytes = 256 * 1024 * 1024;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>The recipe as indented JSON, to be read by people and by <see cref="StationRecipeReader"/>.</summary>
    public static string Write(StationRecipe recipe) => ToJson(recipe).ToJsonString(Indented);

    /// <summary>The canonical form: compact UTF-8 JSON that the order of keys, whitespace and left-out defaults of a file don't
    /// change.</summary>
    public static byte[] Canonical(StationRecipe recipe) => Encoding.UTF8.GetBytes(ToJson(recipe).ToJsonString());

    /// <summary>
    /// Sixteen hexadecimal digits that change with every setting, with the content of the ignore mask and with that of every reference: the
    /// first of the SHA-256 over the canonical form, without what came later and is at its default, and the SHA-256 of each file of <see
    /// cref="StationRecipe.Files"/>, in that order.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="folder">The recipes' folder, which its files are relative to.</param>
    /// <param name="cancellation">Ends the reading of files.</param>
    /// <param name="taught">Version of the reference set that was taught and stands for the recipe's own references, which are not looked
    /// at then; null for none.</param>
    /// <exception cref="IOException">A file is missing, can't be read or is larger than <see cref="MaxFileBytes"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static string Revision(StationRecipe recipe, string folder, string? taught = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (taught is not null)
            recipe = recipe with { References = [] };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(ToJson(recipe, forRevision: true).ToJsonString()));
        foreach (string file in recipe.Files)
        {
            cancellation.ThrowIfCancellationRequested();
            using FileStream content = RegularFile.OpenStream(Path.Combine(folder, file));
            if (content.Length > MaxFileBytes)
                throw new IOException($"{content.Name}: {content.Length} bytes, at most {MaxFileBytes} are read");
            hash.AppendData(SHA256.HashData(content));
        }

        if (taught is not null)
            hash.AppendData(Encoding.UTF8.GetBytes(taught));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private static JsonObject ToJson(StationRecipe recipe, bool forRevision = false)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        var json = new JsonObject { ["number"] = recipe.Number, ["name"] = recipe.Name };
        foreach ((string key, JsonNode? value) in JsonNode.Parse(Method(recipe, forRevision))!.AsObject())
            json[key] = value?.DeepClone();
        json["deadlineMs"] = recipe.Deadline is TimeSpan deadline ? (int)deadline.TotalMilliseconds : null;
        json["thresholds"] = Table(recipe.Rule.Thresholds, forRevision);
        json["greyBand"] = Table(recipe.Rule.GreyBands, forRevision);
        json["mapThresholds"] = Table(recipe.MapThresholds, forRevision);
        json["imageChecks"] = new JsonObject
        {
            ["width"] = recipe.Checks.Width,
            ["height"] = recipe.Checks.Height,
            ["minBrightness"] = Plain(recipe.Checks.MinBrightness),
            ["maxBrightness"] = Plain(recipe.Checks.MaxBrightness),
            ["maxClipped"] = Plain(recipe.Checks.MaxClipped),
            ["minSharpness"] = Plain(recipe.Checks.MinSharpness),
        };
        json["references"] = new JsonArray([.. recipe.References.Select(r => JsonValue.Create(r))]);
        return json;
    }

    private static byte[] Method(StationRecipe recipe, bool forRevision) =>
        forRevision ? RecipeWriter.ForStationRevision(recipe.Method) : RecipeWriter.Canonical(recipe.Method);

    private static JsonObject Table(ProfileTable table, bool forRevision) =>
        new(
            ProfileNames
                .All.Where(p => !forRevision || p.Value != Profile.Backbone || HasNumbers(table, p.Value))
                .Select(p => KeyValuePair.Create(p.Name, (JsonNode?)Shots(table, p.Value)))
        );

    private static bool HasNumbers(ProfileTable table, Profile profile) =>
        table[profile, ShotMode.FewShot] is not null || table[profile, ShotMode.ZeroShot] is not null;

    private static JsonObject Shots(ProfileTable table, Profile profile) =>
        new() { ["fewShot"] = Plain(table[profile, ShotMode.FewShot]), ["zeroShot"] = Plain(table[profile, ShotMode.ZeroShot]) };

    /// <summary>Adding zero turns -0 into 0: the same setting, so the same bytes.</summary>
    private static double? Plain(double? value) => value + 0.0;
}
