namespace ClipFusion.Foundation.Files;

/// <summary>The short text that a Git checkout without LFS has in place of a large file.</summary>
public static class LfsPointer
{
    /// <summary>Longer texts are no pointers, by the pointers' own rules.</summary>
    private const int MaxBytes = 1024;

    private static ReadOnlySpan<byte> Start => "version https://git-lfs.github.com/spec/"u8;

    private static ReadOnlySpan<byte> OldStart => "version https://hawser.github.com/spec/"u8;

    /// <summary>What to do about a pointer.</summary>
    public const string Message =
        "this is a Git LFS pointer and not the file itself; fetch it with 'git lfs pull' in that repository, or download the file";

    /// <summary>Whether the file of a path is one; false where it can't be read, which its reader tells.</summary>
    /// <param name="path">Any file.</param>
    public static bool IsFile(string path)
    {
        try
        {
            using FileStream file = RegularFile.OpenStream(path);
            byte[] start = new byte[Start.Length];
            return file.Length <= MaxBytes
                && Is(start.AsSpan(0, file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)), file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Whether a file is one, by its beginning.</summary>
    /// <param name="prefix">The file's first bytes.</param>
    /// <param name="length">Bytes of the whole file.</param>
    public static bool Is(ReadOnlySpan<byte> prefix, long length) =>
        length <= MaxBytes && (prefix.StartsWith(Start) || prefix.StartsWith(OldStart));
}
