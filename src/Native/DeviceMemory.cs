namespace ClipFusion.Native;

/// <summary>
/// Copies to, from and within a GPU's memory that somebody else allocated in its primary context, as ONNX Runtime and everything made with
/// the CUDA runtime does. Needs the driver, but not the kernels of <see cref="DeviceBankSet"/>. All members are done when they return,
/// whatever stream reads the bytes next, and may be called from several threads at once.
/// </summary>
public static unsafe class DeviceMemory
{
    /// <summary>Copies bytes to a GPU.</summary>
    /// <param name="device">The GPU, counted from 0 as CUDA does.</param>
    /// <param name="to">An address of the GPU with room for all of <paramref name="from"/>.</param>
    /// <param name="from">The bytes.</param>
    /// <exception cref="ArgumentException">The address is 0.</exception>
    /// <exception cref="NotSupportedException">There is no native library, no driver or no such GPU.</exception>
    /// <exception cref="NativeException">The GPU failed.</exception>
    public static void Upload(int device, nint to, ReadOnlySpan<byte> from)
    {
        NativeRuntime.Require();
        fixed (byte* first = from)
            NativeRuntime.Check(NativeMethods.Upload(device, (void*)to, first, (ulong)from.Length));
    }

    /// <summary>Copies bytes from a GPU; what made them must be done.</summary>
    /// <param name="device">The GPU, counted from 0 as CUDA does.</param>
    /// <param name="to">Receives the bytes.</param>
    /// <param name="from">An address of the GPU with as many bytes.</param>
    /// <inheritdoc cref="Upload"/>
    public static void Download(int device, Span<byte> to, nint from)
    {
        NativeRuntime.Require();
        fixed (byte* first = to)
            NativeRuntime.Check(NativeMethods.Download(device, first, (void*)from, (ulong)to.Length));
    }

    /// <summary>Copies bytes within a GPU's memory; what made them must be done.</summary>
    /// <param name="device">The GPU, counted from 0 as CUDA does.</param>
    /// <param name="to">An address of the GPU with room for <paramref name="bytes"/>.</param>
    /// <param name="from">An address of the GPU with as many bytes, which the target does not overlap.</param>
    /// <param name="bytes">How many, 0 or more.</param>
    /// <inheritdoc cref="Upload"/>
    public static void Copy(int device, nint to, nint from, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        NativeRuntime.Require();
        NativeRuntime.Check(NativeMethods.Copy(device, (void*)to, (void*)from, (ulong)bytes));
    }
}
