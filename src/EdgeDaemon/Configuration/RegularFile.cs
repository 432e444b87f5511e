using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>
/// Reads small files whose paths somebody configured. A path may lead to anything: opening a named pipe waits for a writer, and a
/// device may never end.
/// So the file is opened without waiting, its kind is looked at on the open file, and no more than a limit is read.
/// </summary>
internal static partial class RegularFile
{
    // Linux, the same on x86-64 and ARM64.
    private const int ReadOnly = 0, NoTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int OfTheDescriptor = 0x1000, TypeWanted = 1, ModeOffset = 28, StatxBytes = 256;
    private const int NoEntry = 2, NoDevice = 6, NoAccess = 13;
    private const int TypeMask = 0xF000, Regular = 0x8000;

    /// <summary>Reads a file from its start.</summary>
    /// <param name="path">Its path; links are followed.</param>
    /// <param name="buffer">Filled as far as the file goes; give one byte more than is allowed to notice a file that is too long.</param>
    /// <returns>How many bytes were read.</returns>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="NoRegularFileException">It is something else.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="IOException">It can't be opened or read.</exception>
    public static int Read(string path, Span<byte> buffer)
    {
        using SafeFileHandle file = Open(path);
        int length = 0;
        for (int read; length < buffer.Length && (read = RandomAccess.Read(file, buffer[length..], length)) > 0;) length += read;
        return length;
    }

    private static SafeFileHandle Open(string path)
    {
        if (!OperatingSystem.IsLinux()) return File.OpenHandle(path);
        int descriptor = Open(path, ReadOnly | NoTerminal | NonBlocking | CloseOnExec);
        if (descriptor < 0) throw Failure(path, Marshal.GetLastPInvokeError());
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        if (KindOf(descriptor) == Regular) return file;
        file.Dispose();
        throw new NoRegularFileException(path);
    }

    private static Exception Failure(string path, int error)
    {
        string message = $"{path} can't be opened: {new Win32Exception(error).Message}";
        return error switch
        {
            NoEntry => new FileNotFoundException(message, path),
            NoAccess => new UnauthorizedAccessException(message),
            // A socket, or a device that nothing stands behind.
            NoDevice => new NoRegularFileException(path),
            _ => new IOException(message),
        };
    }

    private static int KindOf(int descriptor)
    {
        Span<byte> status = stackalloc byte[StatxBytes];
        if (Statx(descriptor, "", OfTheDescriptor, TypeWanted, ref MemoryMarshal.GetReference(status)) != 0) return 0;
        return MemoryMarshal.Read<ushort>(status[ModeOffset..]) & TypeMask;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte status);
}

/// <summary>A path leads to something that is no regular file.</summary>
/// <param name="path">The path.</param>
internal sealed class NoRegularFileException(string path) : IOException($"{path} is a folder, a pipe, a socket or a device; expected a regular file");
