using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>
/// The few calls of Linux that .NET has no name for, or that have to take a name's bytes (<see cref="NativeName"/>). Errors are -1 and
/// <see cref="Marshal.GetLastPInvokeError"/>.
/// </summary>
internal static partial class Libc
{
    public const uint InModify = 0x2, InCloseWrite = 0x8, InMovedFrom = 0x40, InMovedTo = 0x80, InDelete = 0x200, InDeleteSelf = 0x400, InMoveSelf = 0x800;
    public const uint InUnmount = 0x2000, InQueueOverflow = 0x4000, InIgnored = 0x8000;
    public const uint InOnlyDirectory = 0x1000000, InIsDirectory = 0x40000000;
    public const int CloseOnExec = 0x80000;
    public const int NoSuchFile = 2, TryAgain = 11, TooManySymbolicLinks = 40;

    private const int ReadOnly = 0, NonBlocking = 0x800, SetSignal = 10, SetLease = 1024, ReadLease = 0, Unlock = 2, Urgent = 23;

    /// <summary>Not to follow links has another number on arm than on x86.</summary>
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Opens for reading without ever waiting for a pipe's writer and without following a symbolic link at the end of the path.</summary>
    public static SafeFileHandle OpenForReading(string path) => Open(NativeName.ToBytes(path), ReadOnly | NonBlocking | NoFollow | CloseOnExec);

    /// <summary>
    /// Whether somebody has the file open for writing, as far as the kernel tells: it says so for the file's owner and for root, on disks of this machine.
    /// </summary>
    public static bool HasWriter(SafeFileHandle file)
    {
        // A writer that comes in this instant makes the kernel send a signal: one that is ignored by default, not SIGIO, which ends the program.
        if (FileControl(file, SetSignal, Urgent) < 0) return false;
        if (FileControl(file, SetLease, ReadLease) < 0) return Marshal.GetLastPInvokeError() == TryAgain;
        _ = FileControl(file, SetLease, Unlock);
        return false;
    }

    /// <summary>Renames a file; its target must not exist.</summary>
    public static int Rename(string from, string to) => Rename(NativeName.ToBytes(from), NativeName.ToBytes(to));

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    public static partial SafeFileHandle NotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int NotifyAdd(SafeFileHandle notify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    public static partial int NotifyRemove(SafeFileHandle notify, int watch);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint count);

    /// <summary>Fills the 256 bytes of a <c>struct statx</c>, which are the same on every architecture.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int StatX(int folder, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> result);

    /// <summary>As <see cref="StatX(int, ReadOnlySpan{byte}, int, uint, Span{byte})"/> for an open file, with an empty path.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int StatX(SafeFileHandle file, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> result);

    /// <summary>Fills a <c>struct statfs</c>: its first eight bytes are the file system's type on 64-bit machines.</summary>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true)]
    public static partial int StatFs(ReadOnlySpan<byte> path, Span<byte> result);

    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true)]
    public static partial nint OpenFolder(ReadOnlySpan<byte> path);

    /// <summary>The next <c>struct dirent</c>; 0 at the end, and on an error, which leaves its number behind.</summary>
    [LibraryImport("libc", EntryPoint = "readdir64", SetLastError = true)]
    public static partial nint ReadFolder(nint folder);

    [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseFolder(nint folder);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    private static partial SafeFileHandle Open(ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
    private static partial int Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);
}
