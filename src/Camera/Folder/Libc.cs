using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>The few calls of Linux that .NET has no name for. Errors are -1 and <see cref="Marshal.GetLastPInvokeError"/>.</summary>
internal static partial class Libc
{
    public const uint InCloseWrite = 0x8, InMovedTo = 0x80, InDeleteSelf = 0x400, InMoveSelf = 0x800;
    public const uint InUnmount = 0x2000, InQueueOverflow = 0x4000, InIgnored = 0x8000;
    public const uint InOnlyDirectory = 0x1000000, InIsDirectory = 0x40000000;
    public const int CloseOnExec = 0x80000;
    public const int TooManySymbolicLinks = 40;

    private const int ReadOnly = 0, NonBlocking = 0x800;

    /// <summary>Not to follow links has another number on arm than on x86.</summary>
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Opens for reading without ever waiting for a pipe's writer and without following a symbolic link at the end of the path.</summary>
    public static SafeFileHandle OpenForReading(string path) => Open(path, ReadOnly | NonBlocking | NoFollow | CloseOnExec);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    public static partial SafeFileHandle NotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int NotifyAdd(SafeFileHandle notify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    public static partial int NotifyRemove(SafeFileHandle notify, int watch);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint count);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
