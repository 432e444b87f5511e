using System.Text.Json;

namespace ClipFusion.Models.Download;

/// <summary>Turns the JSON of a catalogue into records and gathers every error on the way instead of stopping at the first.</summary>
internal sealed class CatalogueReader(string origin)
{
    private readonly List<string> _errors = [];

    /// <summary>Reads the root object.</summary>
    /// <exception cref="ModelCatalogueException">Anything is missing, unknown or out of range.</exception>
    public ModelCatalogue Read(JsonElement root)
    {
        var sets = new List<ModelSet>();
        if (IsObject(root, "$", "schema", "note", "sets"))
        {
            Text(root, "$", "note", required: false);
            if (!root.TryGetProperty("schema", out var schema) || schema.ValueKind != JsonValueKind.Number || !schema.TryGetInt32(out int version) || version != ModelCatalogue.SupportedSchema)
            {
                Error("$.schema", $"must be {ModelCatalogue.SupportedSchema}");
            }

            if (!root.TryGetProperty("sets", out var all) || all.ValueKind != JsonValueKind.Object) Error("$.sets", "must be an object of model sets");
            else sets.AddRange(all.EnumerateObject().Select(p => Set(p.Name, p.Value)));
        }

        // --base-url replaces the address of a source: that must mean one address.
        foreach (var source in sets.GroupBy(s => s.Source).Where(g => g.Select(s => s.BaseUrl).Distinct().Count() > 1))
        {
            Error("$.sets", $"the source '{source.Key}' has several base URLs; sets that share a source must share its baseUrl");
        }

        return _errors.Count == 0 ? new ModelCatalogue(sets) : throw new ModelCatalogueException(origin, _errors);
    }

    private ModelSet Set(string name, JsonElement element)
    {
        string path = $"$.sets.{name}";
        if (name.Length is 0 or > 64 || name[0] == '.' || name.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')))
        {
            Error(path, "a set's name is 1 to 64 of [a-z0-9.-] and does not start with '.'");
        }

        if (!IsObject(element, path, "description", "source", "baseUrl", "licence", "licenceUrl", "note", "files")) element = default;
        var set = new ModelSet(
            name,
            Text(element, path, "description"),
            Text(element, path, "source"),
            BaseUrl(element, path),
            Text(element, path, "licence"),
            HttpsUrl(element, path, "licenceUrl"),
            Text(element, path, "note", required: false),
            Files(element, path));
        if (set.Source.Contains('=', StringComparison.Ordinal)) Error($"{path}.source", "must not have '='");
        return set;
    }

    private List<ModelFile> Files(JsonElement set, string setPath)
    {
        var files = new List<ModelFile>();
        if (set.ValueKind != JsonValueKind.Object) return files;
        if (!set.TryGetProperty("files", out var array) || array.ValueKind != JsonValueKind.Array || array.GetArrayLength() == 0)
        {
            Error($"{setPath}.files", "must be a list with at least one file");
            return files;
        }

        foreach (var element in array.EnumerateArray())
        {
            string path = $"{setPath}.files[{files.Count}]";
            if (!IsObject(element, path, "path", "size", "sha256", "note"))
            {
                files.Add(new ModelFile("", null, null));
                continue;
            }

            var file = new ModelFile(Text(element, path, "path"), Size(element, path), Sha256(element, path), Text(element, path, "note", required: false));
            if (file.Path.Length > 0 && RelativePath.Fault(file.Path) is { } fault) Error($"{path}.path", $"'{file.Path}' {fault}");
            if (file.Path.Length > 0 && files.Any(f => f.Path == file.Path)) Error($"{path}.path", $"'{file.Path}' is in the set twice");
            files.Add(file);
        }

        return files;
    }

    private long? Size(JsonElement file, string path)
    {
        if (!file.TryGetProperty("size", out var size) || size.ValueKind == JsonValueKind.Null) return null;
        if (size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long bytes) && bytes >= 0) return bytes;
        Error($"{path}.size", "must be a whole number of bytes, 0 or more, or null");
        return null;
    }

    private string? Sha256(JsonElement file, string path)
    {
        if (!file.TryGetProperty("sha256", out var hash) || hash.ValueKind == JsonValueKind.Null) return null;
        if (hash.ValueKind == JsonValueKind.String && Sha256Text.IsValid(hash.GetString()!)) return hash.GetString();
        Error($"{path}.sha256", "must be 64 lower-case hexadecimal digits, or null");
        return null;
    }

    private Uri BaseUrl(JsonElement set, string path)
    {
        var url = HttpsUrl(set, path, "baseUrl");
        if (PullOptions.BaseUrlFault(url) is { } fault && set.ValueKind == JsonValueKind.Object && url != Nowhere) Error($"{path}.baseUrl", fault);
        return url;
    }

    /// <summary>Stands in for a URL that has already been reported.</summary>
    private static readonly Uri Nowhere = new("https://invalid/");

    private Uri HttpsUrl(JsonElement element, string path, string key)
    {
        string text = Text(element, path, key);
        if (text.Length == 0) return Nowhere;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps) return url;
        Error($"{path}.{key}", $"'{text}' must be an absolute https URL");
        return Nowhere;
    }

    private string Text(JsonElement element, string path, string key, bool required = true)
    {
        if (element.ValueKind != JsonValueKind.Object) return "";
        bool found = element.TryGetProperty(key, out var value);
        if (!found && !required) return "";
        if (found && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        Error($"{path}.{key}", found ? "must be a text that is not empty" : "is missing");
        return "";
    }

    private bool IsObject(JsonElement element, string path, params ReadOnlySpan<string> known)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            Error(path, "must be an object");
            return false;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!known.Contains(property.Name)) Error($"{path}.{property.Name}", $"is not a known key; known are {string.Join(", ", known!)}");
        }

        return true;
    }

    private void Error(string path, string message) => _errors.Add($"{path} {message}");
}
