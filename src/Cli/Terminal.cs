namespace ClipFusion.Cli;

/// <summary>Where a verb writes: results to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
/// <param name="Out">For results that a caller may pipe on.</param>
/// <param name="Error">For progress, notes and errors.</param>
/// <param name="IsInteractive">True when <paramref name="Error"/> is a terminal that can redraw lines.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsInteractive)
{
    /// <summary>The process's own streams.</summary>
    public static Terminal System { get; } =
        new(
            Console.Out,
            Console.Error,
            !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")
        )
        {
            ResultsOnScreen = !Console.IsOutputRedirected,
            IsJournal = Journal.IsStandardError(),
        };

    /// <summary>Whether results appear on the same screen as progress, so that the two must take turns.</summary>
    public bool ResultsOnScreen { get; init; }

    /// <summary>Whether <see cref="Error"/> is the system's journal, which reads a priority at the start of a line.</summary>
    public bool IsJournal { get; init; }

    /// <summary>Writes one error on one line.</summary>
    public void WriteError(string message) => Error.WriteLine($"{(IsJournal ? "<3>" : "")}clipfusion: error: {OneLine(message)}");

    /// <summary>Writes one remark on one line.</summary>
    public void WriteNote(string message) => Error.WriteLine($"{(IsJournal ? "<5>" : "")}clipfusion: {OneLine(message)}");

    private static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
