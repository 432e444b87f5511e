using ClipFusion.Foundation.Files;

namespace ClipFusion.Cli.Inspect;

/// <summary>Folders that results go to.</summary>
internal static class OutputFolder
{
    /// <summary>Finds out before the work whether files can be made in a folder.</summary>
    /// <param name="option">Where the folder comes from, for messages.</param>
    /// <param name="folder">Must exist.</param>
    /// <exception cref="UsageException">They can't.</exception>
    public static void EnsureWritable(string option, string folder)
    {
        if (!Directory.Exists(folder))
            throw new UsageException($"{option} {folder}: there is no such folder");
        using FileStream probe = OpenScratch(option, folder);
    }

    /// <summary>A file without a name, for the caller alone; its space is free again when it is closed, however the process ends.</summary>
    public static FileStream OpenScratch(string option, string folder)
    {
        string path = AtomicFile.TemporaryIn(folder);
        try
        {
            var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, 1 << 16);
            File.Delete(path);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} {folder}: can't be written to: {e.Message}", e);
        }
    }
}
