using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClipFusion.Foundation.Files;
using Google.Protobuf;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace ClipFusion.Models.ForeignGraphs;

/// <summary>Constants of an ONNX file that may be hostile: their data lies in the file, or in another one of the same folder.</summary>
/// <param name="path">The ONNX file, for messages and as the folder of external data.</param>
internal sealed class ForeignTensors(string path)
{
    // A .NET array's bound; the largest tensors of vision networks have a hundredth of it.
    private const long MaxBytes = 2_000_000_000;

    private static readonly Dictionary<DataType, int> ElementBytes = new()
    {
        [DataType.Float] = 4,
        [DataType.Uint8] = 1,
        [DataType.Int8] = 1,
        [DataType.Uint16] = 2,
        [DataType.Int16] = 2,
        [DataType.Int32] = 4,
        [DataType.Int64] = 8,
        [DataType.Bool] = 1,
        [DataType.Float16] = 2,
        [DataType.Double] = 8,
        [DataType.Uint32] = 4,
        [DataType.Uint64] = 8,
        [DataType.Bfloat16] = 2,
    };

    /// <summary>The files of external data that were read.</summary>
    public SortedSet<string> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Elements of a tensor.</summary>
    /// <exception cref="ForeignGraphException">The shape is not one, or needs more memory than there can be.</exception>
    public long Count(TensorProto tensor)
    {
        long count = 1;
        int bytes = ElementBytes.GetValueOrDefault((DataType)tensor.DataType, 1);
        foreach (long length in tensor.Dims)
        {
            if (length < 0 || (length > 0 && count > MaxBytes / bytes / length))
                throw Fault(tensor, $"has shape [{string.Join(", ", tensor.Dims)}]", $"lengths of 0 or more and at most {MaxBytes} bytes");
            count *= length;
        }

        return count;
    }

    /// <summary>The values of a float32 or float16 tensor, row by row; null for other types.</summary>
    public float[]? Floats(TensorProto tensor)
    {
        var type = (DataType)tensor.DataType;
        if (type is not (DataType.Float or DataType.Float16))
            return null;
        long count = Count(tensor);
        if (type == DataType.Float && tensor.FloatData.Count > 0)
            return tensor.FloatData.Count == count ? [.. tensor.FloatData] : throw Short(tensor, tensor.FloatData.Count, count, "values");
        var values = new float[count];
        if (type == DataType.Float16 && tensor.Int32Data.Count > 0)
        {
            if (tensor.Int32Data.Count != count)
                throw Short(tensor, tensor.Int32Data.Count, count, "values");
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)BitConverter.UInt16BitsToHalf((ushort)tensor.Int32Data[i]);
            return values;
        }

        ReadOnlySpan<byte> raw = Raw(tensor);
        if (raw.Length != count * ElementBytes[type])
            throw Short(tensor, raw.Length, count * ElementBytes[type], "bytes");
        if (type == DataType.Float)
            MemoryMarshal.Cast<byte, float>(raw).CopyTo(values);
        else
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(raw), values);
        return values;
    }

    /// <summary>The tensor with its data inside, checked as far as its type is known.</summary>
    public TensorProto Inside(TensorProto tensor)
    {
        long count = Count(tensor);
        TensorProto copy = tensor.Clone();
        if (tensor.DataLocation == TensorProto.Types.DataLocation.External)
        {
            copy.RawData = ByteString.CopyFrom(Raw(tensor));
            copy.ExternalData.Clear();
            copy.ClearDataLocation();
        }

        if (copy.HasRawData && ElementBytes.TryGetValue((DataType)copy.DataType, out int bytes) && copy.RawData.Length != count * bytes)
            throw Short(tensor, copy.RawData.Length, count * bytes, "bytes");
        return copy;
    }

    private ReadOnlySpan<byte> Raw(TensorProto tensor) =>
        tensor.DataLocation == TensorProto.Types.DataLocation.External ? External(tensor) : tensor.RawData.Span;

    private byte[] External(TensorProto tensor)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (StringStringEntryProto entry in tensor.ExternalData)
            keys[entry.Key] = entry.Value;
        string location = keys.GetValueOrDefault("location", "");
        if (location.Length == 0 || location is "." or ".." || location.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
            throw Fault(tensor, $"lies in '{Shown(location)}'", "the name of a file in the same folder");
        long offset = Number(tensor, keys, "offset") ?? 0,
            length = Number(tensor, keys, "length") ?? Count(tensor) * ElementBytes.GetValueOrDefault((DataType)tensor.DataType, 1);
        string file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, location);
        try
        {
            // A link could lead out of the folder.
            using var handle = RegularFile.Open(file, followLinks: false);
            Files.Add(file);
            long size = RandomAccess.GetLength(handle);
            if (length > MaxBytes || offset > size || length > size - offset)
                throw Fault(tensor, $"lies in '{location}' at {offset} with {length} bytes", $"a part of its {size} bytes");
            var bytes = new byte[length];
            for (int filled = 0; filled < bytes.Length; )
            {
                int n = RandomAccess.Read(handle, bytes.AsSpan(filled), offset + filled);
                if (n == 0)
                    throw Short(tensor, filled, length, "bytes");
                filled += n;
            }

            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ForeignGraphException($"{path}: constant '{Shown(tensor.Name)}': {e.Message}", e);
        }
    }

    private long? Number(TensorProto tensor, Dictionary<string, string> keys, string key)
    {
        if (!keys.TryGetValue(key, out string? text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw Fault(tensor, $"has the {key} '{Shown(text)}'", "a number of bytes");
    }

    private ForeignGraphException Short(TensorProto tensor, long found, long expected, string what) =>
        Fault(tensor, $"has {found} {what}", $"{expected} for shape [{string.Join(", ", tensor.Dims)}]; the file is damaged");

    private ForeignGraphException Fault(TensorProto tensor, string found, string expected) =>
        new($"{path}: constant '{Shown(tensor.Name)}' {found}, expected {expected}");

    private static string Shown(string text) => text.Length <= 120 ? text : text[..120] + "...";
}
