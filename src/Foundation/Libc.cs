using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Foundation;

/// <summary>
/// The few calls of Linux that .NET has no name for, or that have to take a name's bytes. Names are as in Linux's manual; where nothing
/// else is said, errors are -1 and <see cref="Marshal.GetLastPInvokeError"/>. Paths given as bytes end in a zero byte.
/// </summary>
public static partial class Libc
{
    /// <summary>Flags of open.</summary>
    public const int ReadOnly = 0,
        NoControllingTerminal = 0x100,
        NonBlocking = 0x800,
        CloseOnExec = 0x80000;

    /// <summary>Longest path in bytes, its zero byte included.</summary>
    public const int MaxPath = 4096;

    /// <summary>Errors.</summary>
    public const int NotPermitted = 1,
        NoSuchFile = 2,
        Interrupted = 4,
        NoSuchDeviceOrAddress = 6,
        TryAgain = 11,
        AccessDenied = 13;

    /// <inheritdoc cref="NotPermitted"/>
    public const int NotAFolder = 20,
        InvalidArgument = 22,
        ReadOnlyFileSystem = 30,
        NameTooLong = 36,
        NoSuchCall = 38,
        TooManySymbolicLinks = 40,
        NotSupported = 95;

    /// <summary>Events of inotify.</summary>
    public const uint InModify = 0x2,
        InCloseWrite = 0x8,
        InMovedFrom = 0x40,
        InMovedTo = 0x80,
        InDelete = 0x200,
        InDeleteSelf = 0x400;

    /// <inheritdoc cref="InModify"/>
    public const uint InMoveSelf = 0x800,
        InUnmount = 0x2000,
        InQueueOverflow = 0x4000,
        InIgnored = 0x8000;

    /// <inheritdoc cref="InModify"/>
    public const uint InOnlyDirectory = 0x1000000,
        InIsDirectory = 0x40000000;

    /// <summary>Flag of open: not to follow a link has another number on arm than on x86.</summary>
    public static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm
        ? 0x8000
        : 0x20000;

    /// <summary>open(2).</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial SafeFileHandle Open(string path, int flags);

    /// <summary>open(2).</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    public static partial SafeFileHandle Open(ReadOnlySpan<byte> path, int flags);

    /// <summary>fsync(2), of files and folders.</summary>
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Flush(SafeFileHandle file);

    /// <summary>read(2).</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint count);

    /// <summary>fcntl(2) with a number.</summary>
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FileControl(SafeFileHandle file, int command, nint argument);

    /// <summary>rename(2), which replaces what has the name.</summary>
    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
    public static partial int Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    /// <summary>realpath(3) into <see cref="MaxPath"/> bytes; null (0) on errors.</summary>
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint RealPath(string path, Span<byte> resolved);

    /// <summary>statfs(2): the first eight bytes are the file system's type on 64-bit machines.</summary>
    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true)]
    public static partial int StatFs(ReadOnlySpan<byte> path, Span<byte> result);

    /// <summary>opendir(3); null (0) on errors.</summary>
    [LibraryImport("libc", EntryPoint = "opendir", SetLastError = true)]
    public static partial nint OpenFolder(ReadOnlySpan<byte> path);

    /// <summary>readdir(3): the next <c>struct dirent</c>; 0 at the end, and on an error, which leaves its number behind.</summary>
    [LibraryImport("libc", EntryPoint = "readdir64", SetLastError = true)]
    public static partial nint ReadFolder(nint folder);

    /// <summary>closedir(3).</summary>
    [LibraryImport("libc", EntryPoint = "closedir", SetLastError = true)]
    public static partial int CloseFolder(nint folder);

    /// <summary>inotify_init1(2).</summary>
    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    public static partial SafeFileHandle NotifyInit(int flags);

    /// <summary>inotify_add_watch(2).</summary>
    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int NotifyAdd(SafeFileHandle notify, string path, uint mask);

    /// <summary>inotify_rm_watch(2).</summary>
    [LibraryImport("libc", EntryPoint = "inotify_rm_watch", SetLastError = true)]
    public static partial int NotifyRemove(SafeFileHandle notify, int watch);

    /// <summary>adjtimex(2) on a <c>struct timex</c>: the clock's state.</summary>
    [LibraryImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    public static partial int AdjustTime(Span<byte> timex);

    /// <summary>setpriority(2).</summary>
    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, uint who, int priority);

    /// <summary>setenv(3): the C library's environment, which .NET's own calls do not reach.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetEnvironment(string name, string value, int overwrite);

    /// <summary>statx(2) into 256 bytes, which are the same on every processor.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int StatX(int folder, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> status);

    /// <summary>statx(2) of an open file, with an empty path.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int StatX(SafeFileHandle file, ReadOnlySpan<byte> path, int flags, uint mask, Span<byte> status);

    /// <summary>Ends the process at once, without what libraries have registered for its end.</summary>
    /// <param name="code">0..255.</param>
    public static void Exit(int code) => ExitNow(code);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
