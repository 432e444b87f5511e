using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>What the log says of teaching.</summary>
internal static partial class EnrollmentLog
{
    [OperatorAction("Nothing. Activate it when it is to be judged by.")]
    [LoggerMessage(
        1031,
        LogLevel.Information,
        "Station {Station}: reference set {Set} of recipe {Recipe} was taught from {Pictures} pictures"
    )]
    public static partial void Taught(ILogger log, string station, string recipe, int set, int pictures);

    [OperatorAction("Report it with the stack trace. The line goes on; what was active stays active.")]
    [LoggerMessage(
        1032,
        LogLevel.Error,
        "Station {Station}: a step of an enrolment failed because of a mistake in the program; please report it"
    )]
    public static partial void Unexpected(ILogger log, Exception error, string station);

    [OperatorAction(
        "Give the program the right to change the folder references in the data folder, or see to the disk. Recipes are judged by the sets "
            + "that they have; what was being collected is not taken up."
    )]
    [LoggerMessage(1034, LogLevel.Error, "What the last run left of its teaching can't be put in order: {Why}")]
    public static partial void NotRecovered(ILogger log, string why);

    [OperatorAction("Make room on the disk. The thresholds are found again when the set is activated, which takes a little longer.")]
    [LoggerMessage(1033, LogLevel.Warning, "The thresholds of reference set {Set} of recipe {Recipe} could not be kept: {Why}")]
    public static partial void ThresholdsNotKept(ILogger log, string recipe, int set, string why);
}
