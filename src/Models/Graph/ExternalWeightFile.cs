using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ClipFusion.Models.Graph;

/// <summary>
/// The external-data file of one network: raw little-endian tensors one after another, written once each and referred to by every graph
/// of that network. Large tensors start on a page, so that a runtime can map them without a copy.
/// </summary>
public sealed class ExternalWeightFile : IDisposable
{
    private const int PageSize = 4096;
    private const int SmallAlignment = 64;
    private const int ChunkElements = 1 << 18;

    private readonly FileStream? _file;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<string, ExternalTensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Creates (or replaces) the file.</summary>
    /// <param name="path">Where the weights go; graphs refer to the file by its name alone, so they must lie beside it.</param>
    /// <param name="cancellation">Checked before each tensor: one graph can bring gigabytes of them.</param>
    public ExternalWeightFile(string path, CancellationToken cancellation = default)
    {
        _cancellation = cancellation;
        FileName = Path.GetFileName(path);
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
    }

    private ExternalWeightFile() => FileName = "discarded";

    /// <summary>File name without folder, as graphs refer to it.</summary>
    public string FileName { get; }

    /// <summary>A file that is never written: for finding out which tensors a network asks for.</summary>
    internal static ExternalWeightFile Discarding() => new();

    /// <summary>Writes a tensor under <paramref name="key"/>, or returns the one already there.</summary>
    /// <param name="key">Identifies the content: the published tensor's name and what was done to it.</param>
    /// <param name="type"><see cref="ElementType.Float32"/> or <see cref="ElementType.Float16"/>.</param>
    /// <param name="shape">Fixed lengths, outermost first.</param>
    /// <param name="read">Gives all elements in row-major order; called only when the tensor is not there yet.</param>
    /// <exception cref="GraphException">The same key was used with another type or shape, or a value overflows float16.</exception>
    /// <exception cref="OperationCanceledException">Writing was stopped.</exception>
    public ExternalTensor Add(string key, ElementType type, IReadOnlyList<long> shape, Func<float[]> read)
    {
        if (_tensors.TryGetValue(key, out ExternalTensor? known))
        {
            if (known.Type != type || !known.Shape.SequenceEqual(shape))
                throw new GraphException(
                    $"{FileName}: weight '{key}' was written as {known.Type}[{string.Join(", ", known.Shape)}] and is asked for as "
                        + $"{type}[{string.Join(", ", shape)}]"
                );
            return known;
        }

        if (_file is null)
            return _tensors[key] = new ExternalTensor(FileName, key, type, [.. shape], 0, 0);
        _cancellation.ThrowIfCancellationRequested();
        float[] values = read();
        long count = shape.Aggregate(1L, (a, b) => checked(a * b));
        if (values.LongLength != count)
            throw new GraphException(
                $"{FileName}: weight '{key}' has {values.LongLength} elements, shape [{string.Join(", ", shape)}] wants {count}"
            );

        if (!float.IsFinite(TensorPrimitives.MaxMagnitude<float>(values)))
            throw new GraphException($"{FileName}: weight '{key}' holds NaN or infinity; the published file is damaged");

        long length = count * (type == ElementType.Float16 ? 2 : 4);
        Align(_file, length >= PageSize * 16 ? PageSize : SmallAlignment);
        long offset = _file.Position;
        if (type == ElementType.Float16)
            WriteHalf(_file, key, values);
        else
            _file.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        var tensor = new ExternalTensor(FileName, key, type, [.. shape], offset, length);
        _tensors.Add(key, tensor);
        return tensor;
    }

    /// <summary>Hands everything that was written over to the system, so that a runtime may read it.</summary>
    public void Flush() => _file?.Flush();

    /// <summary>Flushes to the disk and closes the file.</summary>
    public void Dispose()
    {
        if (_file is null)
            return;
        if (_file.CanWrite)
            _file.Flush(flushToDisk: true);
        _file.Dispose();
    }

    private static void Align(FileStream file, int alignment)
    {
        int gap = (int)(-file.Position & (alignment - 1));
        Span<byte> zeros = stackalloc byte[gap];
        zeros.Clear();
        file.Write(zeros);
    }

    private void WriteHalf(FileStream file, string key, float[] values)
    {
        Half[] chunk = ArrayPool<Half>.Shared.Rent(ChunkElements);
        for (int start = 0; start < values.Length; start += ChunkElements)
        {
            int n = Math.Min(ChunkElements, values.Length - start);
            ReadOnlySpan<float> source = values.AsSpan(start, n);
            float peak = TensorPrimitives.MaxMagnitude(source);
            if (!(Math.Abs(peak) <= (float)Half.MaxValue))
                throw new GraphException(
                    $"{FileName}: weight '{key}' holds {peak}: float16 ends at {Half.MaxValue}; build this pack with float32"
                );
            TensorPrimitives.ConvertToHalf(source, chunk);
            file.Write(MemoryMarshal.AsBytes(chunk.AsSpan(0, n)));
        }

        ArrayPool<Half>.Shared.Return(chunk);
    }
}

/// <summary>Where one tensor lies in an external-data file.</summary>
/// <param name="FileName">Name of the file, without a folder.</param>
/// <param name="Key">Its name in every graph.</param>
/// <param name="Type">Element type as stored.</param>
/// <param name="Shape">Fixed lengths, outermost first.</param>
/// <param name="Offset">First byte, 64-aligned (4,096-aligned from 64 KiB on).</param>
/// <param name="Length">Bytes.</param>
public sealed record ExternalTensor(string FileName, string Key, ElementType Type, IReadOnlyList<long> Shape, long Offset, long Length);
