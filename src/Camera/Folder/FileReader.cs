using System.Runtime.InteropServices;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>How an attempt to read a file ended.</summary>
internal enum ReadOutcome
{
    /// <summary>The frame holds the whole file.</summary>
    Read,

    /// <summary>The frame holds a picture whose end is missing: its writer may not be done.</summary>
    CutOff,

    /// <summary>The file is empty or holds something else than a picture: its writer may not be done.</summary>
    NoPicture,

    /// <summary>The file is gone; somebody else took it.</summary>
    Vanished,

    /// <summary>The file changed while it was read, or is still open for writing.</summary>
    Changing,

    /// <summary>The file can never be used, for the reason given.</summary>
    Unusable,
}

/// <summary>
/// What came of reading a file; the frame is given with <see cref="ReadOutcome.Read"/> and <see cref="ReadOutcome.CutOff"/> only, the
/// version whenever the file could be opened.
/// </summary>
internal readonly record struct ReadResult(ReadOutcome Outcome, Frame? Frame = null, FileVersion Version = default, string? Reason = null);

/// <summary>Reads whole files into frames, bounded and without being held up by pipes, devices or links.</summary>
internal sealed class FileReader(FramePool pool, PictureCheck? check = null)
{
    /// <summary>Reads one file; waits for a free buffer.</summary>
    /// <exception cref="IOException">The machine or the share fails, not the file.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<ReadResult> ReadAsync(string path, CancellationToken cancellation)
    {
        using SafeFileHandle file = NativeFile.OpenForReading(path);
        if (file.IsInvalid)
            return CannotOpen(path, Marshal.GetLastPInvokeError());
        FileStatus status = NativeFile.StatusOf(file);
        FileVersion version = FileVersion.Of(status);
        if (status.Kind != FileKind.Regular)
            return Unusable("it can't be read as a file: it is a pipe, a device or a folder", version);
        if (version.Length == 0)
            return new ReadResult(ReadOutcome.NoPicture, null, version, "it is empty");
        if (version.Length > pool.MaxFrameBytes)
            return Unusable($"it has {version.Length} bytes; at most {pool.MaxFrameBytes} are taken", version);
        if (NativeFile.HasWriter(file))
            return new ReadResult(ReadOutcome.Changing, null, version);
        Frame? frame = null;
        try
        {
            frame = await pool.RentAsync(FrameShape.Encoded((int)version.Length), cancellation).ConfigureAwait(false);
            bool isWhole =
                await FillAsync(file, frame.Memory, cancellation).ConfigureAwait(false)
                && version == FileVersion.Of(NativeFile.StatusOf(file));
            if (!isWhole)
                return new ReadResult(ReadOutcome.Changing, null, version);
            PictureFinding finding = check?.Invoke(frame.Pixels) ?? default;
            if (finding.State == PictureState.NoPicture)
                return new ReadResult(ReadOutcome.NoPicture, null, version, finding.Why);
            var result = new ReadResult(
                finding.State == PictureState.CutOff ? ReadOutcome.CutOff : ReadOutcome.Read,
                frame,
                version,
                finding.Why
            );
            frame = null;
            return result;
        }
        catch (Exception e)
            when (e is NotSupportedException or UnauthorizedAccessException
                || (e is IOException && Directory.Exists(Path.GetDirectoryName(path)))
            )
        {
            return Unusable($"it can't be read as a file: {e.Message}", version);
        }
        finally
        {
            frame?.Dispose();
        }
    }

    private static ReadResult CannotOpen(string path, int error)
    {
        string why = Marshal.GetPInvokeErrorMessage(error);
        // What can be told of a file that can't be opened: its verdict names it all the same.
        FileVersion version = NativeFile.StatusOf(path) is { } status ? FileVersion.Of(status) : default;
        return error switch
        {
            Libc.NoSuchFile => new ReadResult(ReadOutcome.Vanished),
            Libc.TooManySymbolicLinks => Unusable("it is a symbolic link, and links are not followed", version),
            Libc.NotPermitted or Libc.AccessDenied or Libc.NoSuchDeviceOrAddress => Unusable($"it can't be opened: {why}", version),
            _ => throw new IOException($"{NativeName.Show(path)} can't be opened: {why}"),
        };
    }

    private static async ValueTask<bool> FillAsync(SafeFileHandle file, Memory<byte> memory, CancellationToken cancellation)
    {
        for (int at = 0; at < memory.Length; )
        {
            int count = await RandomAccess.ReadAsync(file, memory[at..], at, cancellation).ConfigureAwait(false);
            if (count == 0)
                return false;
            at += count;
        }
        return true;
    }

    private static ReadResult Unusable(string reason, FileVersion version) => new(ReadOutcome.Unusable, null, version, reason);
}
