using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What delivery writes down about verdicts.</summary>
internal static partial class DeliveryLog
{
    [OperatorAction(
        "Start the controller, or let it subscribe to its verdict topics; with mqtt.noSubscriber delivered, verdicts that nobody wants "
            + "count as delivered."
    )]
    [LoggerMessage(
        4010,
        LogLevel.Warning,
        "MQTT: nobody subscribes to the verdicts of {Station}; they wait for replay, from sequence {Sequence} on"
    )]
    public static partial void NobodyListens(ILogger log, string station, long sequence);

    [OperatorAction("Nothing.")]
    [LoggerMessage(4011, LogLevel.Information, "MQTT: the verdicts of {Station} are heard again, from sequence {Sequence} on")]
    public static partial void HeardAgain(ILogger log, string station, long sequence);

    [OperatorAction("See why nothing subscribed to the station's verdicts for so long. The verdict stays in the database.")]
    [LoggerMessage(
        4012,
        LogLevel.Error,
        "MQTT: nobody heard the verdict of inspection {Id} of {Station} (sequence {Sequence}) for {Hours} h; it is given up and counted"
    )]
    public static partial void GivenUp(ILogger log, string id, string station, long sequence, double hours);

    [OperatorAction("Report it with the inspection's id. The row is tried three times and then parked; other verdicts go on.")]
    [LoggerMessage(
        4013,
        LogLevel.Error,
        "MQTT: no message can be made of the verdict of inspection {Id} of {Station} (sequence {Sequence})"
    )]
    public static partial void CannotSend(ILogger log, string id, string station, long sequence, Exception error);
}
