using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Who is in charge of a station.</summary>
internal enum StationMode
{
    /// <summary>Triggers are judged.</summary>
    Auto,

    /// <summary>A technician works at it.</summary>
    Manual,

    /// <summary>The line runs without it.</summary>
    Bypass,
}

/// <summary>What the disk still takes.</summary>
public enum StorageWord
{
    /// <summary>Everything.</summary>
    Ok,

    /// <summary>Verdicts, no images: the disk is nearly full.</summary>
    NoImages,

    /// <summary>Verdicts out of the reserve.</summary>
    Reserve,

    /// <summary>Nothing: triggers are refused.</summary>
    Full,

    /// <summary>Nothing: the database is locked or broken.</summary>
    Unavailable,
}

/// <summary>What came of checking the model pack since the program's start.</summary>
internal enum PackCheck
{
    /// <summary>It goes on in the background.</summary>
    Pending,

    /// <summary>Every byte is as it was built, and so are the outputs of every network that is open.</summary>
    Passed,

    /// <summary>Every byte is as it was built; the pack has no golden outputs that networks could be compared with.</summary>
    FilesOnly,

    /// <summary>Something is not as it was built: nothing is judged.</summary>
    Failed,
}

/// <summary>Counts of a station since the program's start.</summary>
/// <param name="Accepted">Triggers with a sequence number.</param>
/// <param name="Missed">Triggers refused.</param>
/// <param name="Ok">Verdicts OK.</param>
/// <param name="Ng">Verdicts NG.</param>
/// <param name="Review">Verdicts REVIEW.</param>
/// <param name="NotJudged">Verdicts NOT_JUDGED.</param>
internal sealed record StationCounters(long Accepted, long Missed, long Ok, long Ng, long Review, long NotJudged);

/// <summary>Verdicts of a station that are not delivered.</summary>
/// <param name="Pending">Waiting.</param>
/// <param name="Parked">Refused by the broker three times: somebody must look.</param>
internal sealed record OutboxCounts(long Pending, long Parked)
{
    /// <summary>Those of <see cref="Pending"/> that the broker had nobody to give to: they wait for somebody to subscribe. Always 0 with
    /// MQTT 3.1.1.</summary>
    public long Unheard { get; init; }
}

/// <summary><c>out/{station}/state</c>. Counts only while <c>out/status</c> is online with the same boot id.</summary>
/// <param name="BootId">Names one run of the program.</param>
/// <param name="Beat">Goes up every second.</param>
/// <param name="Ready">Whether a trigger would be accepted now. Advice: the ack is authority.</param>
/// <param name="Busy">Whether an inspection is under way.</param>
/// <param name="Mode">Who is in charge.</param>
/// <param name="Recipe">The active recipe; null for none.</param>
/// <param name="QueueDepth">Accepted triggers without a verdict.</param>
/// <param name="Code">Why it is not ready; <see cref="Domain.Code.None"/> when it is.</param>
/// <param name="ErrorText">The same for people; null when ready.</param>
/// <param name="Counters">Counts since the start.</param>
/// <param name="Outbox">Verdicts that are not delivered.</param>
/// <param name="ClockSynchronised">Whether the wall clock can be trusted; null when unknown.</param>
/// <param name="SequenceReset">Whether the sequence had to jump ahead after a lost or restored database.</param>
/// <param name="Storage">What the disk still takes.</param>
/// <param name="Provider">What runs the networks, cpu, cuda or tensorrt, or one for each where they differ; null when nothing does
/// yet.</param>
/// <param name="ProviderNote">Why nothing better runs them; null when nothing better was wanted.</param>
/// <param name="EngineBuild">Progress of an engine build, 0..1; null when none is under way.</param>
/// <param name="Time">Wall clock, UTC.</param>
/// <param name="CameraNote">Why the camera is lost, or what is wrong with it although it gives frames; null when nothing is.</param>
internal sealed record StateMessage(
    string BootId,
    long Beat,
    bool Ready,
    bool Busy,
    StationMode Mode,
    RecipeStamp? Recipe,
    int QueueDepth,
    [property: JsonIgnore] Code Code,
    string? ErrorText,
    StationCounters Counters,
    OutboxCounts Outbox,
    bool? ClockSynchronised,
    bool SequenceReset,
    StorageWord Storage,
    string? Provider,
    string? ProviderNote,
    double? EngineBuild,
    DateTimeOffset Time,
    string? CameraNote = null
)
{
    /// <summary>Name of the message's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "clipfusion/v1/state";

    /// <summary>Whether the model pack's files and the outputs of its networks were found as they were built, since the start.</summary>
    public PackCheck PackCheck { get; init; }

    /// <summary>Number of the code; 0 when ready.</summary>
    [JsonPropertyName("code")]
    public int CodeNumber => (int)Code;

    /// <summary>Text of the code; null when ready.</summary>
    public string? Error => CodeText.Of(Code);
}
