using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// What values a row may hold, in SQL for whole tables and in C# for one row. The file is input like any other: a disk, a tool or a person
/// may have changed it in
/// ways that SQLite's own check calls ok.
/// </summary>
internal static class StoredRules
{
    /// <summary>Largest number of a row, sequence or counter: JSON readers hold no larger one exactly.</summary>
    public const long LargestNumber = 1L << 53;

    /// <summary>Largest Unix time in milliseconds: the end of the year 9999.</summary>
    public const long LargestTime = 253_402_300_799_999;

    /// <summary>Largest verdict in bytes; one with 64 regions has about 8 KB.</summary>
    public const int LargestBody = 1 << 20;

    /// <summary>Most characters of a name, revision or reason.</summary>
    public const int LongestText = 4096;

    /// <summary>Longest deadline, a day.</summary>
    public const long LargestDeadlineTicks = TimeSpan.TicksPerDay;

    private const int LargestRecipe = 999,
        LastSource = 3,
        LastVerdict = 3,
        LongestBootId = 64;

    /// <summary>Whether an alias of <c>inspections</c> holds what a program writes there: 1, or something else.</summary>
    public static string Inspection(string i) =>
        $"""
            ({i}.number BETWEEN 1 AND {LargestNumber} AND {Id($"{i}.id")} AND {Station(
                $"{i}.station"
            )} AND {i}.sequence BETWEEN 1 AND {LargestNumber}
                AND {i}.source BETWEEN 0 AND {LastSource} AND {i}.recipe_number BETWEEN 0 AND {LargestRecipe}
                AND {i}.accepted_at_ms BETWEEN 0 AND {LargestTime} AND abs(max({i}.received_ms, -{LargestNumber} - 1)) <= {LargestNumber}
                AND coalesce({i}.deadline_ticks, 0) BETWEEN 0 AND {LargestDeadlineTicks} AND coalesce({i}.verdict, 0) BETWEEN 0 AND {LastVerdict}
                AND ({i}.verdict IS NULL) = ({i}.body IS NULL) AND coalesce(length({i}.body), 0) <= {LargestBody}
                AND {string.Join(" AND ", TextColumns.Select(c => IsText($"{i}.{c}")))})
            """;

    /// <summary>Whether an alias of <c>outbox</c> holds what its inspection, another alias, demands.</summary>
    public static string OutboxRow(string o, string i) =>
        $"""
            ({o}.station = {i}.station AND {o}.sequence = {i}.sequence AND {o}.is_ok = ({i}.verdict = 0) AND {o}.bytes BETWEEN 0 AND {2
                * LargestBody}
                AND {o}.created_at_ms BETWEEN 0 AND {LargestTime} AND abs(max({o}.created_ms, -{LargestNumber} - 1)) <= {LargestNumber}
                AND {o}.refusals BETWEEN 0 AND {LargestNumber} AND {o}.parked BETWEEN 0 AND 1 AND coalesce({o}.unheard_at_ms, 0) BETWEEN 0 AND {LargestTime}
                AND {IsText($"{o}.refusal_reason")})
            """;

    /// <summary>Whether a column is the name of a station.</summary>
    public static string Station(string column) =>
        $"({Ascii(column)} AND length({column}) BETWEEN 1 AND 32 AND {column} NOT GLOB '*[^a-z0-9-]*')";

    /// <summary>Whether a column is an id whose time is one.</summary>
    public static string Id(string column) =>
        $"({Ascii(column)} AND length({column}) = 26 AND {column} NOT GLOB '*[^0-9A-HJKMNP-TV-Z]*' AND {column} < '{IdAfterLargestTime}')";

    /// <summary>Whether a column is the name of a boot.</summary>
    public static string BootId(string column) =>
        $"({Ascii(column)} AND length({column}) BETWEEN 1 AND {LongestBootId} AND {column} NOT GLOB '*[^!-~]*')";

    /// <summary>Whether a column is the name of a counter.</summary>
    public static string Counter(string column) =>
        $"({Ascii(column)} AND length({column}) BETWEEN 1 AND 64 AND {column} NOT GLOB '*[^a-z_]*')";

    /// <summary>A text column as it is, or a blob where it is too long or has a zero byte; the row is then refused without loading
    /// it.</summary>
    public static string Guarded(string column) => $"CASE WHEN {IsText(column)} THEN {column} ELSE x'00' END";

    /// <summary>The verdict's body, or a number where it is too long.</summary>
    public static string GuardedBody(string column) => $"CASE WHEN coalesce(length({column}), 0) <= {LargestBody} THEN {column} ELSE 0 END";

    /// <summary>A caller's id.</summary>
    public static bool IsCallersId(string text) => Names.IsCallersId(text);

    /// <summary>The name of a station.</summary>
    public static bool IsStation(string text) => Names.IsName(text);

    // The first id of the year 10000.
    private static readonly string IdAfterLargestTime = UlidGenerator.First(LargestTime + 1);

    private static readonly string[] TextColumns =
    [
        "trigger_id",
        "part_id",
        "asserted_recipe",
        "recipe_name",
        "recipe_revision",
        "reference_version",
    ];

    // Bytes and characters are as many, and SQLite counts characters up to the first zero byte only.
    private static string Ascii(string column) => $"length({column}) = length(CAST({column} AS BLOB))";

    private static string IsText(string column) =>
        $"({column} IS NULL OR (length(CAST({column} AS BLOB)) <= {4 * LongestText} AND instr(CAST({column} AS BLOB), x'00') = 0))";
}
