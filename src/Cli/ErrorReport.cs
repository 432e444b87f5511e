using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Evaluation.Datasets;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Download;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Tokenizer;
using ClipFusion.Models.Weights;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli;

/// <summary>Turns what a verb threw into lines for people and an exit code.</summary>
internal static class ErrorReport
{
    /// <summary>Writes one line per error, and the stack trace only when it was asked for.</summary>
    public static int Write(Exception error, bool verbose, Terminal terminal)
    {
        var (lines, code, _) = Describe(error);
        foreach (string line in lines)
            terminal.WriteError(line);
        if (verbose)
            terminal.Error.WriteLine(error);
        return code;
    }

    /// <summary>Whether an error is a known mistake, whose message says all: a stack trace would only hide it.</summary>
    public static bool IsForeseen(Exception error) => Describe(error).IsForeseen;

    private static (IReadOnlyList<string> Lines, int Code, bool IsForeseen) Describe(Exception error) =>
        Known(error) is { } known
            ? (known.Lines, known.Code, true)
            // The type helps whoever gets the report.
            : ([$"{error.GetType().Name}: {ErrorText.Of(error)} (--verbose shows where)"], ExitCode.Failed, false);

    private static (IReadOnlyList<string> Lines, int Code)? Known(Exception error) =>
        error switch
        {
            ModelCatalogueException e => (e.Errors, ExitCode.BadArguments),
            PullException { Failure: PullFailure.HashUnknown or PullFailure.PinConflict } e => ([e.Message], ExitCode.BadArguments),
            UsageException e => ([e.Message], ExitCode.BadArguments),
            ConfigException
            or RecipeException
            or DatasetException
            or FolderException
            or WeightException
            or VocabularyException
            or GraphException
            or PackException
            or RuntimeLibraryException
            or PromptTooLongException => (Lines(error.Message), ExitCode.BadArguments),
            OperationCanceledException => (["stopped"], ExitCode.Interrupted),
            PullException
            or IOException
            or UnauthorizedAccessException
            or ImageFormatException
            or NetworkException
            or DllNotFoundException
            or StorageUnavailableException => ([ErrorText.Of(error)], ExitCode.Failed),
            _ => null,
        };

    private static string[] Lines(string message) =>
        message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
