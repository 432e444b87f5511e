using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Download;

/// <summary>What can be downloaded: named sets of files with their source, licence, sizes and hashes (<c>config/models.json</c>).</summary>
/// <param name="Sets">The sets in the order of the file; names are unique.</param>
public sealed record ModelCatalogue(IReadOnlyList<ModelSet> Sets)
{
    /// <summary>The version of the file format that this program reads.</summary>
    public const int SupportedSchema = 1;

    private const int MaxCatalogueBytes = 1 << 20;

    /// <summary>Reads a catalogue file of at most 1 MiB.</summary>
    /// <exception cref="ModelCatalogueException">The file is missing, too large, not JSON, or has errors; all of them are
    /// listed.</exception>
    public static ModelCatalogue Load(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new ModelCatalogueException(path, ["the file does not exist"]);
        if (file.Length > MaxCatalogueBytes)
            throw new ModelCatalogueException(path, [$"{file.Length} bytes; at most {MaxCatalogueBytes} are expected"]);
        return Parse(RegularFile.ReadAllBytes(path, MaxCatalogueBytes), path);
    }

    /// <summary>Reads a catalogue from UTF-8 JSON. Unknown and repeated keys are errors.</summary>
    /// <param name="utf8">The JSON text.</param>
    /// <param name="origin">Where the text came from, for messages.</param>
    /// <exception cref="ModelCatalogueException">The text has errors; all of them are listed with their JSON paths.</exception>
    public static ModelCatalogue Parse(ReadOnlyMemory<byte> utf8, string origin)
    {
        var errors = new FieldErrors();
        using JsonDocument? document = StrictJson.Parse(
            utf8,
            "an object with the catalogue's keys",
            errors,
            new JsonRules { MaxBytes = MaxCatalogueBytes, MaxDepth = 8 }
        );
        ModelCatalogue? catalogue = document is null ? null : CatalogueReader.Read(new JsonFields(document.RootElement, "$", errors));
        return errors.List.Count == 0 ? catalogue! : throw new ModelCatalogueException(origin, [.. errors.List.Select(e => e.ToString())]);
    }

    /// <summary>The sets of the given names, in that order and each once; when no name is given, all that are not downloaded on request
    /// alone.</summary>
    /// <exception cref="ArgumentException">A name is not in the catalogue; the message lists the known ones.</exception>
    public IReadOnlyList<ModelSet> Select(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
            return [.. Sets.Where(s => !s.OnRequest)];
        string[] unknown = [.. names.Where(n => Sets.All(s => s.Name != n))];
        if (unknown.Length > 0)
        {
            throw new ArgumentException(
                $"no model set is named '{string.Join("', '", unknown)}'; the catalogue has: {string.Join(", ", Sets.Select(s => s.Name))}"
            );
        }

        return [.. names.Distinct().Select(n => Sets.First(s => s.Name == n))];
    }
}
