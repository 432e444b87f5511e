using System.Text.Json;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Models.Weights;

/// <summary>Reads the JSON of a safetensors header and checks everything that can be checked without the data: keys, types, shapes,
/// lengths.</summary>
/// <remarks>Read as a stream of tokens and not with <see cref="StrictJson"/>: a header may have 100 MB, and a document of it many times
/// that.</remarks>
internal sealed class HeaderJson(string file)
{
    private const int ShownCharacters = 120;

    /// <summary>The tensors found, by name; each one's length is its type times its shape.</summary>
    public Dictionary<string, TensorInfo> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>The file's metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>A name as messages show it: of bounded length, since it comes from the file.</summary>
    public static string Shorten(string name) => name.Length <= ShownCharacters ? name : name[..ShownCharacters] + "...";

    /// <summary>Reads the whole object.</summary>
    /// <exception cref="WeightException">Not JSON, or not a safetensors header.</exception>
    public void Read(ReadOnlySpan<byte> json)
    {
        if (json is not [(byte)'{', ..])
            throw new WeightException(
                $"{file}: the header does not start with '{{', expected a JSON object; this is not a safetensors file."
            );
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            reader.Read();
            bool metadataSeen = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (name != SafetensorsHeader.MetadataKey)
                {
                    if (!Tensors.TryAdd(name, ReadTensor(ref reader, name)))
                        throw Fault(name, "stands in the header twice, expected once");
                    continue;
                }

                if (metadataSeen)
                    throw Fault(name, "stands in the header twice, expected once");
                metadataSeen = true;
                ReadMetadata(ref reader);
            }

            // Runs the reader to the end, which is what checks that only white space pads the header.
            while (reader.Read()) { }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WeightException(
                $"{file}: the header is not valid JSON, the file is damaged: "
                    + $"{(e is JsonException syntax ? JsonSyntax.Describe(syntax) : e.Message)}",
                e
            );
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault(SafetensorsHeader.MetadataKey, $"is a {reader.TokenType}, expected an object of strings");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Fault(SafetensorsHeader.MetadataKey, $"has a {reader.TokenType} at '{Shorten(key)}', expected a string");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Fault(SafetensorsHeader.MetadataKey, $"has the key '{Shorten(key)}' twice, expected once");
        }
    }

    private TensorInfo ReadTensor(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault(name, $"is a {reader.TokenType}, expected an object with dtype, shape and data_offsets");
        string? type = null;
        long[]? shape = null,
            offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            bool again = key switch
            {
                "dtype" => type is not null,
                "shape" => shape is not null,
                "data_offsets" => offsets is not null,
                _ => throw Fault(name, $"has the key '{Shorten(key)}', expected dtype, shape and data_offsets only"),
            };
            if (again)
                throw Fault(name, $"has {key} twice, expected once");
            if (key == "dtype")
                type =
                    reader.TokenType == JsonTokenType.String
                        ? reader.GetString()!
                        : throw Fault(name, $"has a {reader.TokenType} as dtype, expected a string");
            else if (key == "shape")
                shape = ReadIntegers(ref reader, name, key, Shapes.MaxRank);
            else
                offsets = ReadIntegers(ref reader, name, key, 2);
        }

        if (type is null || shape is null || offsets is null)
            throw Fault(
                name,
                $"has no {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}, expected dtype, shape and data_offsets"
            );
        return Check(name, type, shape, offsets);
    }

    private TensorInfo Check(string name, string storedType, long[] shape, long[] offsets)
    {
        if (!TensorTypes.TryParse(storedType, out TensorType type, out int bits))
            throw Fault(name, $"has dtype '{Shorten(storedType)}', which the format does not know");
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0])
            throw Fault(name, $"has data_offsets {Shapes.Text(offsets)}, expected a start and an end, 0 <= start <= end");
        if (!Shapes.TryBitLength(shape, bits, out long bitLength))
            throw Fault(name, $"has shape {Shapes.Text(shape)}, expected lengths of at least 0 whose product fits 64 bits");
        long length = offsets[1] - offsets[0];
        if (bitLength % 8 != 0 || bitLength / 8 != length)
            throw Fault(name, $"takes {length} bytes, expected {(bitLength + 7) / 8} for {storedType} of shape {Shapes.Text(shape)}");
        return new TensorInfo(name, type, shape, offsets[0], length) { StoredType = storedType };
    }

    private long[] ReadIntegers(ref Utf8JsonReader reader, string name, string key, int limit)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault(name, $"has a {reader.TokenType} as {key}, expected a list of integers");
        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value))
                throw Fault(name, $"has something else than a 64-bit integer in {key}");
            if (values.Count == limit)
                throw Fault(name, $"has more than {limit} numbers in {key}");
            values.Add(value);
        }

        return [.. values];
    }

    private WeightException Fault(string tensor, string what) => new($"{file}: tensor '{Shorten(tensor)}' {what}.");
}
