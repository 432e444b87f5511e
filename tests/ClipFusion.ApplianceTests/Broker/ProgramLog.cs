namespace ClipFusion.ApplianceTests.Broker;

/// <summary>The lines that a program wrote, and a way to wait for one.</summary>
internal sealed class ProgramLog
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Lines
    {
        get { lock (_gate) return [.. _lines]; }
    }

    public void Add(string? line)
    {
        if (line is null) return;
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
    public async Task<string> SaysAsync(string text, CancellationToken cancellation, int after = 0)
    {
        for (int seen = after; ;)
        {
            Task more;
            lock (_gate)
            {
                for (; seen < _lines.Count; seen++)
                {
                    if (_lines[seen].Contains(text, StringComparison.Ordinal)) return _lines[seen];
                }
                more = _more.Task;
            }
            await more.WaitAsync(cancellation);
        }
    }

    /// <summary>The last lines, for a failing test's message.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Lines.TakeLast(40));
}
