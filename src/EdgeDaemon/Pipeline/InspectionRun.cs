using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// One accepted inspection on its way to exactly one verdict. Whoever comes first decides: the judge with a result, a stage with a reason,
/// or the deadline with what is held (the fast profile's result, once there is one) or with NOT_JUDGED: deadline.
/// </summary>
internal sealed class InspectionRun : IDisposable
{
    /// <summary>Characters of a verdict's detail.</summary>
    private const int LongestDetail = 400;

    private readonly TimeProvider _time;
    private readonly Deadline _deadline;
    private readonly CancellationTokenRegistration _atDeadline;
    private readonly TaskCompletionSource<VerdictRecord> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, double> _timings = [];
    private VerdictRecord? _fallback;
    private TimeSpan _lastLap;

    /// <summary>Starts the run and its deadline.</summary>
    /// <param name="inspection">What was accepted.</param>
    /// <param name="received">Monotonic timestamp of the trigger's receipt.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="margin">Time kept for storing and sending.</param>
    public InspectionRun(AcceptedInspection inspection, long received, TimeProvider time, TimeSpan margin)
    {
        ArgumentNullException.ThrowIfNull(inspection);
        (Inspection, _time) = (inspection, time);
        _deadline = new Deadline(time, received, inspection.Deadline, margin);
        _atDeadline = _deadline.Passed.Register(static r => ((InspectionRun)r!).TimeIsUp(), this);
    }

    /// <summary>What was accepted.</summary>
    public AcceptedInspection Inspection { get; }

    /// <summary>The one verdict.</summary>
    public Task<VerdictRecord> Verdict => _verdict.Task;

    /// <summary>Ends whatever works for this run once a result would be thrown away.</summary>
    public CancellationToken DeadlinePassed => _deadline.Passed;

    /// <summary>Whether the limit itself is over: the verdict is late.</summary>
    public bool IsLate => _deadline.IsOver;

    /// <summary>Since the trigger's receipt.</summary>
    public TimeSpan Elapsed => _deadline.Elapsed;

    /// <summary>Milliseconds by stage so far: written by the stage that has the run, one at a time.</summary>
    public IReadOnlyDictionary<string, double> Timings => _timings;

    /// <summary>Notes how long a stage took: the time since the lap before, or since the trigger's receipt.</summary>
    public void Lap(string stage)
    {
        TimeSpan now = Elapsed;
        _timings[stage] = (now - _lastLap).TotalMilliseconds;
        _lastLap = now;
    }

    /// <summary>Notes how long a part of the stage that goes on took; the next lap counts from here.</summary>
    public void Note(string part, TimeSpan duration)
    {
        _timings[part] = duration.TotalMilliseconds;
        _lastLap = Elapsed;
    }

    /// <summary>Sets the verdict that is given if the deadline comes first. A result without a threshold of its own profile is none: don't
    /// set it.</summary>
    public void SetFallback(VerdictRecord fallback) => Volatile.Write(ref _fallback, fallback);

    /// <summary>Decides, unless something else has decided before.</summary>
    /// <returns>Whether this was the decision.</returns>
    public bool TryFinish(VerdictRecord verdict) => _verdict.TrySetResult(verdict);

    /// <summary>Decides NOT_JUDGED, unless something else has decided before.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="frame">What is known of the frame; null where there is none.</param>
    /// <param name="detail">What exactly was wrong, for people.</param>
    /// <returns>Whether this was the decision.</returns>
    public bool TryFail(Code reason, FrameRecord? frame = null, string? detail = null) =>
        TryFinish(NotJudged(Inspection, reason, _time.GetUtcNow(), frame) with { Detail = Cut(detail) });

    /// <summary>A message of whatever length as a verdict takes it.</summary>
    private static string? Cut(string? detail) =>
        detail is { Length: > LongestDetail } ? string.Concat(detail.AsSpan(0, LongestDetail - 1), "…") : detail;

    /// <summary>A verdict that says nothing but why.</summary>
    public static VerdictRecord NotJudged(AcceptedInspection inspection, Code reason, DateTimeOffset at, FrameRecord? frame = null) =>
        new(
            inspection,
            Domain.Verdict.NotJudged,
            reason,
            null,
            null,
            null,
            [],
            false,
            "",
            false,
            false,
            "",
            new Dictionary<string, double>(),
            frame,
            at
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        _atDeadline.Dispose();
        _deadline.Dispose();
    }

    private void TimeIsUp()
    {
        if (Volatile.Read(ref _fallback) is { } fallback)
            TryFinish(fallback with { IsFallbackProfile = true, CompletedAt = _time.GetUtcNow() });
        else
            TryFail(Code.Deadline);
    }
}
