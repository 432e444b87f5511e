using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Pack;

/// <summary>Reads and writes <c>pack.json</c>.</summary>
/// <remarks>
/// Through the manifest's records and not with <see cref="JsonFields"/>: this program wrote the file, and its sixty keys would stand here a
/// second time. Of keys and kinds the first error is told, of values all (<see cref="ManifestChecks"/>).
/// </remarks>
internal static class ManifestJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    private static readonly JsonRules Rules = new() { MaxBytes = PackManifest.MaxBytes, UniqueKeys = true };

    public static byte[] Write(PackManifest manifest) => [.. JsonSerializer.SerializeToUtf8Bytes(manifest, Options), (byte)'\n'];

    public static PackManifest Read(string folder)
    {
        string path = Path.Combine(folder, PackManifest.FileName);
        var info = new FileInfo(path);
        if (!info.Exists)
            throw new PackException($"'{folder}' is not a model pack: it has no {PackManifest.FileName}");
        if (info.Length > PackManifest.MaxBytes)
            throw new PackException($"{path}: {info.Length} bytes, a manifest has at most {PackManifest.MaxBytes}");
        try
        {
            byte[] json = RegularFile.ReadAllBytes(path, PackManifest.MaxBytes);
            (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(json, "an object with the manifest's keys", Rules);
            using JsonDocument text = document ?? throw new PackException($"{path}: {error}");
            RefuseNullElements(text.RootElement, path, "$");
            PackManifest manifest = text.Deserialize<PackManifest>(Options)!;
            if (manifest.Schema != PackManifest.CurrentSchema)
                throw new PackException(
                    $"{path}: schema '{manifest.Schema}', this program reads '{PackManifest.CurrentSchema}'; build the pack again"
                );
            IReadOnlyList<string> problems = ManifestChecks.Of(manifest);
            if (problems.Count > 0)
                throw new PackException($"{path}: {string.Join("; ", problems)}");
            return manifest;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new PackException($"{path}: {(e is JsonException json ? JsonSyntax.Describe(json) : e.Message)}", e);
        }
    }

    /// <summary>Nullable annotations of a list's elements are not checked by the serialiser.</summary>
    private static void RefuseNullElements(JsonElement element, string file, string path)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
                RefuseNullElements(property.Value, file, $"{path}.{property.Name}");
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            int index = 0;
            foreach (JsonElement item in element.EnumerateArray())
            {
                string itemPath = $"{path}[{index++}]";
                if (item.ValueKind == JsonValueKind.Null)
                    throw new PackException($"{file}: {itemPath}: null, a list's elements are never null");
                RefuseNullElements(item, file, itemPath);
            }
        }
    }
}
