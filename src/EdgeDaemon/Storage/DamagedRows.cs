using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// The table <c>damaged</c>: rows that can't be read as they were written, with every column as SQL text. Nothing is thrown away unsaid;
/// the rows go with the
/// retention of inspections.
/// </summary>
internal static class DamagedRows
{
    // Of a longer value its beginning is kept, and its length.
    private const int LongestValue = 1_000_000;

    /// <summary>Copies rows; whoever calls deletes or mends them in the same transaction.</summary>
    /// <param name="connection">The writer's.</param>
    /// <param name="table">Where they are.</param>
    /// <param name="which">A condition on the table, which goes by its own name; parameters $1, $2 ...</param>
    /// <param name="reason">What is wrong with them.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    /// <param name="values">Of the condition's parameters.</param>
    /// <returns>How many there were.</returns>
    public static int Keep(
        SqliteConnection connection,
        string table,
        string which,
        string reason,
        long nowMs,
        params ReadOnlySpan<object?> values
    )
    {
        string columns = string.Join(", ", Columns(connection, table).Select(c => $"'{c}', {Literal($"{table}.{c}")}"));
        string quoted = reason.Replace("'", "''", StringComparison.Ordinal);
        using var copy = new Statement(
            connection,
            $"""
            INSERT INTO damaged (at_ms, origin, reason, content)
            SELECT {nowMs}, '{table}', '{quoted}', json_object({columns}) FROM {table} WHERE {which}
            """
        );
        return copy.Execute(values);
    }

    private static List<string> Columns(SqliteConnection connection, string table)
    {
        using var info = new Statement(connection, $"SELECT name FROM pragma_table_info('{table}')");
        using SqliteDataReader row = info.Query();
        var names = new List<string>();
        while (row.Read())
            names.Add(row.GetString(0));
        return names;
    }

    // Plain ASCII is kept readable; everything else as its bytes, since quote() stops at a zero byte and JSON takes no broken UTF-8.
    private static string Literal(string column)
    {
        string bytes = $"CAST({column} AS BLOB)";
        return $"""
            CASE WHEN length({bytes}) > {LongestValue}
                THEN 'the first {LongestValue} of ' || length({bytes}) || ' bytes: x''' || hex(substr({bytes}, 1, {LongestValue})) || ''''
                WHEN typeof({column}) = 'text' AND (length({column}) != length({bytes}) OR {column} GLOB '*[^ -~]*')
                THEN 'CAST(x''' || hex({bytes}) || ''' AS TEXT)'
                ELSE quote({column}) END
            """;
    }
}
