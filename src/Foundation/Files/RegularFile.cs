using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Foundation.Files;

/// <summary>
/// The one way to read a file that somebody else may have put there: a configuration's, a technician's, a pack's. Only regular files are
/// read, so that a pipe, a device, a socket or a folder under the name is an error and never a wait; links are followed, and what they lead
/// to is looked at. Nothing more than a limit is read, whatever size the file claims.
/// </summary>
/// <remarks>
/// Every refusal is an <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/> whose message starts with the path.
/// </remarks>
public static class RegularFile
{
    /// <summary>Opens a file for reading; the caller disposes the handle.</summary>
    /// <param name="path">The file.</param>
    /// <param name="followLinks">Whether a symbolic link as the path's last part is followed; where not, it is refused.</param>
    /// <exception cref="IOException">There is none, it is no regular file, or it can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(string path, bool followLinks = true)
    {
        if (!IsPath(path))
            throw new IOException($"'{path}': an empty name, or one with a character 0; a file's path is expected");
        if (!OperatingSystem.IsLinux())
            return File.OpenHandle(path);
        // Before it is opened: that alone makes some devices do something. What counts is what was opened, below.
        Look(path, followLinks);
        int flags = Libc.ReadOnly | Libc.NonBlocking | Libc.NoControllingTerminal | Libc.CloseOnExec | (followLinks ? 0 : Libc.NoFollow);
        SafeFileHandle file;
        do file = Libc.Open(path, flags);
        while (file.IsInvalid && Marshal.GetLastPInvokeError() == Libc.Interrupted);
        if (file.IsInvalid)
            throw Refusal(path, Marshal.GetLastPInvokeError());
        try
        {
            RequireRegular(path, FileStatus.Of(file) ?? throw Refusal(path, Marshal.GetLastPInvokeError()));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file as a stream for reading, without a buffer of its own.</summary>
    /// <inheritdoc cref="Open"/>
    public static FileStream OpenStream(string path) => new(Open(path), FileAccess.Read, bufferSize: 0);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">Most bytes that it may have.</param>
    /// <exception cref="IOException">There is none, it is no regular file, it has more bytes, or it can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        using SafeFileHandle file = Open(path);
        // Before there is memory for it.
        if (RandomAccess.GetLength(file) is var claimed && claimed > maxBytes)
            throw new IOException($"{path}: {claimed} bytes; at most {maxBytes} are read");
        (byte[] bytes, int length) = Fill(path, file, maxBytes);
        if (length > maxBytes)
            throw new IOException($"{path}: more than {maxBytes} bytes; at most that many are read");
        return bytes.Length == length ? bytes : bytes[..length];
    }

    /// <summary>Reads a whole file as UTF-8 text, with or without a byte order mark.</summary>
    /// <inheritdoc cref="ReadAllBytes"/>
    public static string ReadAllText(string path, int maxBytes)
    {
        ReadOnlySpan<byte> bytes = ReadAllBytes(path, maxBytes);
        return Encoding.UTF8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes);
    }

    /// <summary>Reads a file up to one byte more than a limit, for those who say themselves that it is too large.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxBytes">The limit.</param>
    /// <returns>The bytes; longer than <paramref name="maxBytes"/> where the file is.</returns>
    /// <exception cref="IOException">There is none, it is no regular file, or it can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static ReadOnlyMemory<byte> ReadAtMost(string path, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        using SafeFileHandle file = Open(path);
        (byte[] bytes, int length) = Fill(path, file, maxBytes);
        return bytes.AsMemory(0, length);
    }

    /// <summary>Checks that a path leads to a regular file without opening it, for libraries that open files themselves.</summary>
    /// <exception cref="IOException">There is none, or it is no regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder on the way may not be searched.</exception>
    public static void Require(string path)
    {
        if (!IsPath(path))
            throw new IOException($"'{path}': an empty name, or one with a character 0; a file's path is expected");
        if (OperatingSystem.IsLinux())
            Look(path, followLinks: true);
        else if (!File.Exists(path))
            throw Refusal(path, Libc.NoSuchFile);
    }

    /// <summary>Whether there is something at a path that is no regular file, such as a folder or a pipe; links are followed.</summary>
    public static bool IsSomethingElse(string path) => IsPath(path) && FileStatus.Of(path) is { Kind: not FileKind.Regular };

    /// <summary>Reads until the end or one byte beyond the limit.</summary>
    private static (byte[] Bytes, int Length) Fill(string path, SafeFileHandle file, int maxBytes)
    {
        // What a file claims is a guess: files of /proc claim nothing, and others grow. One byte more shows the end.
        long most = maxBytes + 1L,
            claimed = Math.Clamp(RandomAccess.GetLength(file), Math.Min(255, maxBytes), maxBytes);
        byte[] bytes = new byte[claimed + 1];
        int filled = 0;
        while (filled < most)
        {
            if (filled == bytes.Length)
                Array.Resize(ref bytes, (int)Math.Min(2L * bytes.Length, most));
            int count = Read(path, file, bytes.AsSpan(filled), filled);
            if (count == 0)
                break;
            filled += count;
        }

        return (bytes, filled);
    }

    private static int Read(string path, SafeFileHandle file, Span<byte> into, long offset)
    {
        try
        {
            return RandomAccess.Read(file, into, offset);
        }
        catch (IOException e)
        {
            // A disk that fails says it without a name.
            throw new IOException($"{path}: can't be read from byte {offset} on: {e.Message}", e);
        }
    }

    internal static bool IsPath(string? path) => !string.IsNullOrEmpty(path) && !path.Contains('\0', StringComparison.Ordinal);

    private static void Look(string path, bool followLinks)
    {
        // A link that is not followed is told by the open.
        if (!followLinks)
            return;
        RequireRegular(path, FileStatus.Of(path) ?? throw Refusal(path, Marshal.GetLastPInvokeError()));
    }

    private static void RequireRegular(string path, FileStatus status)
    {
        string? found = status.Kind switch
        {
            FileKind.Regular => null,
            FileKind.Folder => "a folder",
            FileKind.Pipe => "a named pipe",
            FileKind.Socket => "a socket",
            FileKind.Device => "a device",
            _ => "no file of a known kind",
        };
        if (found is not null)
            throw new NotARegularFileException($"{path}: {found}; a regular file is expected");
    }

    private static Exception Refusal(string path, int error) =>
        error switch
        {
            Libc.NoSuchFile or Libc.NotAFolder => new FileNotFoundException($"{path}: there is no such file", path),
            Libc.AccessDenied or Libc.NotPermitted => new UnauthorizedAccessException(
                $"{path}: may not be read: {Marshal.GetPInvokeErrorMessage(error)}"
            ),
            Libc.NoSuchDeviceOrAddress => new NotARegularFileException(
                $"{path}: a socket or a device without its driver; a regular file is expected"
            ),
            Libc.NameTooLong => new PathTooLongException($"{path}: the name is too long"),
            _ => new IOException($"{path}: can't be opened: {Marshal.GetPInvokeErrorMessage(error)}"),
        };
}

/// <summary>
/// A path leads to something that is no regular file: a folder, a pipe, a socket or a device. The message starts with the path.
/// </summary>
public sealed class NotARegularFileException : IOException
{
    internal NotARegularFileException(string message)
        : base(message) { }
}
