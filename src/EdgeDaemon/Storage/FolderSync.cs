using System.Runtime.InteropServices;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Makes renames durable: the folder's own entries have to reach the disk too.</summary>
internal static partial class FolderSync
{
    private const int ReadOnly = 0;

    /// <summary>Flushes a folder's entries; does nothing where folders can't be opened (not Linux).</summary>
    /// <param name="folder">The folder.</param>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux()) return;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) return;
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
