namespace ClipFusion.TestSupport;

/// <summary>The lines that a program wrote, and a way to wait for one.</summary>
public sealed class ProgramLog
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    public void Add(string? line)
    {
        if (line is null)
            return;
        TaskCompletionSource more;
        lock (_gate)
        {
            _lines.Add(line);
            (more, _more) = (_more, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        more.SetResult();
    }

    /// <summary>Waits for a line that holds a text, written already or not.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="after">How many lines are passed over, for what an earlier run said.</param>
    public async Task<string> SaysAsync(string text, CancellationToken cancellation, int after = 0) =>
        (await NextAsync(l => l.Contains(text, StringComparison.Ordinal), after, cancellation)).Line;

    /// <summary>Waits for a line of a kind, written already or not.</summary>
    /// <param name="wanted">The kind.</param>
    /// <param name="after">How many lines are passed over.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The line, and how many lines there are up to and with it.</returns>
    public async Task<(string Line, int Through)> NextAsync(Predicate<string> wanted, int after, CancellationToken cancellation)
    {
        for (int seen = after; ; )
        {
            Task more;
            lock (_gate)
            {
                for (; seen < _lines.Count; seen++)
                {
                    if (wanted(_lines[seen]))
                        return (_lines[seen], seen + 1);
                }
                more = _more.Task;
            }
            await more.WaitAsync(cancellation);
        }
    }

    /// <summary>Whether a line with a text was written.</summary>
    public bool Has(string text, int after = 0) => Lines.Skip(after).Any(l => l.Contains(text, StringComparison.Ordinal));

    /// <summary>The last lines, for a failing test's message.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Lines.TakeLast(60));
}
