using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Models.Weights;

/// <summary>
/// One safetensors file, memory-mapped: opening reads the header only, tensors are paged in as they are read. Nothing in the file is
/// trusted; see <see cref="SafetensorsHeader"/> for what a successful open guarantees. Safe to read from several threads. Spans from
/// <see cref="Bytes"/> are valid until <see cref="Dispose"/>, which must not run beside a read. The file must not shrink while it is open:
/// the operating system ends a process (SIGBUS) that reads a mapped page behind the end of its file. Replacing a file by renaming another
/// over it is safe.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private byte* _start;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, long length)
    {
        Path = path;
        _map = map;
        _view = view;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        try
        {
            int headerBytes = (int)Math.Min(length, SafetensorsHeader.PrefixBytes + SafetensorsHeader.MaxJsonBytes);
            _header = SafetensorsHeader.Parse(new ReadOnlySpan<byte>(_start, headerBytes), length, path);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>The path as given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>What the file holds, by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _header.Tensors;

    /// <summary>The file's <c>__metadata__</c>, empty if it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file; it is shared for reading.</param>
    /// <exception cref="WeightException">Missing, unreadable, truncated, or not a safetensors file; names file, tensor, expected and
    /// found.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream? stream = null;
        MemoryMappedFile? map = null;
        try
        {
            stream = RegularFile.OpenStream(path);
            long length = stream.Length;
            // An empty file can't be mapped, and one this short has no header.
            if (length < SafetensorsHeader.PrefixBytes)
                SafetensorsHeader.JsonLength([], length, path);
            map = MemoryMappedFile.CreateFromFile(
                stream,
                mapName: null,
                0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: false
            );
            return new SafetensorsFile(path, map, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
        }
        catch (Exception e)
        {
            map?.Dispose();
            stream?.Dispose();
            if (e is IOException or UnauthorizedAccessException or NotSupportedException)
                throw new WeightException($"{path}: cannot be read: {e.Message}", e);
            throw;
        }
    }

    /// <summary>A tensor's stored bytes, without a copy.</summary>
    /// <param name="name">The tensor.</param>
    /// <returns>Row-major, little-endian, of any alignment; valid until <see cref="Dispose"/>.</returns>
    /// <exception cref="WeightException">Absent, or longer than a span can be (2 GiB): read such a tensor in pieces.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        TensorInfo tensor = Find(name);
        if (tensor.ByteLength > int.MaxValue)
            throw Fault(tensor, $"has {tensor.ByteLength} bytes, expected at most {int.MaxValue} to be read at once");
        return Slice(tensor, 0, (int)tensor.ByteLength);
    }

    /// <summary>A whole float tensor, widened to single precision.</summary>
    /// <param name="name">The tensor; F16, BF16 or F32.</param>
    /// <returns>Row-major, owned by the caller.</returns>
    /// <exception cref="WeightException">Absent, of another type, or longer than an array can be.</exception>
    public float[] ReadFloats(string name)
    {
        float[] values = new float[ArrayLength(Find(name))];
        ReadFloats(name, 0, values);
        return values;
    }

    /// <summary>Consecutive elements of a float tensor in row-major order, widened to single precision.</summary>
    /// <param name="name">The tensor; F16, BF16 or F32.</param>
    /// <param name="start">First element.</param>
    /// <param name="destination">Receives as many elements as it is long.</param>
    /// <exception cref="WeightException">Absent or of another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the tensor.</exception>
    public void ReadFloats(string name, long start, Span<float> destination)
    {
        TensorInfo tensor = Find(name);
        if (!TensorTypes.IsFloat(tensor.Type))
            throw Fault(tensor, $"has type {tensor.StoredType}, expected F32, F16 or BF16");
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, tensor.Count - destination.Length);

        int size = TensorTypes.ElementSize(tensor.Type);
        const int Piece = 1 << 20;
        for (int done = 0; done < destination.Length; done += Piece)
        {
            Span<float> part = destination[done..Math.Min(done + Piece, destination.Length)];
            Widening.ToSingle(tensor.Type, Slice(tensor, (start + done) * size, part.Length * size), part);
        }
    }

    /// <summary>A whole tensor of integers.</summary>
    /// <param name="name">The tensor; I64.</param>
    /// <returns>Row-major, owned by the caller.</returns>
    /// <exception cref="WeightException">Absent, of another type, or longer than an array can be.</exception>
    public long[] ReadInt64(string name)
    {
        TensorInfo tensor = Find(name);
        if (tensor.Type != TensorType.Int64)
            throw Fault(tensor, $"has type {tensor.StoredType}, expected I64");
        long[] values = new long[ArrayLength(tensor)];
        Bytes(name).CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Unmaps the file; spans that were given out become invalid.</summary>
    public void Dispose()
    {
        if (_start is not null)
            Release();
    }

    private void Release()
    {
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private ReadOnlySpan<byte> Slice(TensorInfo tensor, long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new ReadOnlySpan<byte>(_start + _header.DataStart + tensor.Offset + offset, length);
    }

    private int ArrayLength(TensorInfo tensor) =>
        tensor.Count <= Array.MaxLength
            ? (int)tensor.Count
            : throw Fault(tensor, $"has {tensor.Count} elements, expected at most {Array.MaxLength} to be read at once");

    private TensorInfo Find(string name) =>
        Tensors.TryGetValue(name, out TensorInfo? tensor) ? tensor : throw new WeightException($"{Path}: tensor '{name}' is missing.");

    private WeightException Fault(TensorInfo tensor, string what) => new($"{Path}: tensor '{tensor.Name}' {what}.");
}
