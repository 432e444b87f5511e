using System.Diagnostics.Metrics;
using ClipFusion.EdgeDaemon.Inspections;

namespace ClipFusion.EdgeDaemon.Diagnostics;

/// <summary>
/// The meter <c>ClipFusion</c>: every instrument of the program with its unit and meaning, made here and nowhere else. The pipeline records, the sources
/// (<see cref="MetricSources"/>) are asked when somebody reads. Safe for use by many threads; recording waits for nothing.
/// </summary>
public sealed class ApplianceMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "ClipFusion";

    // A stage takes from a fraction of a millisecond (bank of a small model) to a minute (denoiser on a slow processor).
    private static readonly InstrumentAdvice<double> StageSeconds = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };

    private readonly Counter<long> _inspections, _accepted, _refused, _duplicates;
    private readonly Histogram<double> _stage, _triggerToVerdict;

    /// <summary>Makes the meter and its instruments.</summary>
    /// <param name="sources">What is asked at each reading.</param>
    public ApplianceMetrics(MetricSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        Sources = sources;
        Meter = new Meter(new MeterOptions(MeterName) { Version = typeof(ApplianceMetrics).Assembly.GetName().Version?.ToString(3) });
        _inspections = Meter.CreateCounter<long>("clipfusion.inspections", "{inspection}", "Inspections with a stored verdict, by station, verdict and reason (none where it was judged).");
        _accepted = Meter.CreateCounter<long>("clipfusion.triggers.accepted", "{trigger}", "Triggers accepted and committed, by station and source.");
        _refused = Meter.CreateCounter<long>("clipfusion.triggers.refused", "{trigger}", "Triggers refused, by station and code.");
        _duplicates = Meter.CreateCounter<long>("clipfusion.triggers.duplicate", "{trigger}", "Triggers that came again and were answered with the first inspection, by station.");
        _stage = Meter.CreateHistogram("clipfusion.stage.duration", "s", "Time that an inspection spent in a stage, by station and stage.", advice: StageSeconds);
        _triggerToVerdict = Meter.CreateHistogram("clipfusion.trigger_to_verdict", "s", "From the receipt of a trigger to its stored verdict, by station.", advice: StageSeconds);
        sources.CreateInstruments(Meter);
    }

    /// <summary>What is asked at each reading.</summary>
    public MetricSources Sources { get; }

    /// <summary>The meter, for listeners that want this instance only.</summary>
    public Meter Meter { get; }

    /// <summary>A trigger was accepted and committed.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="source">Who asked.</param>
    public void Accepted(string station, TriggerSource source) => _accepted.Add(1, Tag("station", station), Tag("source", Name(source)));

    /// <summary>A trigger was refused.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="code">Why.</param>
    public void Refused(string station, Code code) => _refused.Add(1, Tag("station", station), Tag("code", code.ToText()));

    /// <summary>A trigger came again.</summary>
    /// <param name="station">Name of the station.</param>
    public void Duplicate(string station) => _duplicates.Add(1, Tag("station", station));

    /// <summary>An inspection's verdict is stored: counts it, its stages and its whole time.</summary>
    /// <param name="verdict">The verdict; its timings are the stages.</param>
    /// <param name="sinceTrigger">Since the trigger's receipt.</param>
    public void Judged(VerdictRecord verdict, TimeSpan sinceTrigger)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        string station = verdict.Inspection.Station;
        _inspections.Add(1, Tag("station", station), Tag("verdict", Name(verdict.Verdict)), Tag("reason", verdict.Reason.ToText()));
        _triggerToVerdict.Record(sinceTrigger.TotalSeconds, Tag("station", station));
        foreach ((string stage, double milliseconds) in verdict.Timings) Stage(station, stage, TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>An inspection has left a stage whose time its verdict does not carry.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="stage">The stage, named as in a verdict's timings.</param>
    /// <param name="took">How long it took.</param>
    public void Stage(string station, string stage, TimeSpan took) => _stage.Record(took.TotalSeconds, Tag("station", station), Tag("stage", stage));

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private static string Name(Verdict verdict) => verdict switch { Verdict.Ok => "ok", Verdict.Ng => "ng", Verdict.Review => "review", _ => "not_judged" };

    private static string Name(TriggerSource source) => source switch
    {
        TriggerSource.Mqtt => "mqtt",
        TriggerSource.Http => "http",
        TriggerSource.Interval => "interval",
        _ => "frame_arrival",
    };
}
