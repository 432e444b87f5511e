using System.Text.Json;
using System.Text.RegularExpressions;

namespace ClipFusion.Tests.EdgeDaemon.Delivery;

/// <summary>The part of JSON Schema that docs/schema uses. A keyword that it does not know is an error, so that nothing is checked in
/// appearance only.</summary>
internal sealed class JsonSchema
{
    private static readonly HashSet<string> Silent = ["$schema", "title", "description", "$defs", "default"];
    private readonly JsonElement _root;

    private JsonSchema(JsonElement root) => _root = root;

    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Fixtures.Root))!, "docs", "schema");

    public static JsonSchema Parse(string text) => new(JsonDocument.Parse(text).RootElement);

    public static JsonSchema Of(string name) => Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")));

    /// <summary>Everything that is wrong, with its path; empty when the document is valid.</summary>
    public IReadOnlyList<string> Check(JsonElement document)
    {
        var errors = new List<string>();
        Check(document, _root, "$", errors);
        return errors;
    }

    public IReadOnlyList<string> Check(ReadOnlySpan<byte> utf8) => Check(JsonDocument.Parse(utf8.ToArray()).RootElement);

    private void Check(JsonElement value, JsonElement schema, string path, List<string> errors)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            var expected = keyword.Value;
            string? error = keyword.Name switch
            {
                "type" => IsType(value, expected) ? null : $"is {value.ValueKind}, expected {expected}",
                "enum" => expected.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)) ? null : $"{value} is not one of {expected}",
                "pattern" => value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, expected.GetString()!)
                    ? null
                    : $"{value} does not match {expected}",
                "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() >= expected.GetDouble()
                    ? null
                    : $"{value} is below {expected}",
                "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() <= expected.GetDouble()
                    ? null
                    : $"{value} is above {expected}",
                "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= expected.GetInt32()
                    ? null
                    : $"has {value.GetArrayLength()} items, at most {expected}",
                "required" => Missing(value, expected),
                "anyOf" => expected.EnumerateArray().Any(s => IsValid(value, s)) ? null : "fits none of the alternatives",
                "$ref" or "properties" or "additionalProperties" or "items" => null,
                _ => Silent.Contains(keyword.Name) ? null : throw new NotSupportedException($"schema keyword {keyword.Name}"),
            };
            if (error is not null)
                errors.Add($"{path}: {error}");
        }
        if (schema.TryGetProperty("$ref", out var reference))
            Check(value, Resolve(reference.GetString()!), path, errors);
        if (value.ValueKind == JsonValueKind.Object)
            CheckMembers(value, schema, path, errors);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            int i = 0;
            foreach (var item in value.EnumerateArray())
                Check(item, items, $"{path}[{i++}]", errors);
        }
    }

    private void CheckMembers(JsonElement value, JsonElement schema, string path, List<string> errors)
    {
        bool hasRest = schema.TryGetProperty("additionalProperties", out var rest),
            isDescribed = schema.TryGetProperty("properties", out _);
        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var known))
                Check(member.Value, known, $"{path}.{member.Name}", errors);
            else if (hasRest && rest.ValueKind == JsonValueKind.False)
                errors.Add($"{path}.{member.Name}: is not expected");
            else if (hasRest && rest.ValueKind == JsonValueKind.Object)
                Check(member.Value, rest, $"{path}.{member.Name}", errors);
            else if (isDescribed && !hasRest)
                // Consumers have to allow what a later version adds; what this one says is all written down.
                errors.Add($"{path}.{member.Name}: is not described");
        }
    }

    private bool IsValid(JsonElement value, JsonElement schema)
    {
        var errors = new List<string>();
        Check(value, schema, "", errors);
        return errors.Count == 0;
    }

    private JsonElement Resolve(string reference) =>
        reference.StartsWith("#/$defs/", StringComparison.Ordinal)
            ? _root.GetProperty("$defs").GetProperty(reference["#/$defs/".Length..])
            : throw new NotSupportedException($"$ref {reference}");

    private static string? Missing(JsonElement value, JsonElement required)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return null;
        var missing = required.EnumerateArray().Select(r => r.GetString()!).Where(r => !value.TryGetProperty(r, out _)).ToList();
        return missing.Count == 0 ? null : $"lacks {string.Join(", ", missing)}";
    }

    private static bool IsType(JsonElement value, JsonElement expected)
    {
        if (expected.ValueKind == JsonValueKind.Array)
            return expected.EnumerateArray().Any(e => IsType(value, e));
        return expected.GetString() switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "number" => value.ValueKind == JsonValueKind.Number,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "null" => value.ValueKind == JsonValueKind.Null,
            var other => throw new NotSupportedException($"schema type {other}"),
        };
    }
}
