using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Keeps a second process out of a data folder. The kernel lets go of it when the process ends, however it ends.</summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private FileStream _file;
    private FileIdentity? _identity;

    /// <summary>Takes the lock.</summary>
    /// <param name="folder">The data folder.</param>
    /// <exception cref="StorageUnavailableException">Another process has it.</exception>
    public InstanceLock(string folder)
    {
        _path = Path.Combine(folder, "inspections.lock");
        try
        {
            _file = Take();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                StorageCondition.Locked,
                $"The data folder {folder} is in use by another process, which holds {_path}, or can't be written: stop it, or give "
                    + $"this one another folder ({e.Message}).",
                e
            );
        }
    }

    /// <summary>Takes the lock once more where its file was removed or replaced: the next process would look at the new file
    /// only.</summary>
    /// <returns>What is wrong now; null when the lock is held.</returns>
    public string? Renew()
    {
        lock (_gate)
        {
            if (_identity is null || FileIdentity.Of(_path) == _identity)
                return null;
            try
            {
                FileStream file = Take();
                _file.Dispose();
                _file = file;
                return null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return $"{_path} was removed or replaced and can't be held again: {e.Message}";
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private FileStream Take()
    {
        if (RegularFile.IsSomethingElse(_path))
            throw new IOException($"{_path} is no regular file: move it away");
        var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        _identity = FileIdentity.Of(_path);
        return file;
    }
}
