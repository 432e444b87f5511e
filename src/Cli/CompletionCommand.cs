using System.CommandLine;

namespace ClipFusion.Cli;

/// <summary>
/// <c>clipfusion completion</c>: a script that completes verbs, options and their values in a shell, made from the commands themselves. It
/// starts nothing while somebody types.
/// </summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new Argument<string>("SHELL") { Description = "Which shell." }.AcceptOnlyFromAmong(
        "bash",
        "zsh"
    );

    public static Command Create(Terminal terminal)
    {
        var command = new Command("completion", "Write a completion script for bash or zsh to standard output.") { Shell };
        command.SetAction(parsed =>
        {
            terminal.Out.Write(Script((Command)parsed.RootCommandResult.Command, parsed.GetRequiredValue(Shell)));
            return ExitCode.Clean;
        });
        return command;
    }

    private static string Script(Command root, string shell)
    {
        Command[] all = [.. All(root)];
        string verbs = Lines(
            all.Where(c => c.Subcommands.Count > 0)
                .Select(c =>
                    $"\"{HelpExamples.PathOf(c)}\") "
                    + $"words=\"{string.Join(' ', c.Subcommands.Where(s => !s.Hidden).Select(s => s.Name))}\" ;;"
                )
        );
        string options = Lines(
            all.Select(c =>
                $"\"{HelpExamples.PathOf(c)}\") "
                + $"words=\"{string.Join(' ', Suggestions.Options(c).Where(o => o.StartsWith("--", StringComparison.Ordinal)))}\" "
                + ";;"
            )
        );
        string values = Lines(
            all.SelectMany(c =>
                c.Options.Where(o => !o.Hidden && Values(o).Length > 0)
                    .Select(o => $"\"{HelpExamples.PathOf(c)} {o.Name}\") words=\"{string.Join(' ', Values(o))}\" ;;")
            )
        );
        string paths = string.Join('|', all.Where(c => c is not RootCommand).Select(c => $"\"{HelpExamples.PathOf(c)}\""));
        string function = $$"""
            _clipfusion() {
              local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= words= i next
              for (( i = 1; i < COMP_CWORD; i++ )); do
                next="${path:+$path }${COMP_WORDS[i]}"
                case "$next" in {{paths}}) path=$next ;; *) break ;; esac
              done
              case "$path $prev" in
                {{values}}
              esac
              if [[ -z $words && $cur == -* ]]; then
                case "$path" in
                {{options}}
                esac
              elif [[ -z $words ]]; then
                case "$path" in
                {{verbs}}
                esac
              fi
              COMPREPLY=( $(compgen -W "$words" -- "$cur") )
            }

            """.Replace("\r\n", "\n", StringComparison.Ordinal);
        // With nothing of its own to offer the shell completes file names.
        return shell == "bash"
            ? "# bash completion of clipfusion: source it, or put it into "
                + $"/usr/share/bash-completion/completions/clipfusion\n{function}complete -o default -F _clipfusion clipfusion\n"
            : "#compdef clipfusion\n# zsh completion of clipfusion: put it into a folder of $fpath as _clipfusion, or source it after "
                + $"compinit\nautoload -U +X bashcompinit && bashcompinit\n{function}complete -o default -F _clipfusion clipfusion\n";
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.Where(c => !c.Hidden).SelectMany(All).Prepend(command);

    private static string[] Values(Option option) =>
        [
            .. option
                .GetCompletions(System.CommandLine.Completions.CompletionContext.Empty)
                .Select(c => c.Label)
                .Where(v => !v.StartsWith('-')),
        ];

    private static string Lines(IEnumerable<string> lines) => string.Join("\n    ", lines);
}
