using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>A statement that is prepared once and run often, with parameters <c>$1</c>, <c>$2</c> and so on. Used by one thread at a
/// time.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    /// <summary>Keeps the text; SQLite compiles it at the first run.</summary>
    /// <param name="connection">An open database, which must outlive this.</param>
    /// <param name="sql">One statement.</param>
    public Statement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
    }

    /// <summary>Runs it.</summary>
    /// <param name="values">One for each parameter; null is SQL's NULL.</param>
    /// <returns>Rows changed.</returns>
    public int Execute(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    /// <summary>Runs it and gives its rows; the caller disposes of the reader before the next run.</summary>
    /// <param name="values">One for each parameter; null is SQL's NULL.</param>
    /// <returns>Before its first row.</returns>
    public SqliteDataReader Query(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteReader();
    }

    /// <inheritdoc/>
    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        for (int i = _command.Parameters.Count; i < values.Length; i++)
            _command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
        for (int i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }
}
