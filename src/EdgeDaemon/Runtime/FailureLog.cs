using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>The end that nobody foresaw, with its trace: the one line on standard error says too little of it.</summary>
internal static partial class FailureLog
{
    [OperatorAction("Report it with the log: the program has a mistake. The service manager starts it again.")]
    [LoggerMessage(5050, LogLevel.Critical, "The appliance has failed and ends")]
    public static partial void Failed(ILogger log, Exception error);
}
