using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Foundation.Files;

/// <summary>What a change of a file has to survive.</summary>
public enum Durability
{
    /// <summary>
    /// The end of the process at any instant. A power cut may bring the old state back, or leave a file without its content.
    /// </summary>
    Process,

    /// <summary>A power cut as well: once the call has returned, the new state is what the next start finds.</summary>
    PowerCut,
}

/// <summary>
/// The one way to put a whole file in place: whoever opens the path finds the old content or the new, never a part of either.
/// </summary>
/// <remarks>
/// <para>The content is written beside the file under a name that starts with a dot and ends in <c>.tmp</c>, then renamed over what has the
/// name; a file that is replaced keeps its permissions. When anything fails up to the rename, the file is what it was and nothing is left
/// beside it; when the folder's flush fails, the new file is there, but may not survive a power cut. Only a process that is killed leaves
/// something, which <see cref="DeleteLeftOvers"/> takes away.</para>
/// <para>With <see cref="Durability.PowerCut"/> the order is: write, flush the file, rename, flush the folder. Without the first flush the
/// name could lead to nothing, without the second the old file could be back.</para>
/// <para>Not for what is appended to or written in place, such as a database or a download.</para>
/// </remarks>
public static class AtomicFile
{
    private const string TemporaryStart = ".clipfusion-",
        TemporaryEnd = ".tmp";
    private const int BufferBytes = 1 << 16;

    /// <summary>Writes a file of any size.</summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="durability">What it has to survive.</param>
    /// <param name="write">Writes the content to a new, empty file; what it throws is passed on.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static void Write(string path, Durability durability, Action<FileStream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Write(path, durability, write, static (file, write) => write(file));
    }

    /// <summary>Writes a file of any size from something that a lambda can't capture, such as a view of pixels.</summary>
    /// <inheritdoc cref="Write(string, Durability, Action{FileStream})"/>
    public static void Write<TContent>(string path, Durability durability, TContent content, Action<FileStream, TContent> write)
        where TContent : allows ref struct
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string folder = FolderOf(path),
            temporary = TemporaryIn(folder);
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferBytes))
            {
                write(file, content);
                KeepMode(path, file.SafeFileHandle);
                file.Flush(flushToDisk: durability == Durability.PowerCut);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }

        if (durability == Durability.PowerCut)
            FlushFolder(folder);
    }

    /// <summary>Writes a file of these bytes.</summary>
    /// <inheritdoc cref="Write(string, Durability, Action{FileStream})"/>
    public static void Write(string path, Durability durability, ReadOnlySpan<byte> content) =>
        Write(path, durability, content, static (file, content) => file.Write(content));

    /// <summary>Writes a file of this text as UTF-8, without a byte order mark.</summary>
    /// <inheritdoc cref="Write(string, Durability, Action{FileStream})"/>
    public static void Write(string path, Durability durability, string content) =>
        Write(path, durability, Encoding.UTF8.GetBytes(content));

    /// <summary>Gives a file that was written elsewhere its name, replacing what has it.</summary>
    /// <param name="written">A whole file in the same file system; whoever wrote it has flushed it where it has to survive a power
    /// cut.</param>
    /// <param name="path">Its name from now on.</param>
    /// <param name="durability">What the name has to survive.</param>
    /// <exception cref="IOException">It can't be renamed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be renamed.</exception>
    public static void Install(string written, string path, Durability durability)
    {
        File.Move(written, path, overwrite: true);
        if (durability == Durability.PowerCut)
            FlushFolder(FolderOf(path));
    }

    /// <summary>Deletes a file; one that is not there is no error.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="durability">What its absence has to survive.</param>
    /// <exception cref="IOException">It can't be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    public static void Delete(string path, Durability durability)
    {
        File.Delete(path);
        if (durability == Durability.PowerCut)
            FlushFolder(FolderOf(path));
    }

    /// <summary>Makes what was created, renamed and deleted in a folder survive a power cut.</summary>
    /// <param name="folder">The folder. File systems that have no such call are no error: everything else was done.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void FlushFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle handle = Libc.Open(folder, Libc.ReadOnly | Libc.CloseOnExec);
        int error = handle.IsInvalid || Libc.Flush(handle) != 0 ? Marshal.GetLastPInvokeError() : 0;
        // A folder that may be written to but not listed can't be opened, and some network shares flush no folders.
        if (error is 0 or Libc.AccessDenied or Libc.InvalidArgument or Libc.ReadOnlyFileSystem or Libc.NoSuchCall or Libc.NotSupported)
            return;
        throw new IOException($"{folder}: can't be flushed to the disk: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>
    /// A path in a folder that nobody has, for a file that is not there yet: cameras, catalogues and archives pass it over.
    /// </summary>
    public static string TemporaryIn(string folder) => Path.Combine(folder, $"{TemporaryStart}{Guid.NewGuid():N}{TemporaryEnd}");

    /// <summary>Whether a file without a folder is called as those are that are being written.</summary>
    public static bool IsTemporary(string name) =>
        name.StartsWith(TemporaryStart, StringComparison.Ordinal) && name.EndsWith(TemporaryEnd, StringComparison.Ordinal);

    /// <summary>Deletes what killed processes were writing. What can't be deleted stays: it only takes space.</summary>
    /// <param name="folder">A folder that nobody else writes to now.</param>
    /// <param name="recursive">Whether the folders below it are cleaned as well.</param>
    public static void DeleteLeftOvers(string folder, bool recursive = false)
    {
        // Folders that may not be listed are passed over, and links are not followed out of the folder.
        var all = new EnumerationOptions
        {
            IgnoreInaccessible = true,
            RecurseSubdirectories = recursive,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        foreach (string file in Directory.EnumerateFiles(folder, $"{TemporaryStart}*{TemporaryEnd}", all))
            TryDelete(file);
    }

    private static string FolderOf(string path) =>
        Path.GetDirectoryName(Path.GetFullPath(path)) ?? throw new IOException($"{path}: a folder; a file's path is expected");

    private static void KeepMode(string path, SafeFileHandle written)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(path))
            return;
        UnixFileMode mode = File.GetUnixFileMode(path);
        // Asked first: shares without permissions of their own refuse to change any.
        if (mode != File.GetUnixFileMode(written))
            File.SetUnixFileMode(written, mode);
    }

    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A left-over, which readers pass over.
        }
    }
}
