using ClipFusion.Models.Download;

namespace ClipFusion.EdgeDaemon.CommandLine;

/// <summary>Turns what a verb threw into lines for people and an exit code.</summary>
internal static class ErrorReport
{
    /// <summary>Writes one line per error, and the stack trace only when it was asked for.</summary>
    public static int Write(Exception error, bool verbose, Terminal terminal)
    {
        var (lines, code) = Describe(error);
        foreach (string line in lines) terminal.WriteError(line);
        if (verbose) terminal.Error.WriteLine(error);
        return code;
    }

    private static (IReadOnlyList<string> Lines, int Code) Describe(Exception error) => error switch
    {
        ModelCatalogueException e => (e.Errors, ExitCode.BadArguments),
        PullException { Failure: PullFailure.HashUnknown or PullFailure.PinConflict } e => ([e.Message], ExitCode.BadArguments),
        UsageException e => ([e.Message], ExitCode.BadArguments),
        OperationCanceledException => (["stopped"], ExitCode.Failed),
        PullException or IOException or UnauthorizedAccessException => ([error.Message], ExitCode.Failed),
        // Not foreseen: the type helps whoever gets the report.
        _ => ([$"{error.GetType().Name}: {error.Message} (--verbose shows where)"], ExitCode.Failed),
    };
}
