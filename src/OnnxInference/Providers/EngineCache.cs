using ClipFusion.Foundation.Files;

namespace ClipFusion.OnnxInference.Providers;

/// <summary>
/// The folder of engines and timing caches, one sub-folder per <see cref="EngineCacheKey"/>. The last few are kept, so that a driver can be
/// set back; older ones are deleted.
/// </summary>
/// <param name="root">The folder; made when it is first needed.</param>
public sealed class EngineCache(string root)
{
    /// <summary>Folders that are kept, the one in use included.</summary>
    public const int Kept = 4;

    private const string Mark = ".clipfusion-engines";

    /// <summary>The folder of a key, made and marked as used now. Folders that were not used for longest go, beyond
    /// <see cref="Kept"/>.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public string Open(EngineCacheKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        string folder = Path.Combine(root, key.FolderName);
        Directory.CreateDirectory(folder);
        string mark = Path.Combine(folder, Mark);
        AtomicFile.Write(mark, Durability.Process, $"{key}\n");
        Clean(folder);
        return folder;
    }

    /// <summary>Only folders with the mark are the program's own to delete.</summary>
    private void Clean(string current)
    {
        var old = new DirectoryInfo(root)
            .EnumerateDirectories()
            .Where(f => f.FullName != Path.GetFullPath(current) && File.Exists(Path.Combine(f.FullName, Mark)))
            .OrderByDescending(f => File.GetLastWriteTimeUtc(Path.Combine(f.FullName, Mark)))
            .Skip(Kept - 1);
        foreach (DirectoryInfo folder in old)
        {
            try
            {
                folder.Delete(recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is tried again at the next start.
            }
        }
    }
}
