using ClipFusion.Camera;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>A file that was given to an inspection and was not seen leaving its folder.</summary>
/// <param name="InspectionId">Whose it is.</param>
/// <param name="File">Which file.</param>
internal sealed record HandedFile(string InspectionId, FileStamp File);

/// <summary>
/// <c>handed_files</c>: files that belong to an inspection and still lie in their folder, as far as is known. Rows go when a file has been
/// moved away, at the latest with their inspection. Every writing method is a part of the transaction under way.
/// </summary>
internal sealed class HandedFileTable : IDisposable
{
    private readonly Statement _insert,
        _delete;

    /// <summary>Prepares the statements.</summary>
    /// <param name="connection">The writer's.</param>
    public HandedFileTable(SqliteConnection connection)
    {
        _insert = new Statement(
            connection,
            """
            INSERT INTO handed_files (station, name, bytes, modified_ticks, inode, number) SELECT $2, $3, $4, $5, $6, number FROM inspections WHERE id = $1
            ON CONFLICT DO UPDATE SET number = excluded.number
            """
        );
        _delete = new Statement(
            connection,
            "DELETE FROM handed_files WHERE station = $1 AND name = $2 AND bytes = $3 AND modified_ticks = $4 AND inode = $5"
        );
    }

    /// <summary>A file is an inspection's from now on.</summary>
    public void Insert(string inspectionId, string station, FileStamp file) =>
        _insert.Execute(inspectionId, station, file.Name, file.Length, file.ModifiedAt.UtcTicks, unchecked((long)file.Inode));

    /// <summary>A file has left its folder.</summary>
    public void Delete(string station, FileStamp file) =>
        _delete.Execute(station, file.Name, file.Length, file.ModifiedAt.UtcTicks, unchecked((long)file.Inode));

    /// <summary>The rows of a station that can be read; one that was damaged is left out.</summary>
    public static List<HandedFile> Read(SqliteConnection connection, string station)
    {
        var files = new List<HandedFile>();
        using var all = new Statement(
            connection,
            "SELECT i.id, f.name, f.bytes, f.modified_ticks, f.inode FROM handed_files f JOIN inspections i USING (number) WHERE "
                + "f.station = $1"
        );
        using SqliteDataReader row = all.Query(station);
        while (row.Read())
        {
            long ticks = row.GetInt64(3);
            if (ticks < 0 || ticks > DateTime.MaxValue.Ticks)
                continue;
            files.Add(
                new HandedFile(
                    row.GetString(0),
                    new FileStamp(
                        row.GetString(1),
                        row.GetInt64(2),
                        new DateTimeOffset(ticks, TimeSpan.Zero),
                        unchecked((ulong)row.GetInt64(4))
                    )
                )
            );
        }

        return files;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
    }
}
