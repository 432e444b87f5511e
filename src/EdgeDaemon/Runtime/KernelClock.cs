using System.Buffers.Binary;
using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>What the kernel knows of the wall clock: a time service (chrony, systemd-timesyncd, PTP) tells it, and setting the clock by
/// hand takes it back.</summary>
internal static class KernelClock
{
    // struct timex on 64-bit Linux: int modes, four longs, then int status.
    private const int StructBytes = 208,
        StatusOffset = 40;
    private const int StatusUnsynchronised = 0x40,
        TimeError = 5;

    /// <summary>Asks the kernel; changes nothing.</summary>
    /// <returns>Whether the clock is synchronised; null where that can't be asked.</returns>
    public static bool? IsSynchronised()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return null;
        // Zero modes: only read. Room to spare for fields that a newer kernel may add.
        Span<byte> timex = stackalloc byte[2 * StructBytes];
        timex.Clear();
        int state = Libc.AdjustTime(timex);
        if (state < 0)
            return null;
        int status = BinaryPrimitives.ReadInt32LittleEndian(timex[StatusOffset..]);
        return state != TimeError && (status & StatusUnsynchronised) == 0;
    }
}
