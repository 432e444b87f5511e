using System.Runtime.InteropServices;

namespace ClipFusion.Models.Download;

/// <summary>File changes that survive a power cut: contents first, then the name, then the folder.</summary>
internal static partial class DurableFile
{
    /// <summary>Puts a text in place as a whole or not at all.</summary>
    public static void WriteAllText(string path, string text)
    {
        string temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        MoveIntoPlace(temporary, path);
    }

    /// <summary>Renames a file whose contents are already on the disk, replacing what has the name.</summary>
    public static void MoveIntoPlace(string source, string destination)
    {
        File.Move(source, destination, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(destination))!);
    }

    // .NET does not open folders, so the rename is made durable through libc. A file system that can't sync a folder is no error: the rename itself was done.
    private static void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux()) return;
        const int readOnly = 0;
        int descriptor = Open(directory, readOnly);
        if (descriptor < 0) return;
        _ = FSync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
