using System.Buffers;
using System.Text.Json;

namespace ClipFusion.Cli.Demo;

/// <summary>What a subscriber reads in a verdict message.</summary>
/// <param name="InspectionId">Tells a verdict that comes again.</param>
/// <param name="Sequence">Sequence number of the station; on a simulated line the part's number.</param>
/// <param name="Verdict">OK, NG, REVIEW or NOT_JUDGED.</param>
/// <param name="Reason">Why it was not judged; null otherwise.</param>
/// <param name="Score">Anomaly score; null when not judged.</param>
/// <param name="Threshold">What it was compared with; null when not judged.</param>
/// <param name="IsFallback">Whether the fast profile's held result stands in for the full one.</param>
/// <param name="Latency">From trigger to verdict.</param>
internal sealed record HeardVerdict(
    string InspectionId,
    long Sequence,
    string Verdict,
    string? Reason,
    double? Score,
    double? Threshold,
    bool IsFallback,
    TimeSpan Latency
)
{
    /// <summary>Reads <c>out/{station}/verdict</c> or <c>verdict/replay</c>.</summary>
    /// <param name="payload">UTF-8 JSON.</param>
    public static HeardVerdict Read(in ReadOnlySequence<byte> payload)
    {
        using JsonDocument document = JsonDocument.Parse(payload);
        JsonElement json = document.RootElement;
        return new(
            json.GetProperty("inspectionId").GetString()!,
            json.GetProperty("seq").GetInt64(),
            json.GetProperty("verdict").GetString()!,
            json.GetProperty("reason").GetString(),
            Number(json, "score"),
            Number(json, "threshold"),
            json.GetProperty("flags").GetProperty("fallbackProfile").GetBoolean(),
            json.GetProperty("completedAt").GetDateTimeOffset() - json.GetProperty("acceptedAt").GetDateTimeOffset()
        );
    }

    private static double? Number(JsonElement json, string name) =>
        json.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : null;
}
