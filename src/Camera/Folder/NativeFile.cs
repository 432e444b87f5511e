using System.Runtime.InteropServices;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>What tells whether a name still means the file that was looked at.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Written">Time of its last change, UTC, as its file system keeps it.</param>
/// <param name="Inode">Its number in its file system.</param>
internal readonly record struct FileVersion(long Length, DateTime Written, ulong Inode)
{
    /// <summary>The version that a status tells.</summary>
    public static FileVersion Of(FileStatus status) => new(status.Length, status.Written, status.Identity.Inode);
}

/// <summary>Files by names that are bytes, see <see cref="NativeName"/>. Links are never followed.</summary>
internal static class NativeFile
{
    private const int SetSignal = 10,
        SetLease = 1024,
        ReadLease = 0,
        Unlock = 2,
        Urgent = 23;

    /// <summary>
    /// The status of a path, of the link itself where it is one; null when nothing is there, or nothing can be told of it.
    /// </summary>
    public static FileStatus? StatusOf(string path) => FileStatus.Of(NativeName.ToBytes(path), followLinks: false);

    /// <summary>The status of an open file.</summary>
    /// <exception cref="IOException">Its disk or share fails.</exception>
    public static FileStatus StatusOf(SafeFileHandle file) =>
        FileStatus.Of(file) ?? throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    /// <summary>
    /// Where a folder lies now, links followed: another mount or folder under its path is another. Null when there is none.
    /// </summary>
    public static FileIdentity? PlaceOf(string folder) =>
        FileStatus.Of(NativeName.ToBytes(folder)) is { Kind: FileKind.Folder } it ? it.Identity : null;

    /// <summary>
    /// Opens for reading without ever waiting for a pipe's writer and without following a symbolic link at the end of the path.
    /// </summary>
    public static SafeFileHandle OpenForReading(string path) =>
        Libc.Open(NativeName.ToBytes(path), Libc.ReadOnly | Libc.NonBlocking | Libc.NoFollow | Libc.CloseOnExec);

    /// <summary>
    /// Whether somebody has the file open for writing, as far as the kernel tells: it says so for the file's owner and for root, on disks
    /// of this machine.
    /// </summary>
    public static bool HasWriter(SafeFileHandle file)
    {
        // A writer that comes in this instant makes the kernel send a signal: one that is ignored by default, not SIGIO, which ends the
        // program.
        if (Libc.FileControl(file, SetSignal, Urgent) < 0)
            return false;
        if (Libc.FileControl(file, SetLease, ReadLease) < 0)
            return Marshal.GetLastPInvokeError() == Libc.TryAgain;
        _ = Libc.FileControl(file, SetLease, Unlock);
        return false;
    }

    /// <summary>Renames a file; its target must not exist.</summary>
    /// <returns>0, or -1 as <see cref="Libc"/>'s calls.</returns>
    public static int Rename(string from, string to) => Libc.Rename(NativeName.ToBytes(from), NativeName.ToBytes(to));
}
