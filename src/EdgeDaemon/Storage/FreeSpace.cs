namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>How much a disk still takes.</summary>
internal static class FreeSpace
{
    /// <summary>Bytes that this user can still write to the file system of a folder.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <returns>Bytes; 0 when it can't be told.</returns>
    public static long Of(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return 0;
        }
    }
}
