using System.Runtime.InteropServices;

namespace ClipFusion.Native;

/// <summary>Owns one native bank. The handle is a number from the library's table, 64 bits wide as an IntPtr is on all processors
/// served.</summary>
internal sealed class BankHandle : SafeHandle
{
    private long _pressure;

    public BankHandle(ulong value)
        : base(0, ownsHandle: true) => SetHandle((nint)value);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The number for the ABI; valid while the caller holds a reference (<see cref="SafeHandle.DangerousAddRef"/>).</summary>
    public ulong Value => (ulong)handle;

    /// <summary>Tells the garbage collector how much memory hangs on this object, so that forgotten banks go in time.</summary>
    public void Weigh(long bytes)
    {
        long added = bytes - Interlocked.Exchange(ref _pressure, bytes);
        if (added > 0)
            GC.AddMemoryPressure(added);
        if (added < 0)
            GC.RemoveMemoryPressure(-added);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Weigh(0);
        return NativeMethods.Destroy((ulong)handle) == NativeStatus.Ok;
    }
}
