using Microsoft.Win32.SafeHandles;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Space kept aside on the database's disk: giving it back lets verdict rows go on when the disk is full.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="bytes">Its size; 0 for none.</param>
internal sealed class ReserveFile(string folder, long bytes)
{
    private const string FileName = "reserve.bin";

    private readonly string _path = Path.Combine(folder, FileName);

    /// <summary>Whether the space is kept aside now.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>
    /// Takes the space if there is a quarter more than needed: what a release has freed must not be enough to take it again, or the two
    /// would alternate.
    /// </summary>
    /// <returns>Whether it is held now; a reserve of 0 bytes counts as held when the disk has a megabyte.</returns>
    public bool TryTake()
    {
        if (IsHeld)
            return true;
        try
        {
            if (File.Exists(_path) && new FileInfo(_path).Length == bytes)
                return IsHeld = bytes > 0;
            long free = FreeSpace.Of(folder);
            if (bytes == 0)
                return free > 1 << 20;
            if (free < bytes + bytes / 4)
                return false;

            using SafeFileHandle file = File.OpenHandle(
                _path,
                FileMode.Create,
                FileAccess.Write,
                FileShare.None,
                FileOptions.None,
                preallocationSize: bytes
            );
            // The length is set last and marks the file as whole.
            RandomAccess.SetLength(file, bytes);
            return IsHeld = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Release();
            return false;
        }
    }

    /// <summary>Gives back what an earlier run has left.</summary>
    /// <param name="folder">The data folder.</param>
    /// <returns>Whether there was something.</returns>
    public static bool Discard(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return false;
        File.Delete(path);
        return true;
    }

    /// <summary>Gives the space back.</summary>
    /// <returns>Whether there was something to give.</returns>
    public bool Release()
    {
        bool wasHeld = IsHeld;
        IsHeld = false;
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        return wasHeld;
    }
}
