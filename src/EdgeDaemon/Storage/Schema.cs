using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>The tables, as numbered steps: step n takes a database of version n-1 to n and is never changed once released.</summary>
internal static class Schema
{
    /// <summary>Marks a SQLite file as ours: "CFus".</summary>
    public const int ApplicationId = 0x43467573;

    private static readonly string[] Migrations =
    [
        """
            CREATE TABLE boots (number INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE) STRICT;
            CREATE TABLE stations (name TEXT PRIMARY KEY, last_sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

            CREATE TABLE inspections (
                number INTEGER PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                station TEXT NOT NULL,
                sequence INTEGER NOT NULL,
                source INTEGER NOT NULL,
                trigger_id TEXT,
                part_id TEXT,
                asserted_recipe TEXT,
                recipe_number INTEGER NOT NULL,
                recipe_name TEXT NOT NULL,
                recipe_revision TEXT NOT NULL,
                reference_version TEXT,
                deadline_ticks INTEGER,
                accepted_at_ms INTEGER NOT NULL,
                boot INTEGER NOT NULL REFERENCES boots (number),
                received_ms INTEGER NOT NULL,
                acked INTEGER NOT NULL,
                verdict INTEGER,
                body BLOB,
                UNIQUE (station, sequence)
            ) STRICT;
            CREATE INDEX inspections_open ON inspections (station, sequence) WHERE verdict IS NULL;
            CREATE INDEX inspections_unacked ON inspections (number) WHERE acked = 0;

            CREATE TABLE outbox (
                number INTEGER PRIMARY KEY REFERENCES inspections (number),
                station TEXT NOT NULL,
                sequence INTEGER NOT NULL,
                is_ok INTEGER NOT NULL,
                bytes INTEGER NOT NULL,
                created_at_ms INTEGER NOT NULL,
                boot INTEGER NOT NULL REFERENCES boots (number),
                created_ms INTEGER NOT NULL,
                refusals INTEGER NOT NULL DEFAULT 0,
                refusal_reason TEXT,
                parked INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            CREATE INDEX outbox_pending ON outbox (station, sequence) WHERE parked = 0;
            CREATE INDEX outbox_drop ON outbox (is_ok, number);
            """,
        """
            CREATE TABLE handed_files (
                station TEXT NOT NULL,
                name TEXT NOT NULL,
                bytes INTEGER NOT NULL,
                modified_ticks INTEGER NOT NULL,
                inode INTEGER NOT NULL,
                number INTEGER NOT NULL REFERENCES inspections (number) ON DELETE CASCADE,
                PRIMARY KEY (station, name, bytes, modified_ticks, inode)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX handed_files_inspection ON handed_files (number);
            """,
        // Who may have handed a verdict to the broker: null for nobody, else the number of the process. Rows of before this step may have
        // been handed. What can't be read as it was written is set aside here, column by column.
        """
            ALTER TABLE outbox ADD COLUMN handed_by INTEGER DEFAULT 0;
            ALTER TABLE outbox ADD COLUMN unheard_at_ms INTEGER;
            CREATE TABLE damaged (number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, origin TEXT NOT NULL, reason TEXT NOT NULL, content TEXT NOT NULL) STRICT;
            """,
    ];

    /// <summary>A table, index or column that a database lacks; tables that others added are left alone.</summary>
    /// <param name="connection">A migrated database.</param>
    /// <returns>Its name; null for none.</returns>
    public static string? Missing(SqliteConnection connection)
    {
        using var model = new SqliteConnection("Data Source=:memory:");
        model.Open();
        foreach (string step in Migrations)
            model.Run(step);
        return Parts(model).Except(Parts(connection), StringComparer.Ordinal).FirstOrDefault();
    }

    private static List<string> Parts(SqliteConnection connection)
    {
        using var all = new Statement(
            connection,
            """
            SELECT s.type || ' ' || s.name || coalesce(', column ' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk, '')
            FROM sqlite_schema s LEFT JOIN pragma_table_info(s.name) c ON s.type = 'table' WHERE s.name NOT LIKE 'sqlite_%'
            """
        );
        using SqliteDataReader row = all.Query();
        var parts = new List<string>();
        while (row.Read())
            parts.Add(row.GetString(0));
        return parts;
    }

    /// <summary>Brings a database to the newest version, one transaction a step, and its views to this program's.</summary>
    /// <param name="connection">An open database, ours or empty.</param>
    /// <exception cref="StorageUnavailableException">A newer program made it.</exception>
    public static void Migrate(SqliteConnection connection)
    {
        long version = connection.Number("PRAGMA user_version");
        if (version < 0)
            throw new SqliteException($"its schema version is {version}", SqliteFaults.Corrupt);
        if (version > Migrations.Length)
        {
            throw new StorageUnavailableException(
                StorageCondition.Failed,
                $"{connection.DataSource} has schema version {version} and this program knows versions up to {Migrations.Length}: "
                    + "install the newer program again, or move the file away."
            );
        }

        if (version < Migrations.Length)
            Views.Drop(connection);
        for (; version < Migrations.Length; version++)
        {
            connection.Run(
                $"BEGIN IMMEDIATE; {Migrations[version]} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version + 1}; "
                    + "COMMIT"
            );
        }

        Views.Create(connection);
    }
}
