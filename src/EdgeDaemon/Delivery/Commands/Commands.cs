using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>A command that came over MQTT and can be understood.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="ReceivedTimestamp">Monotonic timestamp of its receipt.</param>
/// <param name="CorrelationData">To be echoed in the answer; null for none.</param>
internal abstract record Command(string Station, long ReceivedTimestamp, byte[]? CorrelationData);

/// <summary>Inspect a part.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="ReceivedTimestamp">Monotonic timestamp of its receipt.</param>
/// <param name="CorrelationData">To be echoed in the answer; null for none.</param>
/// <param name="Content">What was asked for.</param>
internal sealed record TriggerCommand(string Station, long ReceivedTimestamp, byte[]? CorrelationData, TriggerContent Content)
    : Command(Station, ReceivedTimestamp, CorrelationData)
{
    /// <summary>The same as the pipeline wants it.</summary>
    public Trigger ToTrigger() =>
        new(Station, TriggerSource.Mqtt, ReceivedTimestamp, Content.TriggerId, Content.PartId, Content.Recipe, Content.Deadline);
}

/// <summary>The id of the next part.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="ReceivedTimestamp">Monotonic timestamp of its receipt.</param>
/// <param name="CorrelationData">To be echoed in the answer; null for none.</param>
/// <param name="PartId">The part's id.</param>
internal sealed record PartCommand(string Station, long ReceivedTimestamp, byte[]? CorrelationData, string PartId)
    : Command(Station, ReceivedTimestamp, CorrelationData);

/// <summary>Change the recipe.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="ReceivedTimestamp">Monotonic timestamp of its receipt.</param>
/// <param name="CorrelationData">To be echoed in the answer; null for none.</param>
/// <param name="Content">What was asked for.</param>
internal sealed record RecipeCommand(string Station, long ReceivedTimestamp, byte[]? CorrelationData, RecipeContent Content)
    : Command(Station, ReceivedTimestamp, CorrelationData);

/// <summary>Teach references.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="ReceivedTimestamp">Monotonic timestamp of its receipt.</param>
/// <param name="CorrelationData">To be echoed in the answer; null for none.</param>
/// <param name="Content">What was asked for.</param>
internal sealed record EnrollCommand(string Station, long ReceivedTimestamp, byte[]? CorrelationData, EnrollContent Content)
    : Command(Station, ReceivedTimestamp, CorrelationData);

/// <summary>Payload of a trigger; all null for an empty payload.</summary>
/// <param name="TriggerId">1-36 of <c>[A-Za-z0-9._-]</c>.</param>
/// <param name="PartId">Same form.</param>
/// <param name="Recipe">Name or number that is asserted to be active.</param>
/// <param name="Deadline">From receipt to verdict.</param>
internal sealed record TriggerContent(string? TriggerId, string? PartId = null, string? Recipe = null, TimeSpan? Deadline = null);

/// <summary>Payload of a recipe change.</summary>
/// <param name="RequestId">1-36 of <c>[A-Za-z0-9._-]</c>; null when plain digits were sent.</param>
/// <param name="Recipe">Name or number.</param>
internal sealed record RecipeContent(string? RequestId, string Recipe);

/// <summary>A step of an enrolment.</summary>
internal enum EnrollAction
{
    /// <summary>Start to collect references for a recipe.</summary>
    Start,

    /// <summary>Add a picture.</summary>
    Add,

    /// <summary>Make a reference set of what was collected.</summary>
    Finish,

    /// <summary>Throw away what was collected.</summary>
    Cancel,

    /// <summary>Judge by a reference set from now on.</summary>
    Activate,

    /// <summary>Judge by the reference set of before again.</summary>
    Rollback,
}

/// <summary>Payload of a step of an enrolment.</summary>
/// <param name="RequestId">1-36 of <c>[A-Za-z0-9._-]</c>.</param>
/// <param name="Action">Which step.</param>
/// <param name="Recipe">Name or number; null for the one that is being taught or active.</param>
/// <param name="InspectionId">The inspection whose archived frame is added; null for the frames of the next triggers.</param>
/// <param name="Count">How many triggers' frames are added; 1 to 64.</param>
/// <param name="Set">Number of the set to activate; null for the newest.</param>
internal sealed record EnrollContent(
    string RequestId,
    EnrollAction Action,
    string? Recipe = null,
    string? InspectionId = null,
    int Count = 1,
    int? Set = null
);

/// <summary>A command that was answered without reaching the station: for the count of missed triggers and the log.</summary>
/// <param name="Station">Name of the station.</param>
/// <param name="Kind">What was asked for.</param>
/// <param name="Code">Why it was refused.</param>
/// <param name="ErrorText">The same for people.</param>
internal sealed record CommandRefused(string Station, CommandKind Kind, Code Code, string ErrorText);
