namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Keeps a second process out of a data folder. The kernel lets go of it when the process ends, however it ends.</summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;

    /// <summary>Takes the lock.</summary>
    /// <param name="folder">The data folder.</param>
    /// <exception cref="StorageUnavailableException">Another process has it.</exception>
    public InstanceLock(string folder)
    {
        string path = Path.Combine(folder, "inspections.lock");
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new StorageUnavailableException(
                StorageCondition.Locked, $"The data folder {folder} is in use by another process, which holds {path}: stop it, or give this one another folder.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
