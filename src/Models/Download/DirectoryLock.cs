namespace ClipFusion.Models.Download;

/// <summary>Lets one pull at a time into a folder. The lock is the open file, not its presence: it ends with the process, however that
/// ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    public const string FileName = ".pull.lock";

    private const int WouldBlock = 11;

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, creating the folder if need be.</summary>
    /// <exception cref="PullException">Another pull holds it.</exception>
    public static DirectoryLock Take(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            return new DirectoryLock(
                new FileStream(Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new PullException(
                PullFailure.Busy,
                $"{directory}: another pull works in this folder; wait for it to end, or use another folder",
                e
            );
        }
    }

    public void Dispose() => _file.Dispose();
}
