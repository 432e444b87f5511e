using System.Text.Json;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Weights;

/// <summary>The index of a sharded network (<c>*.safetensors.index.json</c>): which shard holds which tensor.</summary>
internal static class WeightIndex
{
    private const int MaxFileBytes = 64 << 20;

    private static readonly JsonRules Rules = new()
    {
        MaxBytes = MaxFileBytes,
        MaxDepth = 64,
        UniqueKeys = true,
    };

    /// <summary>Reads the index's <c>weight_map</c>, from tensor to a plain file name.</summary>
    /// <exception cref="WeightException">Unreadable, malformed, or a shard that is not a plain file name.</exception>
    public static Dictionary<string, string> Read(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > MaxFileBytes)
                throw new WeightException($"{path}: the file has {length} bytes, expected at most {MaxFileBytes}.");
            byte[] json = RegularFile.ReadAllBytes(path, MaxFileBytes);
            if (LfsPointer.Is(json, json.Length))
                throw new WeightException($"{path}: {LfsPointer.Message}.");
            (JsonDocument? document, FieldError? error) = StrictJson.ParseOrFirst(json, "an object with weight_map", Rules);
            using JsonDocument index = document ?? throw new WeightException($"{path}: {error}; the file is damaged.");
            if (!index.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            {
                throw new WeightException($"{path}: weight_map is missing, expected an object from tensor to shard.");
            }

            var shards = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty tensor in map.EnumerateObject())
                shards.Add(tensor.Name, Shard(path, tensor));
            return shards;
        }
        catch (InvalidOperationException e)
        {
            throw new WeightException($"{path}: a name that is not valid Unicode, the file is damaged: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    private static string Shard(string path, JsonProperty tensor)
    {
        string? shard = tensor.Value.ValueKind == JsonValueKind.String ? tensor.Value.GetString() : null;
        bool plain =
            shard is { Length: > 0 }
            && shard.AsSpan().IndexOfAny('/', '\\', '\0') < 0
            && shard.EndsWith(".safetensors", StringComparison.Ordinal);
        return plain
            ? shard!
            : throw new WeightException(
                $"{path}: tensor '{HeaderJson.Shorten(tensor.Name)}' is in shard {HeaderJson.Shorten(tensor.Value.GetRawText())}, "
                    + "expected the name of a .safetensors file in the same folder."
            );
    }
}
