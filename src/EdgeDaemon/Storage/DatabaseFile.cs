using System.Buffers.Binary;
using ClipFusion.Foundation.Files;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Opens <c>inspections.db</c>, or sets it aside and starts a new one.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="options">For the lock's deadline.</param>
/// <param name="clock">For the name of a file set aside.</param>
internal sealed class DatabaseFile(string folder, StorageOptions options, BootClock clock)
{
    private const string FileName = "inspections.db";
    private const int HeaderBytes = 100,
        ApplicationIdOffset = 68;

    private readonly string _path = Path.Combine(folder, FileName);

    /// <summary>Path of the database.</summary>
    public string FullName => _path;

    /// <summary>File name that the former database has now; null when it is in use.</summary>
    public string? SetAsideName { get; private set; }

    /// <summary>Why it was set aside.</summary>
    public string? SetAsideReason { get; private set; }

    /// <summary>Whether the database was made by this call of <see cref="Open"/>.</summary>
    public bool IsNew { get; private set; }

    /// <summary>Opens the database for the writer, checked and migrated.</summary>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="StorageUnavailableException">It is locked, or a newer program made it.</exception>
    public SqliteConnection Open()
    {
        try
        {
            if (ForeignHeader() is { } reason)
                SetAside(reason);
            else if (!File.Exists(_path) && File.Exists(_path + "-wal"))
                SetAside("its log was there without it");
            return OpenOrSetAside();
        }
        catch (Exception e) when (SqliteFaults.Of(e, folder) is { } condition)
        {
            throw new StorageUnavailableException(condition, $"{_path} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>A second connection for reading beside the writer.</summary>
    /// <returns>Owned by the caller.</returns>
    public SqliteConnection OpenForReading()
    {
        SqliteConnection connection = Connect();
        connection.Run("PRAGMA query_only = ON");
        return connection;
    }

    private SqliteConnection OpenOrSetAside()
    {
        try
        {
            return OpenChecked();
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteFaults.Corrupt or SqliteFaults.NotADatabase or SqliteFaults.WrongSchema)
        {
            SetAside(e.Message);
            return OpenChecked();
        }
    }

    private SqliteConnection OpenChecked()
    {
        IsNew = !File.Exists(_path) || new FileInfo(_path).Length == 0;
        SqliteConnection connection = Connect();
        try
        {
            string? problem = IsNew ? null : Problem(connection);
            if (problem is not null)
                throw new SqliteException(problem, SqliteFaults.Corrupt);
            if (connection.Text("PRAGMA journal_mode = WAL") != "wal")
                throw new SqliteException("it can't use a write-ahead log on this disk", SqliteFaults.CannotOpen);
            connection.Run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 8388608");
            Schema.Migrate(connection);
            if (Schema.Missing(connection) is { } missing)
                throw new SqliteException($"{missing} is missing in it", SqliteFaults.Corrupt);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string? Problem(SqliteConnection connection)
    {
        long id = connection.Number("PRAGMA application_id");
        bool isOurs = id == Schema.ApplicationId || (id == 0 && connection.Number("SELECT count(*) FROM sqlite_schema") == 0);
        if (!isOurs)
            return $"its application id is {id}, not {Schema.ApplicationId}: another program made it";
        string? check = connection.Text("PRAGMA quick_check(1)");
        return check == "ok" ? null : $"its pages are damaged: {check}";
    }

    // Another program's file is recognised before SQLite opens it, so that it is set aside exactly as it was found.
    private string? ForeignHeader()
    {
        if (RegularFile.IsSomethingElse(_path))
            throw new IOException("it is no regular file: move it away");
        if (!File.Exists(_path))
            return null;
        byte[] header = new byte[HeaderBytes];
        using FileStream file = RegularFile.OpenStream(_path);
        int read = file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
        if (read == 0)
            return null;
        if (read < HeaderBytes || !header.AsSpan().StartsWith("SQLite format 3\0"u8))
            return "it is no SQLite database";
        int id = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(ApplicationIdOffset));
        return id is 0 or Schema.ApplicationId ? null : $"its application id is {id}, not {Schema.ApplicationId}: another program made it";
    }

    private SqliteConnection Connect()
    {
        // The driver repeats busy statements by itself for its own time-out; one second lets SQLite's busy_timeout decide.
        var text = new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Pooling = false,
            DefaultTimeout = 1,
        };
        var connection = new SqliteConnection(text.ToString());
        try
        {
            connection.Open();
            connection.Run($"PRAGMA busy_timeout = {(long)options.LockDeadline.TotalMilliseconds}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void SetAside(string reason)
    {
        string stem = $"{FileName}.set-aside-{clock.UtcNow:yyyyMMdd'T'HHmmss'Z'}",
            name = stem;
        for (int n = 2; File.Exists(Path.Combine(folder, name)) || File.Exists(Path.Combine(folder, name + "-wal")); n++)
            name = $"{stem}-{n}";
        // The log keeps belonging to its database: SQLite finds it by this name.
        foreach (string suffix in new[] { "", "-wal", "-shm", "-journal" })
        {
            if (File.Exists(_path + suffix))
                File.Move(_path + suffix, Path.Combine(folder, name + suffix));
        }

        AtomicFile.FlushFolder(folder);
        (SetAsideName, SetAsideReason) = (name, reason);
    }
}
