using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Diagnostics;
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
        ConfigException or RecipeException or DatasetException or FolderException or WeightException or VocabularyException or GraphException or PackException or RuntimeLibraryException or PromptTooLongException => (Lines(error.Message), ExitCode.BadArguments),
        OperationCanceledException => (["stopped"], ExitCode.Interrupted),
        PullException or IOException or UnauthorizedAccessException or ImageFormatException or NetworkException or DllNotFoundException => ([ErrorText.Of(error)], ExitCode.Failed),
        // Not foreseen: the type helps whoever gets the report.
        _ => ([$"{error.GetType().Name}: {error.Message} (--verbose shows where)"], ExitCode.Failed),
    };

    private static string[] Lines(string message) => message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
