using System.Collections.Immutable;
using System.Text.Json;
using ClipFusion.Foundation.Json;
using ClipFusion.Imaging;
using static ClipFusion.Foundation.Json.JsonValues;

namespace ClipFusion.Inspection.Recipes;

/// <summary>The kinds of values that only recipe files have, each with its bounds and its error.</summary>
internal static class RecipeValues
{
    private const int MaxCoordinate = 65535;
    private const string RegionForm = "{\"x\", \"y\", \"width\", \"height\"} or [x, y, width, height] in frame pixels";

    /// <summary>A prompt template; a state prompt has to name the state, the others have none.</summary>
    public static ValueReader<string> Template(bool withState) =>
        (JsonElement json, string path, FieldErrors errors, out string value) =>
        {
            if (!Text(json, path, errors, out value))
                return false;
            string? fault = PromptTemplate.Fault(value, withState);
            if (fault is null && withState && !value.Contains("{state}", StringComparison.Ordinal))
                fault = "no {state}, so every state would have the same prompt";
            if (fault is null)
                return true;
            errors.Add(
                path,
                fault,
                withState ? "a template with {state} and, if wanted, {object}" : "a template with no placeholder but {object}"
            );
            return false;
        };

    public static bool Temperature(JsonElement json, string path, FieldErrors errors, out double value)
    {
        value = 0;
        bool good = json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out value) && value > 0 && double.IsFinite(value);
        return good || Fail(json, path, errors, "a number above 0, or null for the network's own temperature");
    }

    public static bool Share(JsonElement json, string path, FieldErrors errors, out double value)
    {
        value = 1;
        bool good = json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out value) && value is > 0 and <= 1;
        return good || Fail(json, path, errors, "a share above 0, at most 1");
    }

    public static bool Weight(JsonElement json, string path, FieldErrors errors, out double value)
    {
        value = 0;
        bool good = json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out value) && value >= 0 && double.IsFinite(value);
        return good || Fail(json, path, errors, "a number, 0 or more, or null for the pack's own");
    }

    /// <summary>Whose result is held, or null for nobody's.</summary>
    public static bool Fallback(JsonElement json, string path, FieldErrors errors, out FallbackChoice value)
    {
        value = FallbackChoice.None;
        return json.ValueKind == JsonValueKind.Null || Choice(RecipeNames.Fallbacks)(json, path, errors, out value);
    }

    /// <summary>A value that is null only where its key is missing.</summary>
    public static ValueReader<T?> Given<T>(ValueReader<T> read)
        where T : struct =>
        (JsonElement json, string path, FieldErrors errors, out T? value) =>
        {
            bool good = read(json, path, errors, out T given);
            value = given;
            return good;
        };

    public static bool Pair(JsonElement json, string path, FieldErrors errors, out TimestepBlock value)
    {
        value = default;
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() != 2)
            return Fail(json, path, errors, "[timestep, decoder block]");
        bool good =
            Integer(0, 999)(json[0], path + "[0]", errors, out int timestep) & Integer(0, 31)(json[1], path + "[1]", errors, out int block);
        value = new(timestep, block);
        return good;
    }

    public static bool Rectangle(JsonElement json, string path, FieldErrors errors, out Region value)
    {
        value = default;
        ValueReader<int> start = Integer(0, MaxCoordinate),
            size = Integer(1, MaxCoordinate);
        if (json.ValueKind == JsonValueKind.Array && json.GetArrayLength() == 4)
        {
            bool good =
                start(json[0], path + "[0]", errors, out int x)
                & start(json[1], path + "[1]", errors, out int y)
                & size(json[2], path + "[2]", errors, out int width)
                & size(json[3], path + "[3]", errors, out int height);
            value = new(x, y, width, height);
            return good;
        }

        if (json.ValueKind != JsonValueKind.Object)
            return Fail(json, path, errors, RegionForm);
        int before = errors.List.Count;
        var fields = new JsonFields(json, path, errors);
        value = new(
            fields.Require("x", 0, RegionForm, start),
            fields.Require("y", 0, RegionForm, start),
            fields.Require("width", 1, RegionForm, size),
            fields.Require("height", 1, RegionForm, size)
        );
        fields.RejectUnknown();
        return errors.List.Count == before;
    }

    /// <summary>A mask picture's path or rectangles. The path may not leave the recipe's folder: a recipe comes from outside and names no
    /// other file of the device.</summary>
    public static bool Ignore(JsonElement json, string path, FieldErrors errors, out IgnoreRule? value)
    {
        value = null;
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return true;
            case JsonValueKind.Array:
                if (!List<Region>(Rectangle, 64, "rectangles")(json, path, errors, out ImmutableArray<Region> regions))
                    return false;
                value = new(null, regions);
                return true;
            case JsonValueKind.String when JsonText.TryString(json, out string file) && IsInside(file):
                value = new(file, []);
                return true;
            default:
                return Fail(
                    json,
                    path,
                    errors,
                    "null, an array of 1 to 64 rectangles, or the path of a mask picture in the recipe's folder (relative, with /, "
                        + "without ..)"
                );
        }
    }
}
