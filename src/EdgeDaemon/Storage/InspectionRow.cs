using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Domain;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>From a row of <c>inspections</c> to the shared words and back.</summary>
internal static class InspectionRow
{
    /// <summary>How many columns <see cref="Columns"/> are: the caller's own start here.</summary>
    public const int ColumnCount = 15;

    private const int MostRegions = 64,
        MostTimings = 64,
        LongestName = 64;

    /// <summary>Columns that the methods here expect first, in this order; the table is called i.</summary>
    public static readonly string Columns = string.Join(
        ", ",
        "i.number",
        StoredRules.Guarded("i.id"),
        StoredRules.Guarded("i.station"),
        "i.sequence",
        "i.source",
        StoredRules.Guarded("i.trigger_id"),
        StoredRules.Guarded("i.part_id"),
        "i.recipe_number",
        StoredRules.Guarded("i.recipe_name"),
        StoredRules.Guarded("i.recipe_revision"),
        StoredRules.Guarded("i.reference_version"),
        "i.deadline_ticks",
        "i.accepted_at_ms",
        "i.verdict",
        StoredRules.GuardedBody("i.body")
    );

    /// <summary>What was accepted.</summary>
    /// <param name="row">On a row.</param>
    /// <returns>The inspection.</returns>
    /// <exception cref="DamagedRowException">A column holds what no program writes there.</exception>
    public static AcceptedInspection Inspection(SqliteDataReader row)
    {
        var columns = new StoredColumns(row, Number(row));
        _ = columns.Whole(0, "number", 1, StoredRules.LargestNumber);
        long? deadline = columns.WholeOrNull(11, "deadline_ticks", 0, StoredRules.LargestDeadlineTicks);
        return new(
            columns.Text(1, "id", UlidGenerator.IsUlid, "a ULID"),
            columns.Text(2, "station", StoredRules.IsStation, "the name of a station"),
            columns.Whole(3, "sequence", 1, StoredRules.LargestNumber),
            (TriggerSource)columns.Whole(4, "source", 0, (int)TriggerSource.FrameArrival),
            columns.TextOrNull(5, "trigger_id", StoredRules.IsCallersId, "a caller's id"),
            columns.TextOrNull(6, "part_id", StoredRules.IsCallersId, "a part's id"),
            new RecipeStamp(
                (int)columns.Whole(7, "recipe_number", 0, 999),
                columns.Text(8, "recipe_name", StoredColumns.IsPlain, "a name"),
                columns.Text(9, "recipe_revision", StoredColumns.IsPlain, "a revision"),
                columns.TextOrNull(10, "reference_version", StoredColumns.IsPlain, "a version")
            ),
            deadline is { } ticks ? TimeSpan.FromTicks(ticks) : null,
            DateTimeOffset.FromUnixTimeMilliseconds(columns.Whole(12, "accepted_at_ms", 0, StoredRules.LargestTime))
        );
    }

    /// <summary>The verdict.</summary>
    /// <param name="row">On a row.</param>
    /// <returns>Null while there is none.</returns>
    /// <exception cref="DamagedRowException">A column holds what no program writes there.</exception>
    public static VerdictRecord? Verdict(SqliteDataReader row)
    {
        var columns = new StoredColumns(row, Number(row));
        AcceptedInspection inspection = Inspection(row);
        long? verdict = columns.WholeOrNull(13, "verdict", 0, (int)Domain.Verdict.NotJudged);
        byte[]? body = columns.BytesOrNull(14, "body");
        if (verdict is null && body is null)
            return null;
        if (verdict is null || body is null)
            throw columns.Wrong(
                "body",
                body is null ? null : "there",
                verdict is null ? "nothing without a verdict" : "the verdict's JSON"
            );
        VerdictRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(body, StorageJson.Default.VerdictRecord);
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or NotSupportedException
                        or FormatException
                        or ArgumentException
                        or InvalidOperationException
                        or OverflowException
            )
        {
            throw columns.Wrong("body", "not readable", $"the verdict's JSON ({e.Message})");
        }

        if (Fault(record, (Domain.Verdict)verdict) is { } fault)
            throw columns.Wrong("body", fault, "what a verdict holds");
        return record! with { Inspection = inspection };
    }

    private static long Number(SqliteDataReader row) => row.GetValue(0) is long number ? number : 0;

    private static string? Fault(VerdictRecord? record, Verdict verdict) =>
        record switch
        {
            null => "null",
            _ when record.Verdict != verdict => $"{record.Verdict} in a row that says {verdict}",
            _ when !Enum.IsDefined(record.Reason) => $"reason {(int)record.Reason}",
            { ThresholdState: { } state } when !Enum.IsDefined(state) => $"threshold state {(int)state}",
            { Regions: null } or { Timings: null } or { Profile: null } or { PackHash: null } =>
                "without regions, timings, profile or pack hash",
            _ when record.Regions.Count > MostRegions || record.Regions.Any(r => r is null) => $"with {record.Regions.Count} regions",
            _ when record.Timings.Count > MostTimings
                    || record.Timings.Keys.Any(k => k.Length > LongestName || !StoredColumns.IsPlain(k)) =>
                $"with {record.Timings.Count} timings",
            _ when record.Profile.Length > LongestName
                    || record.PackHash.Length > LongestName
                    || !StoredColumns.IsPlain(record.Profile + record.PackHash) => "with a long profile or pack hash",
            { Frame: { } frame } when frame.Format is not { Length: <= LongestName } format || !StoredColumns.IsPlain(format) =>
                "with a pixel format of no name",
            _ => null,
        };

    /// <summary>A verdict without its inspection, whose columns are in the same row.</summary>
    /// <param name="record">The verdict.</param>
    /// <returns>JSON, UTF-8.</returns>
    public static byte[] ToBody(VerdictRecord record) =>
        JsonSerializer.SerializeToUtf8Bytes(record with { Inspection = null! }, StorageJson.Default.VerdictRecord);

    /// <summary>The answer to an inspection that nothing looked at.</summary>
    /// <param name="inspection">What was accepted.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">Wall clock, UTC.</param>
    /// <returns>NOT_JUDGED.</returns>
    public static VerdictRecord NotJudged(AcceptedInspection inspection, Code reason, DateTimeOffset now) =>
        new(
            inspection,
            Domain.Verdict.NotJudged,
            reason,
            Score: null,
            Threshold: null,
            Evidence: null,
            Regions: [],
            RegionsTruncated: false,
            Profile: "",
            IsFallbackProfile: false,
            IsZeroShot: inspection.Recipe.ReferenceVersion is null,
            PackHash: "",
            new Dictionary<string, double>(),
            Frame: null,
            now
        );
}

/// <summary>How verdicts are written to the database: compact, every number exact.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(VerdictRecord))]
internal sealed partial class StorageJson : JsonSerializerContext;
