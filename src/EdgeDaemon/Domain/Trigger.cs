using System.Text.Json.Serialization;

namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>Where a trigger came from.</summary>
internal enum TriggerSource
{
    /// <summary>A message on <c>in/{station}/trigger</c>.</summary>
    Mqtt,

    /// <summary>A request to <c>/api/v1/stations/{station}/triggers</c>.</summary>
    Http,

    /// <summary>The station's own clock.</summary>
    Interval,

    /// <summary>A frame that came by itself.</summary>
    FrameArrival,
}

/// <summary>A wish for an inspection, before anything has been promised.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="Source">Where it came from. Mqtt and Http have a caller that can be refused; the others are self-timed.</param>
/// <param name="ReceivedTimestamp">Monotonic timestamp (<see cref="TimeProvider.GetTimestamp"/>) of its receipt: deadlines run from
/// here.</param>
/// <param name="TriggerId">The caller's id, 1-36 of <c>[A-Za-z0-9._-]</c>; null for a trigger without id.</param>
/// <param name="PartId">The part's id, same form; null for none.</param>
/// <param name="Recipe">Name or number that the caller asserts to be active; null for none.</param>
/// <param name="Deadline">The caller's deadline; null for the recipe's.</param>
internal sealed record Trigger(
    string Station,
    TriggerSource Source,
    long ReceivedTimestamp,
    string? TriggerId = null,
    string? PartId = null,
    string? Recipe = null,
    TimeSpan? Deadline = null
)
{
    /// <summary>Whether nobody waits for an ack: it can't be refused, only answered NOT_JUDGED.</summary>
    public bool IsSelfTimed => Source is TriggerSource.Interval or TriggerSource.FrameArrival;
}

/// <summary>The recipe and references that an inspection is judged under, as they were when it was accepted.</summary>
/// <param name="Number">The PLC's number, 0-999.</param>
/// <param name="Name">Its name.</param>
/// <param name="Revision">Sixteen hexadecimal digits.</param>
/// <param name="ReferenceVersion">Version of the reference set; null for zero-shot.</param>
internal sealed record RecipeStamp(int Number, string Name, string Revision, string? ReferenceVersion)
{
    /// <summary>Where the threshold comes from; null where there is none, or nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ThresholdState? ThresholdState { get; init; }
}

/// <summary>An accepted trigger: committed to the database before anybody was told.</summary>
/// <param name="Id">ULID, monotonic.</param>
/// <param name="Station">Name of the station.</param>
/// <param name="Sequence">Per station, from 1, never repeated, never going back.</param>
/// <param name="Source">Where the trigger came from.</param>
/// <param name="TriggerId">The caller's id, or null.</param>
/// <param name="PartId">The part's id, or null.</param>
/// <param name="Recipe">What it is judged under.</param>
/// <param name="Deadline">From receipt to verdict; null for none.</param>
/// <param name="AcceptedAt">Wall clock, UTC; for people, never for durations or order.</param>
internal sealed record AcceptedInspection(
    string Id,
    string Station,
    long Sequence,
    TriggerSource Source,
    string? TriggerId,
    string? PartId,
    RecipeStamp Recipe,
    TimeSpan? Deadline,
    DateTimeOffset AcceptedAt
);
