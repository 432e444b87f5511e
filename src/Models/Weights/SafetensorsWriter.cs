using System.Buffers.Binary;
using System.Text.Json;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Weights;

/// <summary>Writes safetensors files of any size with one pass and no buffering of tensors.</summary>
public static class SafetensorsWriter
{
    /// <summary>
    /// Writes a file whole or not at all, as it survives a power cut.
    /// Tensors are stored widest type first, otherwise in the order given, and the header is padded to 8 bytes, so every tensor is aligned
    /// to its element.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="entries">The tensors.</param>
    /// <param name="metadata">The file's <c>__metadata__</c>; none if null or empty.</param>
    /// <exception cref="WeightException">Two entries share a name, a shape is invalid, or an entry writes more or fewer bytes than its type
    /// and shape need. Nothing is left behind.</exception>
    /// <exception cref="IOException">The disk refuses. Nothing is left behind.</exception>
    public static void Write(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(entries);
        SafetensorsEntry[] ordered = [.. entries.OrderByDescending(e => TensorTypes.ElementSize(e.Type))];
        byte[] header = Header(path, ordered, metadata);
        AtomicFile.Write(
            path,
            Durability.PowerCut,
            file =>
            {
                file.Write(header);
                foreach (SafetensorsEntry entry in ordered)
                    WriteTensor(file, path, entry);
            }
        );
    }

    private static void WriteTensor(FileStream file, string path, SafetensorsEntry entry)
    {
        long expected = ByteLength(path, entry);
        using var stream = new MeteredStream(file, expected, $"{path}: tensor '{entry.Name}'");
        entry.Write(stream);
        if (stream.Left != 0)
            throw new WeightException(
                $"{path}: tensor '{entry.Name}' was given {expected - stream.Left} bytes, expected {expected} for "
                    + $"{TensorTypes.Name(entry.Type)} of shape {Shapes.Text(entry.Shape)}."
            );
    }

    private static byte[] Header(string path, SafetensorsEntry[] entries, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[SafetensorsHeader.PrefixBytes]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataKey);
                foreach ((string key, string value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            WriteTensors(json, path, entries);
            json.WriteEndObject();
        }

        while (buffer.Length % SafetensorsHeader.PrefixBytes != 0)
            buffer.WriteByte((byte)' ');
        long length = buffer.Length - SafetensorsHeader.PrefixBytes;
        if (length > SafetensorsHeader.MaxJsonBytes)
            throw new WeightException($"{path}: the header takes {length} bytes, expected at most {SafetensorsHeader.MaxJsonBytes}.");
        byte[] header = buffer.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        return header;
    }

    private static void WriteTensors(Utf8JsonWriter json, string path, SafetensorsEntry[] entries)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        long offset = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (!names.Add(entry.Name))
                throw new WeightException(
                    $"{path}: the tensor name '{entry.Name}' is taken, expected each name once and never {SafetensorsHeader.MetadataKey}."
                );
            json.WriteStartObject(entry.Name);
            json.WriteString("dtype", TensorTypes.Name(entry.Type));
            json.WriteStartArray("shape");
            foreach (long length in entry.Shape)
                json.WriteNumberValue(length);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset = checked(offset + ByteLength(path, entry)));
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private static long ByteLength(string path, SafetensorsEntry entry)
    {
        if (entry.Shape.Count <= Shapes.MaxRank && Shapes.TryBitLength(entry.Shape, 8 * TensorTypes.ElementSize(entry.Type), out long bits))
            return bits / 8;
        throw new WeightException(
            $"{path}: tensor '{entry.Name}' has shape {Shapes.Text(entry.Shape)}, expected at most {Shapes.MaxRank} lengths of at "
                + "least 0 whose product fits 64 bits."
        );
    }
}
