using System.Text.Json;
using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Inspections;
using Microsoft.Data.Sqlite;

namespace ClipFusion.EdgeDaemon.Storage;

/// <summary>From a row of <c>inspections</c> to the shared words and back.</summary>
internal static class InspectionRow
{
    /// <summary>Columns that the methods here expect first, in this order; the table is called i.</summary>
    public const string Columns =
        "i.id, i.station, i.sequence, i.source, i.trigger_id, i.part_id, i.recipe_number, i.recipe_name, i.recipe_revision, i.reference_version, i.deadline_ticks, i.accepted_at_ms, i.body";

    /// <summary>How many they are: the caller's own columns start here.</summary>
    public const int ColumnCount = 13;

    private const int Body = 12;

    /// <summary>What was accepted.</summary>
    /// <param name="row">On a row.</param>
    /// <returns>The inspection.</returns>
    public static AcceptedInspection Inspection(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt64(2), (TriggerSource)row.GetInt32(3), row.TextOrNull(4), row.TextOrNull(5),
        new RecipeStamp(row.GetInt32(6), row.GetString(7), row.GetString(8), row.TextOrNull(9)),
        row.IsDBNull(10) ? null : TimeSpan.FromTicks(row.GetInt64(10)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(11)));

    /// <summary>The verdict.</summary>
    /// <param name="row">On a row.</param>
    /// <returns>Null while there is none.</returns>
    public static VerdictRecord? Verdict(SqliteDataReader row) =>
        row.IsDBNull(Body) ? null : JsonSerializer.Deserialize(row.GetFieldValue<byte[]>(Body), StorageJson.Default.VerdictRecord)! with { Inspection = Inspection(row) };

    /// <summary>A verdict without its inspection, whose columns are in the same row.</summary>
    /// <param name="record">The verdict.</param>
    /// <returns>JSON, UTF-8.</returns>
    public static byte[] ToBody(VerdictRecord record) => JsonSerializer.SerializeToUtf8Bytes(record with { Inspection = null! }, StorageJson.Default.VerdictRecord);

    /// <summary>The answer to an inspection that nothing looked at.</summary>
    /// <param name="inspection">What was accepted.</param>
    /// <param name="reason">Why.</param>
    /// <param name="now">Wall clock, UTC.</param>
    /// <returns>NOT_JUDGED.</returns>
    public static VerdictRecord NotJudged(AcceptedInspection inspection, Code reason, DateTimeOffset now) => new(
        inspection, Inspections.Verdict.NotJudged, reason, Score: null, Threshold: null, Evidence: null, Regions: [], RegionsTruncated: false, Profile: "", IsFallbackProfile: false,
        IsZeroShot: inspection.Recipe.ReferenceVersion is null, PackHash: "", new Dictionary<string, double>(), Frame: null, now);
}

/// <summary>How verdicts are written to the database: compact, every number exact.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerdictRecord))]
internal sealed partial class StorageJson : JsonSerializerContext;
