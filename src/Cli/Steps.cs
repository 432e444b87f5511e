using Spectre.Console;

namespace ClipFusion.Cli;

/// <summary>Work that tells its steps in a few words: a spinner on a terminal, plain lines elsewhere. Runs beside the caller, so that
/// Ctrl-C is seen.</summary>
internal static class Steps
{
    public static Task<T> RunAsync<T>(Terminal terminal, string first, Func<IProgress<string>, T> work)
    {
        if (!terminal.IsInteractive)
            return RunAsync(new Lines(terminal), work);
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        return console.Status().StartAsync(Markup.Escape(first), status => RunAsync(new Spinner(status), work));
    }

    public static Task<T> RunAsync<T>(IProgress<string> steps, Func<IProgress<string>, T> work) => Task.Run(() => work(steps));

    private sealed class Lines(Terminal terminal) : IProgress<string>
    {
        public void Report(string value) => terminal.WriteNote(value);
    }

    private sealed class Spinner(StatusContext status) : IProgress<string>
    {
        public void Report(string value) => status.Status = Markup.Escape(value);
    }
}

/// <summary>Steps for machines: <c>{"event":"step","step":"..."}</c>.</summary>
internal sealed class JsonSteps(JsonLines lines) : IProgress<string>
{
    public void Report(string value) => lines.Write(new { @event = "step", step = value });
}
