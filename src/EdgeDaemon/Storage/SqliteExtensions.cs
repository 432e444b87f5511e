using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>Statements without parameters in one call.</summary>
internal static class SqliteExtensions
{
    /// <summary>Runs a statement, or several.</summary>
    /// <param name="connection">An open database.</param>
    /// <param name="sql">Text of the program, never of a user.</param>
    public static void Run(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row as text.</summary>
    /// <param name="connection">An open database.</param>
    /// <param name="sql">Text of the program, never of a user.</param>
    /// <returns>Null when there is no row or it is null.</returns>
    public static string? Text(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is { } value and not DBNull ? value.ToString() : null;
    }

    /// <summary>The first column of the first row as a number.</summary>
    /// <param name="connection">An open database.</param>
    /// <param name="sql">Text of the program, never of a user.</param>
    /// <returns>0 when there is no row or it is null.</returns>
    public static long Number(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long value ? value : 0;
    }

    /// <summary>Text of a column, or null.</summary>
    /// <param name="reader">On a row.</param>
    /// <param name="column">Its index.</param>
    /// <returns>The text.</returns>
    public static string? TextOrNull(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
