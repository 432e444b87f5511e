namespace ClipFusion.Native;

/// <summary>
/// Copies of several banks in one GPU's memory, and the same exact search there: rows and similarities are those of
/// <see cref="NativeBank.Search"/> to the last bit. All members may be called from several threads at once; searches of one set run one
/// after the other on the GPU. It works in the GPU's primary context, as everything made with the CUDA runtime does.
/// </summary>
public sealed unsafe class DeviceBankSet : IDisposable
{
    /// <summary>Queries that one search may have at most.</summary>
    public const int MaxQueries = 1024;

    private readonly DeviceSetHandle _handle;
    private readonly int[] _dimensions;

    private DeviceBankSet(ulong handle, int[] dimensions) => (_handle, _dimensions) = (new DeviceSetHandle(handle), dimensions);

    /// <summary>Banks in the set.</summary>
    public int Count => _dimensions.Length;

    /// <summary>Bytes of GPU memory held now; the first searches add to them.</summary>
    public long Bytes
    {
        get
        {
            ulong bytes;
            ulong* target = &bytes;
            Call(set => NativeMethods.SetBytes(set, target));
            return (long)bytes;
        }
    }

    /// <summary>Copies banks, as they are now, to a GPU: 6 bytes a value. A bank that changes later is not copied again; the banks may be
    /// disposed.</summary>
    /// <param name="device">The GPU, counted from 0 as CUDA does.</param>
    /// <param name="banks">1 to 1,024 banks; queries name them by their place here.</param>
    /// <exception cref="NotSupportedException">The GPU can't be used (<see cref="NativeRuntime.ProbeDevice"/>).</exception>
    /// <exception cref="NativeException">The GPU has too little memory, or failed.</exception>
    public static DeviceBankSet Create(int device, params IReadOnlyList<NativeBank> banks)
    {
        ArgumentNullException.ThrowIfNull(banks);
        NativeRuntime.Require();
        ulong[] handles = new ulong[banks.Count];
        ulong set = 0;
        NativeRuntime.Check(Hold(0));
        return new DeviceBankSet(set, [.. banks.Select(b => b.Dimension)]);

        // Every bank is held until all are copied.
        NativeStatus Hold(int next) =>
            next == handles.Length
                ? Make()
                : banks[next]
                    .Status(bank =>
                    {
                        handles[next] = bank;
                        return Hold(next + 1);
                    });

        NativeStatus Make()
        {
            ulong made;
            fixed (ulong* all = handles)
            {
                NativeStatus status = NativeMethods.CreateSet(device, all, (uint)handles.Length, &made);
                set = status == NativeStatus.Ok ? made : 0;
                return status;
            }
        }
    }

    /// <summary>Enqueues a search and returns; all banks are searched by the same launches.</summary>
    /// <param name="queries">At most <see cref="MaxQueries"/>; several may name the same bank. Their memory must live until the stream has
    /// come to there.</param>
    /// <param name="stream">A CUstream or cudaStream_t of the same GPU; 0 is the default stream.</param>
    /// <exception cref="ArgumentException">A bank that the set does not have, a null pointer, an unknown image.</exception>
    /// <exception cref="InvalidOperationException">A bank has no row to search.</exception>
    /// <exception cref="NativeException">The GPU failed.</exception>
    public void Search(ReadOnlySpan<DeviceQuery> queries, nint stream)
    {
        NativeDeviceQuery[] all = Translate(queries);
        fixed (NativeDeviceQuery* first = all)
        {
            NativeDeviceQuery* request = first;
            Call(set => NativeMethods.SearchSet(set, request, (uint)all.Length, (void*)stream));
        }
    }

    /// <summary>
    /// The same for queries in the GPU's memory whose results go to this process's memory, which the caller keeps in place; on the default
    /// stream, and waits. What made the queries must be done. A bad query is an error.
    /// </summary>
    /// <exception cref="ArgumentException">As for <see cref="Search"/>, or a query is zero, NaN or infinite.</exception>
    /// <inheritdoc cref="Search"/>
    public void SearchDown(ReadOnlySpan<DeviceQuery> queries)
    {
        NativeDeviceQuery[] all = Translate(queries);
        fixed (NativeDeviceQuery* first = all)
        {
            NativeDeviceQuery* request = first;
            Call(set => NativeMethods.SearchSetDown(set, request, (uint)all.Length));
        }
    }

    /// <summary>The same with all pointers into this process's memory, which the caller keeps in place: copies to the GPU and back, and
    /// waits. A bad query is an error.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Search"/>, or a query is zero, NaN or infinite.</exception>
    /// <inheritdoc cref="Search"/>
    public void SearchFromHost(ReadOnlySpan<DeviceQuery> queries)
    {
        NativeDeviceQuery[] all = Translate(queries);
        fixed (NativeDeviceQuery* first = all)
        {
            NativeDeviceQuery* request = first;
            Call(set => NativeMethods.SearchSetFromHost(set, request, (uint)all.Length));
        }
    }

    /// <summary>Waits for searches under way and gives the memory back.</summary>
    public void Dispose() => _handle.Dispose();

    private NativeDeviceQuery[] Translate(ReadOnlySpan<DeviceQuery> queries)
    {
        var all = new NativeDeviceQuery[queries.Length];
        for (int i = 0; i < all.Length; i++)
        {
            DeviceQuery query = queries[i];
            if ((uint)query.Bank >= (uint)Count)
                throw new ArgumentException($"Query {i} is for bank {query.Bank}; the set has {Count}, counted from 0.", nameof(queries));
            if (query.Count < 0 || query.Exclude < 0)
                throw new ArgumentException(
                    $"Query {i} has count {query.Count} and leaves out image {query.Exclude}; neither may be negative.",
                    nameof(queries)
                );
            all[i] = new NativeDeviceQuery
            {
                StructSize = (uint)sizeof(NativeDeviceQuery),
                Bank = (uint)query.Bank,
                Format = query.IsHalf ? 1 : 0,
                ExcludeImage = query.Exclude ?? -1,
                Queries = (void*)query.Queries,
                QueryValues = (ulong)query.Count * (ulong)_dimensions[query.Bank],
                QueryCount = (ulong)query.Count,
                Similarity = (float*)query.Similarities,
                Row = (long*)query.Nearest,
            };
        }

        return all;
    }

    /// <summary>Holds the handle while the native code runs: disposing it meanwhile waits for that.</summary>
    private void Call(Func<ulong, NativeStatus> function)
    {
        bool held = false;
        try
        {
            _handle.DangerousAddRef(ref held);
            NativeRuntime.Check(function(_handle.Value));
        }
        finally
        {
            if (held)
                _handle.DangerousRelease();
        }
    }
}
