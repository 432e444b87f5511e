using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>Lets a thread stand back behind all others.</summary>
internal static class LowPriority
{
    private const int OfThread = 0,
        Calling = 0,
        Nice = 10;

    /// <summary>Lowers the calling thread, for good. On Linux <see cref="Thread.Priority"/> changes nothing, while a nice value belongs to
    /// a single thread.</summary>
    public static void Take()
    {
        if (OperatingSystem.IsLinux())
            _ = Libc.SetPriority(OfThread, Calling, Nice);
        else
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
    }
}
