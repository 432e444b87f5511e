using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Tokenizer;

/// <summary>The content of <c>vocab.json</c>: one object from token text to id.</summary>
internal sealed class Vocabulary
{
    /// <summary>No published vocabulary has a megabyte; anything much larger is not one.</summary>
    internal const int MaxFileBytes = 64 << 20;

    private static readonly JsonRules Rules = new()
    {
        MaxBytes = MaxFileBytes,
        MaxDepth = 2,
        UniqueKeys = true,
    };

    private const int MaxId = (1 << 24) - 1;

    private readonly Dictionary<string, int> _ids;
    private readonly string _path;

    private Vocabulary(string path, Dictionary<string, int> ids, int size)
    {
        _path = path;
        _ids = ids;
        Size = size;
    }

    /// <summary>Largest id + 1: the rows a token embedding needs.</summary>
    public int Size { get; }

    /// <summary>Reads the file; ids must be distinct, not negative and below 2^24.</summary>
    /// <exception cref="VocabularyException">Missing or malformed.</exception>
    public static Vocabulary Load(string path)
    {
        byte[] json = ReadBounded(path);
        if (LfsPointer.Is(json, json.Length))
            throw new VocabularyException($"{path}: {LfsPointer.Message}.");
        try
        {
            (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(json, "an object from token to id", Rules);
            using JsonDocument vocabulary = document ?? throw new VocabularyException($"{path}: {error}");
            var ids = new Dictionary<string, int>(StringComparer.Ordinal);
            var owners = new Dictionary<int, string>();
            int size = 0;
            foreach (JsonProperty token in vocabulary.RootElement.EnumerateObject())
            {
                if (token.Value.ValueKind != JsonValueKind.Number || !token.Value.TryGetInt32(out int id) || id is < 0 or > MaxId)
                {
                    throw new VocabularyException(
                        $"{path}: token '{token.Name}' has id {token.Value.GetRawText()}, expected an integer in 0..{MaxId}."
                    );
                }

                if (!owners.TryAdd(id, token.Name))
                    throw new VocabularyException(
                        $"{path}: tokens '{owners[id]}' and '{token.Name}' both have id {id}, expected distinct ids."
                    );
                ids.Add(token.Name, id);
                size = Math.Max(size, id + 1);
            }

            return new Vocabulary(path, ids, size);
        }
        catch (InvalidOperationException e)
        {
            throw new VocabularyException(
                $"{path}: a token that is not valid Unicode; expected an object from token to id: {e.Message}",
                e
            );
        }
    }

    /// <summary>The id of a token that the file must have.</summary>
    /// <param name="token">The token as the file spells it.</param>
    /// <param name="use">What needs it, for the message.</param>
    /// <exception cref="VocabularyException">The file does not have it.</exception>
    public int Require(string token, string use) =>
        _ids.TryGetValue(token, out int id)
            ? id
            : throw new VocabularyException($"{_path}: token '{token}' is missing, expected for {use}.");

    /// <summary>The whole file, refused above <see cref="MaxFileBytes"/>.</summary>
    /// <exception cref="VocabularyException">Cannot be read or too large.</exception>
    internal static byte[] ReadBounded(string path)
    {
        try
        {
            ReadOnlyMemory<byte> bytes = RegularFile.ReadAtMost(path, MaxFileBytes);
            if (bytes.Length > MaxFileBytes)
                throw new VocabularyException($"{path}: the file has more than {MaxFileBytes} bytes, expected at most that many.");
            return bytes.ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VocabularyException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
