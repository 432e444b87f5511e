using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// Notices that the files which the store has open are no longer those at their paths: removed, replaced, or their disk is no longer
/// mounted. What is written then
/// goes nowhere. Costs a look at four names; safe for several threads.
/// </summary>
internal sealed class OpenFiles
{
    private readonly (string Path, string What, FileIdentity Identity)[] _files;

    /// <summary>Notes what is open now.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="database">The database, open in both sessions.</param>
    public OpenFiles(string folder, string database)
    {
        (string Path, string What)[] all =
        [
            (folder, "the data folder"),
            (database, "the database"),
            (database + "-wal", "the database's log"),
            (database + "-shm", "the log's index"),
        ];
        _files =
        [
            .. from file in all
            let identity = FileIdentity.Of(file.Path)
            where identity is not null
            select (file.Path, file.What, identity.Value),
        ];
    }

    /// <summary>What is wrong now; null for nothing.</summary>
    public string? Problem()
    {
        foreach ((string path, string what, FileIdentity identity) in _files)
        {
            FileIdentity? now = FileIdentity.Of(path);
            if (now == identity)
                continue;
            return now is null
                ? $"{what} {path} is gone: put it back, or start the program again (it then begins a new database above the last "
                    + "sequence numbers)"
                : $"{what} {path} is another one than the program has open: put the former back, or start the program again to use "
                    + "this one";
        }

        return null;
    }
}
