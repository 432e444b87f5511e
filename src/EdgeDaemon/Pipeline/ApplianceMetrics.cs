using System.Diagnostics;
using System.Diagnostics.Metrics;
using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// The meter <c>ClipFusion</c>: what the pipeline counts and times, each with its unit and meaning; what is asked
/// when somebody reads (the sources) adds its instruments to the same meter. Safe for use by many threads; recording waits for nothing.
/// </summary>
internal sealed class ApplianceMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "ClipFusion";

    // A stage takes from a fraction of a millisecond (bank of a small model) to a minute (denoiser on a slow processor). The published
    // networks on a processor take tens of seconds, so the buckets are close there.
    private static readonly InstrumentAdvice<double> StageSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 30, 40, 60],
    };

    private readonly List<StationCounter> _counters = [];
    private readonly StationCounter _inspections,
        _accepted,
        _refused,
        _duplicates;
    private readonly Histogram<double> _stage,
        _triggerToVerdict;

    /// <summary>Makes the meter and its instruments.</summary>
    public ApplianceMetrics()
    {
        Meter = new Meter(new MeterOptions(MeterName) { Version = typeof(ApplianceMetrics).Assembly.GetName().Version?.ToString(3) });
        _inspections = Counter(
            "clipfusion.inspections",
            "{inspection}",
            "Inspections with a stored verdict, by station, verdict and reason (none where it was judged).",
            [.. from verdict in Enum.GetValues<Verdict>() from reason in ReasonsOf(verdict) select Outcome(verdict, reason)]
        );
        _accepted = Counter(
            "clipfusion.triggers.accepted",
            "{trigger}",
            "Triggers accepted and committed, by station and source.",
            [.. Enum.GetValues<TriggerSource>().Select(From)]
        );
        _refused = Counter(
            "clipfusion.triggers.refused",
            "{trigger}",
            "Triggers refused, by station and code.",
            [.. Enum.GetValues<Code>().Where(CodeText.IsRefusal).Select(Because)]
        );
        _duplicates = Counter(
            "clipfusion.triggers.duplicate",
            "{trigger}",
            "Triggers that came again and were answered with the first inspection, by station.",
            [
                [],
            ]
        );
        _stage = Meter.CreateHistogram(
            "clipfusion.stage.duration",
            "s",
            "Time that an inspection spent in a stage, by station and stage.",
            advice: StageSeconds
        );
        _triggerToVerdict = Meter.CreateHistogram(
            "clipfusion.trigger_to_verdict",
            "s",
            "From the receipt of a trigger to its stored verdict, by station.",
            advice: StageSeconds
        );
    }

    /// <summary>The meter, for listeners that want this instance only.</summary>
    public Meter Meter { get; }

    /// <summary>
    /// Starts every counter of a station at 0. A counter that comes into being with its first event has no increase: whoever alarms on
    /// <c>increase()</c> would miss the first refusals.
    /// </summary>
    /// <param name="station">Name of the station.</param>
    public void Start(string station)
    {
        foreach (StationCounter counter in _counters)
            counter.Start(station);
    }

    /// <summary>A trigger was accepted and committed.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="source">Who asked.</param>
    public void Accepted(string station, TriggerSource source) => _accepted.Add(station, From(source));

    /// <summary>A trigger was refused.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="code">Why.</param>
    public void Refused(string station, Code code) => _refused.Add(station, Because(code));

    /// <summary>A trigger came again.</summary>
    /// <param name="station">Name of the station.</param>
    public void Duplicate(string station) => _duplicates.Add(station, []);

    /// <summary>An inspection's verdict is stored: counts it, its stages and its whole time.</summary>
    /// <param name="verdict">The verdict; its timings are the stages.</param>
    /// <param name="sinceTrigger">Since the trigger's receipt.</param>
    public void Judged(VerdictRecord verdict, TimeSpan sinceTrigger)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        string station = verdict.Inspection.Station;
        _inspections.Add(station, Outcome(verdict.Verdict, verdict.Reason));
        _triggerToVerdict.Record(sinceTrigger.TotalSeconds, Tag("station", station));
        foreach ((string stage, double milliseconds) in verdict.Timings)
            Stage(station, stage, TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>An inspection has left a stage whose time its verdict does not carry.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="stage">The stage, named as in a verdict's timings.</param>
    /// <param name="took">How long it took.</param>
    public void Stage(string station, string stage, TimeSpan took) =>
        _stage.Record(took.TotalSeconds, Tag("station", station), Tag("stage", stage));

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    /// <summary>The only way to a counter: with all label sets that it may be given, so that <see cref="Start"/> knows them.</summary>
    private StationCounter Counter(string name, string unit, string description, IReadOnlyList<TagList> labels)
    {
        var counter = new StationCounter(Meter.CreateCounter<long>(name, unit, description), labels);
        _counters.Add(counter);
        return counter;
    }

    private static IEnumerable<Code> ReasonsOf(Verdict verdict) =>
        verdict == Verdict.NotJudged ? Enum.GetValues<Code>().Where(c => c != Code.None && !c.IsRefusal()) : [Code.None];

    private static TagList Outcome(Verdict verdict, Code reason) => [Tag("verdict", Name(verdict)), Tag("reason", reason.ToText())];

    private static TagList From(TriggerSource source) => [Tag("source", Name(source))];

    private static TagList Because(Code code) => [Tag("code", code.ToText())];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static string Name(Verdict verdict) =>
        verdict switch
        {
            Verdict.Ok => "ok",
            Verdict.Ng => "ng",
            Verdict.Review => "review",
            _ => "not_judged",
        };

    private static string Name(TriggerSource source) =>
        source switch
        {
            TriggerSource.Mqtt => "mqtt",
            TriggerSource.Http => "http",
            TriggerSource.Interval => "interval",
            _ => "frame_arrival",
        };
}
