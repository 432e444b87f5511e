using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using ClipFusion.Cli.Bench;
using ClipFusion.Cli.Enroll;
using ClipFusion.Cli.Evaluate;
using ClipFusion.Cli.Inspect;
using ClipFusion.Cli.Models;
using ClipFusion.Cli.Simulate;
using ClipFusion.EdgeDaemon.Composition;

namespace ClipFusion.Cli;

/// <summary>The program's verbs, and what they have in common: exit codes, one-line errors, a clean end on Ctrl-C and SIGTERM.</summary>
internal static class CommandLineApp
{
    /// <summary>How long a verb may take to put things in order after Ctrl-C or SIGTERM before the process is ended; the appliance needs
    /// most.</summary>
    public static readonly TimeSpan TerminationTimeout = ApplianceHost.TerminationTimeout;

    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error.", Recursive = true };

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The arguments without the program's name.</param>
    /// <param name="terminal">Where results and messages go.</param>
    /// <param name="cancellation">Stops the verb as Ctrl-C does.</param>
    /// <returns>An exit code of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation)
    {
        // An argument that starts with @ is what it is: file names and part ids may, and nothing of ours is a file of arguments.
        var parsed = Root(terminal).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        Command command = parsed.CommandResult.Command;
        if (parsed.Action is ParseErrorAction or not HelpExamples && Mistakes(parsed, args) is { Count: > 0 } mistakes)
        {
            foreach (string mistake in mistakes)
                terminal.WriteError(mistake);
            terminal.WriteNote($"see: clipfusion {HelpExamples.PathOf(command)} --help".Replace("  ", " ", StringComparison.Ordinal));
            return ExitCode.BadArguments;
        }

        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TerminationTimeout,
            Output = terminal.Out,
            Error = terminal.Error,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, cancellation).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The last place where an error can become a readable line and an exit code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return ErrorReport.Write(e, parsed.GetValue(Verbose), terminal);
        }
    }

    /// <summary>What is wrong with the words themselves.</summary>
    private static List<string> Mistakes(ParseResult parsed, IReadOnlyList<string> args)
    {
        Command command = parsed.CommandResult.Command;
        // An argument of many values takes an unknown option for one of them, unless -- says that it is meant.
        List<string> mistakes =
        [
            .. parsed
                .CommandResult.Tokens.Where(t =>
                    t.Type == TokenType.Argument
                    && t.Value.StartsWith("--", StringComparison.Ordinal)
                    && t.Value.Length > 2
                    && !args.Contains("--")
                )
                .Select(t => $"unknown option {t.Value}{Suggestions.For(command, t.Value)}"),
        ];
        // For an unknown word System.CommandLine also says that a verb is missing, which only confuses.
        if (mistakes.Count == 0)
            mistakes.AddRange(parsed.UnmatchedTokens.Select(t => $"unknown command or argument '{t}'{Suggestions.For(command, t)}"));
        if (mistakes.Count == 0)
            mistakes.AddRange(parsed.Errors.Select(e => e.Message));
        return mistakes;
    }

    private static RootCommand Root(Terminal terminal)
    {
        RootCommand root = Verbs(terminal);
        HelpExamples.AddTo(root);
        TellFailuresOf(root, terminal);
        return root;
    }

    private static void TellFailuresOf(Command command, Terminal terminal)
    {
        if (command.Action is AsynchronousCommandLineAction action)
            command.Action = new ToldAction(action, terminal);
        foreach (Command below in command.Subcommands)
            TellFailuresOf(below, terminal);
    }

    /// <summary>
    /// An action that tells its failure itself. Once a signal has come, System.CommandLine waits for the action in another thread; where
    /// that ends with an exception, a cancelled one included, either of two results may win: the exception, or 130 without a word. And it
    /// listens for signals only when the action has returned for the first time, so the work is begun elsewhere.
    /// </summary>
    private sealed class ToldAction(AsynchronousCommandLineAction action, Terminal terminal) : AsynchronousCommandLineAction
    {
        public override async Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default)
        {
            try
            {
                return await Task.Run(() => action.InvokeAsync(parseResult, cancellationToken), CancellationToken.None)
                    .ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Every error becomes a readable line and an exit code.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return ErrorReport.Write(e, parseResult.GetValue(Verbose), terminal);
            }
        }
    }

    private static RootCommand Verbs(Terminal terminal) =>
        new("ClipFusion: visual inspection from one to twenty good parts.")
        {
            Verbose,
            RunCommand.Create(),
            DemoCommand.Create(terminal),
            ModelsCommand.Create(terminal),
            InspectCommand.Create(terminal),
            EnrollCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            SimulateCommand.Create(terminal),
            BenchCommand.Create(terminal),
            ThresholdCommand.Create(terminal),
            TokenizeCommand.Create(terminal),
            ConfigCommand.Create(terminal),
            RecipeVerb.Create(terminal),
            CompletionCommand.Create(terminal),
        };
}
