using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Download;

/// <summary>The hashes that were accepted once (<c>models.lock.json</c>), against which every later pull into the folder is
/// checked.</summary>
internal sealed class PinFile
{
    public const string FileName = "models.lock.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private const int MaxBytes = 16 << 20;

    private static readonly JsonRules Rules = new() { MaxBytes = MaxBytes, UniqueKeys = true };

    private readonly string _path;
    private readonly SortedDictionary<string, Pin> _pins;

    private PinFile(string path, SortedDictionary<string, Pin> pins) => (_path, _pins) = (path, pins);

    /// <summary>Reads the pins of a folder; none when the file is missing.</summary>
    /// <exception cref="PullException">The file cannot be understood. It is left as it is: replacing it would accept anything.</exception>
    public static PinFile Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return new PinFile(path, new SortedDictionary<string, Pin>(StringComparer.Ordinal));
        try
        {
            (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(
                RegularFile.ReadAllBytes(path, MaxBytes),
                "an object with schema and files",
                Rules
            );
            using JsonDocument text = document ?? throw new JsonException(error!.ToString());
            Content content = text.Deserialize<Content>(Json)!;
            if (content.Schema != 1)
                throw new JsonException($"schema {content.Schema} instead of 1");
            foreach (var (file, pin) in content.Files)
            {
                if (!Sha256Text.IsValid(pin.Sha256))
                    throw new JsonException($"$.files['{file}'].sha256 is not 64 lower-case hexadecimal digits");
            }

            return new PinFile(path, new SortedDictionary<string, Pin>(content.Files, StringComparer.Ordinal));
        }
        catch (JsonException e)
        {
            throw new PullException(
                PullFailure.PinConflict,
                $"{path} cannot be read as pinned hashes: {JsonSyntax.Describe(e)}; repair it, or delete it to accept hashes anew",
                e
            );
        }
    }

    /// <summary>The pin of "set/path", or null.</summary>
    public Pin? Find(string file) => _pins.GetValueOrDefault(file);

    /// <summary>Adds a pin and writes the file durably.</summary>
    public void Add(string file, Pin pin)
    {
        _pins.Add(file, pin);
        AtomicFile.Write(_path, Durability.PowerCut, JsonSerializer.Serialize(new Content(1, _pins), Json) + "\n");
    }

    /// <summary>An accepted hash, the size of what had it, and where that came from.</summary>
    internal sealed record Pin(string Sha256, long Size, string Origin, DateTimeOffset PinnedAt);

    private sealed record Content(int Schema, IDictionary<string, Pin> Files);
}
