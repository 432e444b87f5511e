using System.Collections.Immutable;
using System.Text.Json;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Download;

/// <summary>
/// Turns the JSON of a catalogue into records. Every error is noted; what is returned is of use only where there is none.
/// </summary>
internal static class CatalogueReader
{
    private const int MostFiles = 100_000,
        LongestSetName = 64;

    /// <summary>Stands in for a URL that has already been reported.</summary>
    private static readonly Uri Nowhere = new("https://invalid/");

    /// <summary>Reads the root object.</summary>
    public static ModelCatalogue Read(JsonFields root)
    {
        root.Require(
            "schema",
            0,
            $"{ModelCatalogue.SupportedSchema}",
            JsonValues.Integer(ModelCatalogue.SupportedSchema, ModelCatalogue.SupportedSchema)
        );
        root.Read("note", "", Text);
        string rule = $"a set's name of 1 to {LongestSetName} of a-z, 0-9, . and -, not starting with .";
        ImmutableArray<ModelSet> sets = root.Entries("sets", "an object of model sets by name", IsSetName, rule, Set);
        root.RejectUnknown();

        // --base-url replaces the address of a source: that must mean one address.
        foreach (var source in sets.GroupBy(s => s.Source).Where(g => g.Select(s => s.BaseUrl).Distinct().Count() > 1))
        {
            string found = $"the source '{JsonText.Clip(source.Key)}' with several base URLs";
            root.Errors.Add("$.sets", found, "one baseUrl for all sets that share a source");
        }

        return new ModelCatalogue(sets);
    }

    private static bool IsSetName(string name) =>
        name.Length is > 0 and <= LongestSetName
        && name[0] != '.'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');

    private static ModelSet Set(string name, JsonFields set) =>
        new(
            name,
            set.Require("description", "", "a text", Text),
            set.Require("source", "", "a text", Source),
            set.Require("baseUrl", Nowhere, "an absolute https URL", BaseUrl),
            set.Require("licence", "", "a text", Text),
            set.Require("licenceUrl", Nowhere, "an absolute https URL", HttpsUrl),
            set.Read("note", "", Text),
            Files(set)
        )
        {
            OnRequest = set.Read("onRequest", false, Flag),
        };

    private static ImmutableArray<ModelFile> Files(JsonFields set)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        return set.Objects(
            "files",
            MostFiles,
            "files",
            file =>
            {
                string path = file.Require("path", "", "a path in the set's folder", RelativeTo);
                bool isNew = path.Length == 0 || paths.Add(path);
                if (!isNew)
                    file.Errors.Add(file.PathOf("path"), $"'{path}', which is in the set twice", "every file once");
                return new ModelFile(
                    path,
                    file.Read<long?>("size", null, Size),
                    file.Read<string?>("sha256", null, Hash),
                    file.Read("note", "", Text)
                );
            }
        );
    }

    // Without a bound of its own: the file's is the bound, and nothing is made of these texts but messages.
    private static bool Text(JsonElement json, string path, FieldErrors errors, out string value)
    {
        value = "";
        bool good = json.ValueKind == JsonValueKind.String && JsonText.TryString(json, out value) && value.Length > 0;
        return good || JsonValues.Fail(json, path, errors, "a text that is not empty");
    }

    private static bool Flag(JsonElement json, string path, FieldErrors errors, out bool value)
    {
        value = json.ValueKind == JsonValueKind.True;
        return json.ValueKind is JsonValueKind.True or JsonValueKind.False || JsonValues.Fail(json, path, errors, "true or false");
    }

    private static bool Source(JsonElement json, string path, FieldErrors errors, out string value) =>
        Text(json, path, errors, out value)
        && (!value.Contains('=', StringComparison.Ordinal) || JsonValues.Fail(json, path, errors, "a text without '='"));

    private static bool RelativeTo(JsonElement json, string path, FieldErrors errors, out string value) =>
        Text(json, path, errors, out value)
        && (RelativePath.Fault(value) is not { } fault || JsonValues.Fail(json, path, errors, $"a path in the set's folder: it {fault}"));

    private static bool HttpsUrl(JsonElement json, string path, FieldErrors errors, out Uri value)
    {
        value = Nowhere;
        if (!Text(json, path, errors, out string text))
            return false;
        bool good = Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps;
        if (good)
            value = url!;
        return good || JsonValues.Fail(json, path, errors, "an absolute https URL");
    }

    private static bool BaseUrl(JsonElement json, string path, FieldErrors errors, out Uri value) =>
        HttpsUrl(json, path, errors, out value)
        && (
            PullOptions.BaseUrlFault(value) is not { } fault
            || JsonValues.Fail(json, path, errors, $"an address that files can be added to: it {fault}")
        );

    private static bool Size(JsonElement json, string path, FieldErrors errors, out long? value)
    {
        value = null;
        if (json.ValueKind == JsonValueKind.Null)
            return true;
        bool good = json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out long bytes) && (value = bytes) >= 0;
        return good || JsonValues.Fail(json, path, errors, "a whole number of bytes, 0 or more, or null");
    }

    private static bool Hash(JsonElement json, string path, FieldErrors errors, out string? value)
    {
        value = null;
        if (json.ValueKind == JsonValueKind.Null)
            return true;
        bool good = json.ValueKind == JsonValueKind.String && JsonText.TryString(json, out value) && Sha256Text.IsValid(value);
        return good || JsonValues.Fail(json, path, errors, "64 lower-case hexadecimal digits, or null");
    }
}
