using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary><c>out/{station}/trigger/ack</c>: what became of a trigger.</summary>
/// <param name="TriggerId">The caller's id as far as it could be read; null for none.</param>
/// <param name="InspectionId">ULID; null when refused.</param>
/// <param name="Seq">Sequence number; null when refused.</param>
/// <param name="Duplicate">Whether the same trigger was accepted before: id and sequence are the first one's.</param>
/// <param name="Code">Why it was refused; <see cref="Domain.Code.None"/> when accepted.</param>
/// <param name="ErrorText">What was wrong and what is expected, for people; null when accepted.</param>
/// <param name="Time">Wall clock, UTC.</param>
internal sealed record TriggerAckMessage(
    string? TriggerId,
    string? InspectionId,
    long? Seq,
    bool Duplicate,
    [property: JsonIgnore] Code Code,
    string? ErrorText,
    DateTimeOffset Time
)
{
    /// <summary>Name of the message's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "clipfusion/v1/trigger-ack";

    /// <summary>Whether a verdict will come.</summary>
    public bool Accepted => Code == Code.None;

    /// <summary>Number of the refusal; 0 when accepted.</summary>
    [JsonPropertyName("code")]
    public int CodeNumber => (int)Code;

    /// <summary>Text of the refusal; null when accepted.</summary>
    public string? Error => CodeText.Of(Code);

    /// <summary>The answer to a trigger that was taken.</summary>
    public static TriggerAckMessage ForAccepted(AcceptedInspection inspection, bool duplicate, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(inspection);
        return new(inspection.TriggerId, inspection.Id, inspection.Sequence, duplicate, Code.None, null, time);
    }

    /// <summary>The answer to a trigger that was not taken.</summary>
    public static TriggerAckMessage ForRefused(string? triggerId, Code code, string errorText, DateTimeOffset time) =>
        new(triggerId, null, null, false, code, errorText, time);
}

/// <summary><c>out/{station}/trigger/frame</c>: exposure is over, the part may move.</summary>
/// <param name="InspectionId">ULID.</param>
/// <param name="Seq">Sequence number.</param>
/// <param name="TriggerId">The caller's id; null for none.</param>
internal sealed record TriggerFrameMessage(string InspectionId, long Seq, string? TriggerId)
{
    /// <summary>Name of the message's schema.</summary>
    [JsonPropertyOrder(-1)]
    public string Schema { get; } = "clipfusion/v1/trigger-frame";
}
