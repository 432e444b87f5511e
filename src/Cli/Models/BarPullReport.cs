using ClipFusion.Models.Download;
using Spectre.Console;

namespace ClipFusion.Cli.Models;

/// <summary>Shows a pull's progress as one bar per file on a terminal.</summary>
internal sealed class BarPullReport : IProgress<PullProgress>
{
    private readonly Dictionary<string, ProgressTask> _bars = [];
    private readonly IAnsiConsole _console;
    private readonly ProgressContext _context;

    private BarPullReport(IAnsiConsole console, ProgressContext context) => (_console, _context) = (console, context);

    /// <summary>Runs work with bars on the given stream.</summary>
    public static Task<T> RunAsync<T>(TextWriter output, Func<IProgress<PullProgress>, Task<T>> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        return console
            .Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(context => work(new BarPullReport(console, context)));
    }

    public void Report(PullProgress value)
    {
        string file = Markup.Escape(value.File);
        if (!_bars.TryGetValue(value.File, out var bar))
            _bars[value.File] = bar = _context.AddTask(file);
        bar.IsIndeterminate = value.TotalBytes is null;
        if (value.TotalBytes is { } total)
            bar.MaxValue = Math.Max(1, total);
        bar.Value = value.Bytes;
        if (value.Step is PullStep.Installed or PullStep.Present)
        {
            bar.Value = bar.MaxValue;
            bar.StopTask();
        }

        if (value.Step is PullStep.Retrying or PullStep.Restarted or PullStep.Pinned && value.Detail is { } detail)
            _console.MarkupLineInterpolated($"{value.Step}: {value.File}: {detail}");
    }
}
