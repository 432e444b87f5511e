using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>How an attempt to read a file ended.</summary>
internal enum ReadOutcome
{
    /// <summary>The frame holds the whole file.</summary>
    Read,

    /// <summary>The file is gone; somebody else took it.</summary>
    Vanished,

    /// <summary>The file changed while it was read: its writer is not done.</summary>
    Changing,

    /// <summary>The file can never be used, for the reason given.</summary>
    Unusable,
}

/// <summary>What came of reading a file; the frame is given with <see cref="ReadOutcome.Read"/> only, the reason with <see cref="ReadOutcome.Unusable"/> only.</summary>
internal readonly record struct ReadResult(ReadOutcome Outcome, Frame? Frame = null, FileVersion Version = default, string? Reason = null);

/// <summary>Tells whether a name still means the file that was read.</summary>
internal readonly record struct FileVersion(long Length, DateTime Written)
{
    public static FileVersion Of(SafeFileHandle file) => new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));

    public static FileVersion Of(FileInfo file) => file.Exists ? new(file.Length, file.LastWriteTimeUtc) : default;
}

/// <summary>Reads whole files into frames, bounded and without being held up by pipes, devices or links.</summary>
internal sealed class FileReader(FramePool pool)
{
    private const int NoSuchFile = 2, NotPermitted = 1, NoSuchDeviceOrAddress = 6, AccessDenied = 13;

    /// <summary>Reads one file; waits for a free buffer.</summary>
    /// <exception cref="IOException">The machine or the share fails, not the file.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<ReadResult> ReadAsync(string path, CancellationToken cancellation)
    {
        using SafeFileHandle file = Libc.OpenForReading(path);
        if (file.IsInvalid)
        {
            int error = Marshal.GetLastPInvokeError();
            string why = Marshal.GetPInvokeErrorMessage(error);
            return error switch
            {
                NoSuchFile => new ReadResult(ReadOutcome.Vanished),
                Libc.TooManySymbolicLinks => Unusable("it is a symbolic link, and links are not followed"),
                NotPermitted or AccessDenied or NoSuchDeviceOrAddress => Unusable($"can't be opened: {why}"),
                _ => throw new IOException($"{path} can't be opened: {why}"),
            };
        }
        Frame? frame = null;
        try
        {
            long length = RandomAccess.GetLength(file);
            if (length == 0) return Unusable("it is empty");
            if (length > pool.MaxFrameBytes) return Unusable($"it has {length} bytes; at most {pool.MaxFrameBytes} are taken");
            frame = await pool.RentAsync(FrameShape.Encoded((int)length), cancellation).ConfigureAwait(false);
            FileVersion version = FileVersion.Of(file);
            if (await FillAsync(file, frame.Memory, cancellation).ConfigureAwait(false) && version == FileVersion.Of(file))
            {
                var result = new ReadResult(ReadOutcome.Read, frame, version);
                frame = null;
                return result;
            }
            return new ReadResult(ReadOutcome.Changing);
        }
        catch (Exception e) when (e is NotSupportedException or UnauthorizedAccessException || (e is IOException && Directory.Exists(Path.GetDirectoryName(path))))
        {
            return Unusable($"can't be read as a file: {e.Message}");
        }
        finally
        {
            frame?.Dispose();
        }
    }

    private static async ValueTask<bool> FillAsync(SafeFileHandle file, Memory<byte> memory, CancellationToken cancellation)
    {
        for (int at = 0; at < memory.Length;)
        {
            int count = await RandomAccess.ReadAsync(file, memory[at..], at, cancellation).ConfigureAwait(false);
            if (count == 0) return false;
            at += count;
        }
        return true;
    }

    private static ReadResult Unusable(string reason) => new(ReadOutcome.Unusable, Reason: reason);
}
