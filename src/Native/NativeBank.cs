using System.Runtime.InteropServices;
using System.Text;

namespace ClipFusion.Native;

/// <summary>
/// A bank of unit vectors in native memory, and the exact search for the nearest of them by cosine. All members may be called from several
/// threads at once; a search works on the bank as it was when it began.
/// </summary>
public sealed unsafe class NativeBank : IDisposable
{
    /// <summary>Threads that one search may have at most.</summary>
    public const int MaxThreads = 256;

    private const int Float32 = 0,
        Float16 = 1;
    private readonly BankHandle _handle;

    private NativeBank(ulong handle)
    {
        _handle = new BankHandle(handle);
        NativeBankInfo info = Info;
        Dimension = info.Dimension;
        _handle.Weigh(info.Bytes);
    }

    /// <summary>Length of a vector.</summary>
    public int Dimension { get; }

    /// <summary>What the bank holds now.</summary>
    public NativeBankInfo Info
    {
        get
        {
            var info = new NativeInfo { StructSize = (uint)sizeof(NativeInfo) };
            NativeInfo* target = &info;
            Call(bank => NativeMethods.Info(bank, target));
            string kernel = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(info.Kernel));
            return new NativeBankInfo((int)info.Dimension, (long)info.Rows, (int)info.Images, (long)info.Bytes, kernel);
        }
    }

    /// <summary>Makes an empty bank.</summary>
    /// <param name="dimension">Length of a vector, 1 to 65,536.</param>
    /// <param name="kernel">One of <see cref="NativeRuntime.Kernels"/>, or null for the best (or for what CLIPFUSION_KERNEL in the
    /// environment says).</param>
    /// <exception cref="NotSupportedException">The library is not available, or the processor lacks the kernel.</exception>
    public static NativeBank Create(int dimension, string? kernel = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        NativeRuntime.Require();
        ulong bank;
        NativeRuntime.Check(NativeMethods.Create((uint)dimension, kernel, &bank));
        return new NativeBank(bank);
    }

    /// <summary>Maps a saved bank into memory after checking all of it.</summary>
    /// <exception cref="InvalidDataException">Not a bank file, one of another version, or one that is cut off or damaged.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static NativeBank Load(string path, string? kernel = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        NativeRuntime.Require();
        ulong bank;
        NativeRuntime.Check(NativeMethods.Load(path, kernel, &bank));
        return new NativeBank(bank);
    }

    /// <summary>Appends the rows of one reference image, each scaled to length 1; all or nothing.</summary>
    /// <param name="rows">Rows x <see cref="Dimension"/>, row-major; copied.</param>
    /// <param name="ignored">True where a row is neither looked at nor taken, one entry a row; empty = all rows are taken.</param>
    /// <returns>The image's id: 0, 1, 2 ... in order of appending.</returns>
    /// <exception cref="ArgumentException">Lengths don't fit, or a row is zero, NaN or infinite (its number is named).</exception>
    public int Append(ReadOnlySpan<float> rows, ReadOnlySpan<bool> ignored = default) =>
        Append(MemoryMarshal.AsBytes(rows), Float32, rows.Length, ignored);

    /// <inheritdoc cref="Append(ReadOnlySpan{float}, ReadOnlySpan{bool})"/>
    public int Append(ReadOnlySpan<Half> rows, ReadOnlySpan<bool> ignored = default) =>
        Append(MemoryMarshal.AsBytes(rows), Float16, rows.Length, ignored);

    /// <summary>Removes one image's rows; rows after them move down in number.</summary>
    public void Remove(int image)
    {
        Call(bank => NativeMethods.RemoveImage(bank, image));
        _handle.Weigh(Info.Bytes);
    }

    /// <summary>Puts another bank's rows in the place of this one's, in one step; the other bank keeps them too.</summary>
    public void Replace(NativeBank with)
    {
        ArgumentNullException.ThrowIfNull(with);
        with.Call(other => Status(bank => NativeMethods.Replace(bank, other)));
        _handle.Weigh(Info.Bytes);
    }

    /// <summary>Writes the bank to a file that appears under its name complete or not at all.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Call(bank => NativeMethods.Save(bank, path));
    }

    /// <summary>For every query the cosine with its nearest row: the float64 value, rounded once.</summary>
    /// <param name="queries">Rows x <see cref="Dimension"/>, row-major, of any length but zero.</param>
    /// <param name="similarities">Receives one cosine a query.</param>
    /// <param name="nearest">Receives the nearest row's number, ignored rows not counted (of equally near ones the lowest), or
    /// empty.</param>
    /// <param name="exclude">Id of an image whose rows are left out, or null.</param>
    /// <param name="threads">At most this many, the caller's included.</param>
    /// <param name="cancellation">Ends the search early; the destinations are then undefined.</param>
    /// <exception cref="ArgumentException">Lengths don't fit, or a query is zero, NaN or infinite.</exception>
    /// <exception cref="InvalidOperationException">There is no row to search.</exception>
    public void Search(
        ReadOnlySpan<float> queries,
        Span<float> similarities,
        Span<long> nearest = default,
        int? exclude = null,
        int threads = 1,
        CancellationToken cancellation = default
    )
    {
        int count = queries.Length / Dimension;
        if (exclude is { } image)
            ArgumentOutOfRangeException.ThrowIfNegative(image, nameof(exclude));
        RequireRoom(count, similarities.Length, nearest.Length);
        cancellation.ThrowIfCancellationRequested();

        // On the stack: the registration ends, and with it every use of the flag, before this method does.
        int cancel = 0;
        int* flag = &cancel;
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static f => Volatile.Write(ref *(int*)(nint)f!, 1),
            (nint)flag
        );
        fixed (
            float* query = queries,
                similarity = similarities
        )
        fixed (long* row = nearest)
        {
            var search = new NativeSearch
            {
                StructSize = (uint)sizeof(NativeSearch),
                Format = Float32,
                Queries = query,
                QueryValues = (ulong)queries.Length,
                QueryCount = (ulong)count,
                ExcludeImage = exclude ?? -1,
                Threads = threads,
                Cancel = flag,
                Similarity = similarity,
                Row = row,
            };
            NativeSearch* request = &search;
            NativeRuntime.Check(Status(bank => NativeMethods.Search(bank, request)), cancellation);
        }
    }

    /// <summary>
    /// Chooses the rows that stand best for all, by greedy k-centre: one row, and then again and again the row farthest from those chosen,
    /// of equal ones the lowest. The same on every machine and with any number of threads; time grows with rows chosen x rows x dimension.
    /// </summary>
    /// <param name="chosen">Receives the rows' numbers in the order of their choice; its length, 1 to the bank's rows, says how
    /// many.</param>
    /// <param name="radii">Receives, for the rows chosen so far, the largest (1 - cosine) / 2 of any row with the nearest chosen one; or
    /// empty.</param>
    /// <param name="seed">Decides on the first row.</param>
    /// <param name="threads">At most this many, the caller's included.</param>
    /// <param name="cancellation">Ends the choice early; the destinations are then undefined.</param>
    /// <exception cref="ArgumentException">More rows are asked for than there are, or lengths don't fit.</exception>
    public void ChooseCoreset(
        Span<long> chosen,
        Span<float> radii = default,
        ulong seed = 0,
        int threads = 1,
        CancellationToken cancellation = default
    )
    {
        if (!radii.IsEmpty && radii.Length != chosen.Length)
            throw new ArgumentException(
                $"{chosen.Length} rows need {chosen.Length} radii or none, but there is room for {radii.Length}.",
                nameof(radii)
            );
        cancellation.ThrowIfCancellationRequested();
        int cancel = 0;
        int* flag = &cancel;
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static f => Volatile.Write(ref *(int*)(nint)f!, 1),
            (nint)flag
        );
        fixed (long* row = chosen)
        fixed (float* radius = radii)
        {
            var coreset = new NativeCoreset
            {
                StructSize = (uint)sizeof(NativeCoreset),
                Threads = threads,
                Count = (ulong)chosen.Length,
                Seed = seed,
                Cancel = flag,
                Row = row,
                Radius = radius,
            };
            NativeCoreset* request = &coreset;
            NativeRuntime.Check(Status(bank => NativeMethods.Coreset(bank, request)), cancellation);
        }
    }

    /// <summary>Ends the bank; searches under way come to their end first.</summary>
    public void Dispose() => _handle.Dispose();

    private static void RequireRoom(int count, int similarities, int nearest)
    {
        if (similarities != count)
            throw new ArgumentException(
                $"{count} queries need {count} similarities, but there is room for {similarities}.",
                nameof(similarities)
            );
        if (nearest != 0 && nearest != count)
            throw new ArgumentException(
                $"{count} queries need {count} row numbers or none, but there is room for {nearest}.",
                nameof(nearest)
            );
    }

    private int Append(ReadOnlySpan<byte> rows, int format, int values, ReadOnlySpan<bool> ignored)
    {
        int count = values / Dimension,
            image;
        if (!ignored.IsEmpty && ignored.Length != count)
            throw new ArgumentException($"{count} rows need {count} marks or none, but there are {ignored.Length}.", nameof(ignored));
        fixed (byte* row = rows)
        fixed (bool* mark = ignored)
        {
            (nint r, nint m, nint i) = ((nint)row, (nint)mark, (nint)(&image));
            Call(bank => NativeMethods.Append(bank, format, (void*)r, (ulong)values, (ulong)count, (byte*)m, (int*)i));
        }

        _handle.Weigh(Info.Bytes);
        return image;
    }

    private void Call(Func<ulong, NativeStatus> function) => NativeRuntime.Check(Status(function));

    /// <summary>Holds the handle while the native code runs: disposing it meanwhile waits for that.</summary>
    internal NativeStatus Status(Func<ulong, NativeStatus> function)
    {
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            return function(_handle.Value);
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }
}

/// <summary>What a bank holds at one moment.</summary>
/// <param name="Dimension">Length of a vector.</param>
/// <param name="Rows">Rows, ignored ones not counted.</param>
/// <param name="Images">Reference images, with those without rows.</param>
/// <param name="Bytes">Native memory held.</param>
/// <param name="Kernel">The kernel that searches it, such as "avx2".</param>
public sealed record NativeBankInfo(int Dimension, long Rows, int Images, long Bytes, string Kernel);
