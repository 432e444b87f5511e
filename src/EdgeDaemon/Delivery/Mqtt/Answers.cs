namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Answers to commands, ready to be published.</summary>
internal static class Answers
{
    /// <summary>A trigger's ack, as JSON and as text; the text first, for it is what controllers wait for.</summary>
    public static IReadOnlyList<OutMessage> TriggerAck(Topics topics, string station, TriggerAckMessage ack, byte[]? correlationData)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return
        [
            new(topics.TriggerAckSimple(station), SimpleText.Ack(ack)) { ContentType = "text/plain", CorrelationData = correlationData },
            new(topics.TriggerAck(station), Wire.Json(ack)) { CorrelationData = correlationData },
        ];
    }

    /// <summary>Exposure is over, as text and as JSON.</summary>
    public static IReadOnlyList<OutMessage> TriggerFrame(Topics topics, string station, TriggerFrameMessage frame)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return
        [
            new(topics.TriggerFrameSimple(station), SimpleText.Frame(frame)) { ContentType = "text/plain" },
            new(topics.TriggerFrame(station), Wire.Json(frame)),
        ];
    }

    /// <summary>How far a recipe change is.</summary>
    public static OutMessage RecipeAck(Topics topics, string station, RecipeAckMessage ack, byte[]? correlationData)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return new(topics.RecipeAck(station), Wire.Json(ack)) { CorrelationData = correlationData };
    }

    /// <summary>How far an enrolment is.</summary>
    public static OutMessage EnrollProgress(Topics topics, string station, EnrollProgressMessage progress, byte[]? correlationData)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return new(topics.EnrollProgress(station), Wire.Json(progress)) { CorrelationData = correlationData };
    }

    /// <summary>The station's state, retained.</summary>
    public static OutMessage State(Topics topics, string station, StateMessage state)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return new(topics.State(station), Wire.Json(state)) { Retain = true };
    }

    /// <summary>The device's status, retained; also its will.</summary>
    public static OutMessage Status(Topics topics, StatusMessage status)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return new(topics.Status, Wire.Json(status)) { Retain = true };
    }
}
