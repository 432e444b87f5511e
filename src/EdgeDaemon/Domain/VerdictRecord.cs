using System.Text.Json.Serialization;

namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>What an inspection came to. Exactly one per accepted trigger; stored with its outbox row in one transaction.</summary>
/// <param name="Inspection">What was accepted.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="Reason">Why it was not judged; <see cref="Code.None"/> otherwise.</param>
/// <param name="Score">Anomaly score, 0..2; null when not judged.</param>
/// <param name="Threshold">What it was compared with; null when not judged.</param>
/// <param name="Evidence">The branch scores; null when not judged.</param>
/// <param name="Regions">Connected areas over the pixel threshold in frame pixels, at most 64.</param>
/// <param name="RegionsTruncated">Whether there were more.</param>
/// <param name="Profile">clipfusion, mapdiff, patchclip or backbone: what judged.</param>
/// <param name="IsFallbackProfile">Whether a held result, PatchCLIP's or the backbone's, stands in for the recipe's profile.</param>
/// <param name="IsZeroShot">Whether there were no references.</param>
/// <param name="PackHash">First sixteen digits of the model pack's manifest hash; empty when no pack was used.</param>
/// <param name="Timings">Milliseconds by stage name.</param>
/// <param name="Frame">The frame; null when there was none.</param>
/// <param name="CompletedAt">Wall clock, UTC.</param>
/// <param name="Detail">What exactly was wrong, for people; null where the reason says it all.</param>
internal sealed record VerdictRecord(
    AcceptedInspection Inspection,
    Verdict Verdict,
    Code Reason,
    double? Score,
    double? Threshold,
    Evidence? Evidence,
    IReadOnlyList<RegionRecord> Regions,
    bool RegionsTruncated,
    string Profile,
    bool IsFallbackProfile,
    bool IsZeroShot,
    string PackHash,
    IReadOnlyDictionary<string, double> Timings,
    FrameRecord? Frame,
    DateTimeOffset CompletedAt,
    string? Detail = null
)
{
    /// <summary>Where the threshold came from; null where none was compared with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ThresholdState? ThresholdState { get; init; }
}

/// <summary>The branch scores; a branch that was not used is null. The backbone's came after the others: where it was not used it is left
/// out, so that who knows four sees four.</summary>
internal sealed record Evidence(
    double? ClipLanguage,
    double? ClipVision,
    double? DiffLanguage,
    double? DiffVision,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? BackboneVision = null
);

/// <summary>A box around a connected area over the pixel threshold, in frame pixels.</summary>
internal sealed record RegionRecord(int X, int Y, int Width, int Height, int Area, double Peak);

/// <summary>What is known of the frame.</summary>
/// <param name="Id">The camera's frame number.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Format">GenICam pixel format name.</param>
/// <param name="CapturedAt">Wall clock of the end of exposure, UTC.</param>
/// <param name="File">Name of the file that it came in; null when it came from no file.</param>
/// <param name="FileModifiedAt">That file's time, UTC; null when it came from no file.</param>
/// <param name="PartId">The part's id out of the file's name; null where none is looked for or found.</param>
internal sealed record FrameRecord(
    ulong Id,
    int Width,
    int Height,
    string Format,
    DateTimeOffset CapturedAt,
    string? File = null,
    DateTimeOffset? FileModifiedAt = null,
    string? PartId = null
);
