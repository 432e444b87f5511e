namespace ClipFusion.Evaluation.Protocol;

/// <summary>
/// Counts steps of several kinds and tells how long the rest takes: of each kind as long as its recent steps took. As long as a kind that
/// is still to come was never measured, what is told is the least. What was there already takes no time and is not measured. Safe for
/// several threads.
/// </summary>
internal sealed class StepCounter(IProgress<EvaluationProgress>? progress, TimeProvider time)
{
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private int _total,
        _done;
    private Work? _current;

    /// <summary>Steps that will come.</summary>
    public void Plan(string kind, int steps)
    {
        lock (_gate)
        {
            Of(kind).Left += steps;
            _total += steps;
        }
    }

    /// <summary>Work of one kind begins; one at a time.</summary>
    /// <param name="kind">Steps of a kind take about the same time.</param>
    /// <param name="what">What is done, in words.</param>
    /// <param name="steps">How many of the planned steps it is.</param>
    public void Begin(string kind, string what, int steps)
    {
        lock (_gate)
            _current = new Work(kind, what, steps, time.GetTimestamp());
        Report();
    }

    /// <summary>One step of the current work is done.</summary>
    public void Step()
    {
        lock (_gate)
        {
            if (_current is { } work && work.Done < work.Steps)
                (work.Done, _done) = (work.Done + 1, _done + 1);
        }

        Report();
    }

    /// <summary>The current work is done.</summary>
    /// <param name="measured">False where nothing had to be done, so that its time says nothing.</param>
    public void End(bool measured = true)
    {
        lock (_gate)
        {
            Work work = _current!;
            Kind kind = Of(work.Kind);
            if (measured && work.Steps > 0)
                kind.Add(time.GetElapsedTime(work.Start), work.Steps);
            kind.Left -= work.Steps;
            _done += work.Steps - work.Done;
            work.Done = work.Steps;
        }

        Report();
        lock (_gate)
            _current = null;
    }

    private void Report()
    {
        if (progress is null)
            return;
        EvaluationProgress now;
        lock (_gate)
            now = new EvaluationProgress(_current!.What, _done, _total, Left(out bool isLeast), isLeast);
        progress.Report(now);
    }

    private TimeSpan? Left(out bool isLeast)
    {
        isLeast = false;
        TimeSpan left = TimeSpan.Zero;
        bool known = false;
        foreach ((string name, Kind kind) in _kinds.Where(k => k.Value.Left > 0))
        {
            if (kind.Mean is not { } mean)
            {
                isLeast = true;
                continue;
            }

            known = true;
            TimeSpan rest = mean * kind.Left;
            // What of the current work's time is over.
            if (_current is { } work && work.Kind == name && work.Done < work.Steps)
                rest -= TimeSpan.FromTicks(Math.Min((mean * work.Steps).Ticks, time.GetElapsedTime(work.Start).Ticks));
            left += rest;
        }

        return known ? left : null;
    }

    private Kind Of(string name)
    {
        if (!_kinds.TryGetValue(name, out Kind? kind))
            _kinds[name] = kind = new Kind();
        return kind;
    }

    private sealed class Kind
    {
        private const int Recent = 64;

        private readonly Queue<(TimeSpan Took, int Steps)> _measured = new();
        private bool _warm;

        public int Left { get; set; }

        public TimeSpan? Mean => _measured.Count == 0 ? null : new TimeSpan(_measured.Sum(m => m.Took.Ticks)) / _measured.Sum(m => m.Steps);

        public void Add(TimeSpan took, int steps)
        {
            // The first of many short steps opens what the others find open.
            if (steps == 1 && !_warm)
            {
                _warm = true;
                return;
            }

            _measured.Enqueue((took, steps));
            if (_measured.Count > Recent)
                _measured.Dequeue();
        }
    }

    private sealed record Work(string Kind, string What, int Steps, long Start)
    {
        public int Done { get; set; }
    }
}
