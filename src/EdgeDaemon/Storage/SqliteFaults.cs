using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Which errors of SQLite and of files mean that nothing can be stored at present, and which are mistakes of the
/// program.</summary>
internal static class SqliteFaults
{
    /// <summary>SQLITE_CORRUPT.</summary>
    public const int Corrupt = 11;

    /// <summary>SQLITE_CANTOPEN.</summary>
    public const int CannotOpen = 14;

    /// <summary>SQLITE_ERROR: a statement does not fit the tables.</summary>
    public const int WrongSchema = 1;

    /// <summary>SQLITE_NOTADB.</summary>
    public const int NotADatabase = 26;

    private const int Busy = 5,
        Locked = 6,
        ReadOnly = 8,
        IoError = 10,
        Full = 13,
        Protocol = 15;
    private const long NoSpaceToSpeakOf = 256 << 10;

    /// <summary>The condition that an error stands for.</summary>
    /// <param name="error">Thrown while writing.</param>
    /// <param name="folder">The data folder, whose free space tells a full disk from a broken one.</param>
    /// <returns>DiskFull, Locked or Failed; null for a mistake of the program.</returns>
    public static StorageCondition? Of(Exception error, string folder) =>
        error switch
        {
            SqliteException { SqliteErrorCode: Full } => StorageCondition.DiskFull,
            SqliteException { SqliteErrorCode: Busy or Locked or Protocol } => StorageCondition.Locked,
            SqliteException { SqliteErrorCode: IoError or CannotOpen } or IOException => FreeSpace.Of(folder) < NoSpaceToSpeakOf
                ? StorageCondition.DiskFull
                : StorageCondition.Failed,
            SqliteException { SqliteErrorCode: ReadOnly or Corrupt or NotADatabase } or UnauthorizedAccessException =>
                StorageCondition.Failed,
            _ => null,
        };
}
