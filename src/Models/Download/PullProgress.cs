namespace ClipFusion.Models.Download;

/// <summary>What a pull is doing with a file.</summary>
public enum PullStep
{
    /// <summary>An existing file is hashed.</summary>
    Checking,

    /// <summary>The file is there and right; nothing is downloaded.</summary>
    Present,

    /// <summary>Bytes arrive; reported for every block, so a display should thin it out.</summary>
    Downloading,

    /// <summary>An unfinished download could not be continued and starts from its first byte.</summary>
    Restarted,

    /// <summary>A try failed; another follows after a pause. The detail says both.</summary>
    Retrying,

    /// <summary>An unknown hash was accepted and pinned.</summary>
    Pinned,

    /// <summary>The file is complete, verified and in place.</summary>
    Installed,
}

/// <summary>One step of a pull.</summary>
/// <param name="Step">What happens.</param>
/// <param name="File">Set and path, with '/' between.</param>
/// <param name="Bytes">Bytes of the file that are on the disk.</param>
/// <param name="TotalBytes">Size of the file, or null while it is not known.</param>
/// <param name="Detail">Text for people, or null.</param>
public sealed record PullProgress(PullStep Step, string File, long Bytes, long? TotalBytes, string? Detail = null);

/// <summary>A file that is in place after a pull.</summary>
/// <param name="File">Set and path, with '/' between.</param>
/// <param name="FullPath">Where it is.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Sha256">Its hash.</param>
/// <param name="Downloaded">False where it was there before.</param>
public sealed record PulledFile(string File, string FullPath, long Size, string Sha256, bool Downloaded);
