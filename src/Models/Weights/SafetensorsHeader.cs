using System.Buffers.Binary;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Weights;

/// <summary>
/// The checked header of a safetensors file: 8 bytes of little-endian length, that many bytes of JSON, then the data.
/// A header that comes out of here is safe to read by: every tensor lies inside the data, none overlaps another, together they cover the
/// data, and each one's bytes are its type times its shape.
/// </summary>
/// <param name="Tensors">By name.</param>
/// <param name="Metadata">The file's <c>__metadata__</c>, empty if it has none.</param>
/// <param name="DataStart">Byte of the file at which the data starts.</param>
internal sealed record SafetensorsHeader(
    IReadOnlyDictionary<string, TensorInfo> Tensors,
    IReadOnlyDictionary<string, string> Metadata,
    long DataStart
)
{
    /// <summary>The format's own limit on the JSON, in bytes.</summary>
    public const int MaxJsonBytes = 100_000_000;

    /// <summary>Bytes before the JSON.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The key that holds metadata instead of a tensor.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>The length of the JSON that a file claims, checked against the format's limit and the file's size before anything is read
    /// by it.</summary>
    /// <param name="prefix">The first bytes of the file, at least 8 where there are as many; more tell a Git LFS pointer.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="file">For messages.</param>
    /// <exception cref="WeightException">The file cannot be a safetensors file.</exception>
    public static int JsonLength(ReadOnlySpan<byte> prefix, long fileLength, string file)
    {
        if (prefix.Length < PrefixBytes || fileLength < PrefixBytes)
            throw new WeightException(
                $"{file}: the file has {fileLength} bytes, expected at least {PrefixBytes} for a safetensors header."
            );
        if (LfsPointer.Is(prefix, fileLength))
            throw new WeightException($"{file}: {LfsPointer.Message}.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxJsonBytes)
            throw new WeightException(
                $"{file}: the header claims {length} bytes, expected at most {MaxJsonBytes}; this is not a safetensors file or it is "
                    + "damaged."
            );
        if (length > (ulong)(fileLength - PrefixBytes))
            throw new WeightException(
                $"{file}: the header claims {length} bytes, but only {fileLength - PrefixBytes} follow; the file is truncated or damaged."
            );
        return (int)length;
    }

    /// <summary>Parses and checks the header.</summary>
    /// <param name="image">The file from its first byte; needs to hold no more than the header.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <param name="file">For messages.</param>
    /// <exception cref="WeightException">Anything that the class promises does not hold; names file and tensor, expected and
    /// found.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> image, long fileLength, string file)
    {
        int jsonLength = JsonLength(image, fileLength, file);
        long dataStart = PrefixBytes + jsonLength;
        var reader = new HeaderJson(file);
        reader.Read(image.Slice(PrefixBytes, jsonLength));
        CheckCoverage(reader.Tensors.Values, fileLength - dataStart, file);
        return new SafetensorsHeader(reader.Tensors, reader.Metadata, dataStart);
    }

    /// <summary>Tensors in order of their place must touch without gap or overlap from the first byte of the data to the last.</summary>
    private static void CheckCoverage(IEnumerable<TensorInfo> tensors, long dataLength, string file)
    {
        long covered = 0;
        foreach (TensorInfo tensor in tensors.OrderBy(t => t.Offset).ThenBy(t => t.ByteLength))
        {
            if (tensor.Offset != covered)
            {
                string fault = tensor.Offset > covered ? "leaves a gap after" : "overlaps";
                throw new WeightException(
                    $"{file}: tensor '{HeaderJson.Shorten(tensor.Name)}' starts at byte {tensor.Offset} of the data and {fault} the "
                        + $"tensor before it, expected byte {covered}."
                );
            }

            // Lengths are not negative and ends fit 64 bits: the JSON's offsets were checked one by one.
            covered += tensor.ByteLength;
            if (covered > dataLength)
                throw new WeightException(
                    $"{file}: tensor '{HeaderJson.Shorten(tensor.Name)}' ends at byte {covered} of the data, but the file has only "
                        + $"{dataLength}; it is truncated or damaged."
                );
        }

        if (covered != dataLength)
            throw new WeightException(
                $"{file}: the tensors take {covered} bytes, but {dataLength} bytes of data follow the header, expected all of them to "
                    + "belong to tensors."
            );
    }
}
