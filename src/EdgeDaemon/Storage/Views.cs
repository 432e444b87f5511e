using System.Text;
using ClipFusion.EdgeDaemon.Domain;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>
/// The views that people and their tools read (<c>docs/data.md</c>): words for numbers, ISO 8601 for clocks, columns for the verdict's
/// JSON. The program itself never reads them, so they are no numbered step of <see cref="Schema"/>: an older program opens a database that
/// has them.
/// </summary>
internal static class Views
{
    // A damaged row must not end a query over all of them.
    private const string Body = "CASE WHEN json_valid(CAST(i.body AS TEXT)) THEN CAST(i.body AS TEXT) ELSE '{}' END";

    private static readonly (string Name, string Sql)[] All =
    [
        ("v1_inspections", Inspections()),
        ("v1_regions", Regions()),
        ("v1_outbox", Outbox()),
    ];

    /// <summary>Takes them out, since a step of the schema can't change a column that a view names.</summary>
    /// <param name="connection">The writer's.</param>
    public static void Drop(SqliteConnection connection) => connection.Run($"BEGIN IMMEDIATE; {Dropping} COMMIT");

    /// <summary>Makes those that are missing or another version's; writes nothing when all are as they should be.</summary>
    /// <param name="connection">The writer's.</param>
    public static void Create(SqliteConnection connection)
    {
        if (All.All(v => connection.Text($"SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = '{v.Name}'") == v.Sql))
            return;
        connection.Run($"BEGIN IMMEDIATE; {Dropping} {string.Concat(All.Select(v => v.Sql + "; "))} COMMIT");
    }

    private static string Dropping => string.Concat(All.Select(v => $"DROP VIEW IF EXISTS {v.Name}; "));

    private static string Inspections() =>
        $"""
            CREATE VIEW v1_inspections AS SELECT
                j.id, j.station, j.sequence AS seq,
                {Words("j.source", Enum.GetValues<TriggerSource>().Select(s => ($"{(int)s}", Snake(s))))} AS source,
                j.trigger_id, j.part_id, j.recipe_number, j.recipe_name, j.recipe_revision, j.reference_version,
                {Time("j.accepted_at_ms")} AS accepted_at,
                {Words("j.verdict", Enum.GetValues<Verdict>().Select(v => ($"{(int)v}", Snake(v).ToUpperInvariant())))} AS verdict,
                {Words("json_extract(j.json, '$.Reason')", Reasons.Select(c => ($"'{c}'", c.ToText())))} AS reason,
                {Words("json_extract(j.json, '$.Reason')", Reasons.Select(c => ($"'{c}'", CodeTable.Describe(c))))} AS reason_text,
                json_extract(j.json, '$.Score') AS score,
                json_extract(j.json, '$.Threshold') AS threshold,
                json_array_length(j.json, '$.Regions') AS regions,
                nullif(json_extract(j.json, '$.Profile'), '') AS profile,
                json_extract(j.json, '$.IsFallbackProfile') AS fallback_profile,
                json_extract(j.json, '$.IsZeroShot') AS zero_shot,
                j.deadline_ticks / 10000 AS deadline_ms,
                json_extract(j.json, '$.Timings') AS timings_ms,
                strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(j.json, '$.CompletedAt')) AS completed_at,
                CASE WHEN j.verdict IS NULL THEN 'open' WHEN j.parked IS NULL THEN 'done' WHEN j.parked THEN 'parked' ELSE 'waiting' END
                    AS delivery
            FROM (SELECT i.*, o.parked, {Body} AS json FROM inspections i LEFT JOIN outbox o USING (number)) j
            """;

    private static string Regions() =>
        $"""
            CREATE VIEW v1_regions AS SELECT
                i.id, i.station, i.sequence AS seq,
                json_extract(r.value, '$.X') AS x, json_extract(r.value, '$.Y') AS y,
                json_extract(r.value, '$.Width') AS width, json_extract(r.value, '$.Height') AS height,
                json_extract(r.value, '$.Area') AS area, json_extract(r.value, '$.Peak') AS peak
            FROM inspections i, json_each({Body}, '$.Regions') r
            """;

    private static string Outbox() =>
        $"""
            CREATE VIEW v1_outbox AS SELECT
                i.id, o.station, o.sequence AS seq, {Time("o.created_at_ms")} AS stored_at, o.bytes, o.refusals, o.refusal_reason,
                CASE WHEN o.parked THEN 'parked' ELSE 'waiting' END AS delivery
            FROM outbox o JOIN inspections i USING (number)
            """;

    private static IEnumerable<Code> Reasons => Enum.GetValues<Code>().Where(c => c != Code.None && !c.IsRefusal());

    private static string Words(string column, IEnumerable<(string Value, string Word)> words)
    {
        var text = new StringBuilder($"CASE {column}");
        foreach ((string value, string word) in words)
            text.Append(" WHEN ").Append(value).Append(" THEN '").Append(word.Replace("'", "''", StringComparison.Ordinal)).Append('\'');
        return text.Append(" END").ToString();
    }

    // Whole numbers all the way: milliseconds in a floating-point second would round.
    private static string Time(string ms) => $"strftime('%Y-%m-%dT%H:%M:%S', {ms} / 1000, 'unixepoch') || printf('.%03dZ', {ms} % 1000)";

    private static string Snake<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
