using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Networks.Providers;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Download;
using ClipFusion.Models.Folders;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;
using ClipFusion.Models.Weights;

namespace ClipFusion.EdgeDaemon.CommandLine;

/// <summary>Turns what a verb threw into lines for people and an exit code.</summary>
internal static class ErrorReport
{
    /// <summary>Writes one line per error, and the stack trace only when it was asked for.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="verbose">Whether the trace is wanted.</param>
    /// <param name="isService">Whether nobody can ask for it later: what was not foreseen has its trace in the journal.</param>
    /// <param name="terminal">Where it goes.</param>
    public static int Write(Exception error, bool verbose, bool isService, Terminal terminal)
    {
        (IReadOnlyList<string> lines, int code, bool isKnown) = Describe(error) is var (known, exit) ? (known, exit, true) : Unforeseen(error);
        foreach (string line in lines) terminal.WriteError(line);
        if (verbose || (isService && !isKnown)) terminal.Error.WriteLine(error);
        return code;
    }

    /// <summary>The type helps whoever gets the report.</summary>
    private static (IReadOnlyList<string> Lines, int Code, bool IsKnown) Unforeseen(Exception error) =>
        ([$"{error.GetType().Name}: {ErrorText.Of(error)} (--verbose shows where)"], ExitCode.Failed, false);

    private static (IReadOnlyList<string> Lines, int Code)? Describe(Exception error) => error switch
    {
        ModelCatalogueException e => (e.Errors, ExitCode.BadArguments),
        PullException { Failure: PullFailure.HashUnknown or PullFailure.PinConflict } e => ([e.Message], ExitCode.BadArguments),
        UsageException e => ([e.Message], ExitCode.BadArguments),
        ConfigException or RecipeException or DatasetException or FolderException or WeightException or VocabularyException or GraphException or PackException or RuntimeLibraryException => (Lines(error.Message), ExitCode.BadArguments),
        OperationCanceledException => (["stopped"], ExitCode.Interrupted),
        PullException or StorageUnavailableException or IOException or UnauthorizedAccessException or ImageFormatException or NetworkException or DllNotFoundException => ([ErrorText.Of(error)], ExitCode.Failed),
        _ => null,
    };

    private static string[] Lines(string message) => message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
