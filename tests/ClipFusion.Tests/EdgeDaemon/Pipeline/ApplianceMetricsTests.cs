using System.Diagnostics.Metrics;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Monitoring;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Tests.EdgeDaemon.Delivery;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Pipeline;

public sealed class ApplianceMetricsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Heartbeats _heartbeats;
    private readonly MetricSources _sources;
    private readonly MeterListener _listener = new();
    private readonly List<Instrument> _instruments = [];
    private readonly List<string> _heard = [];
    private readonly ApplianceMetrics _metrics;

    public ApplianceMetricsTests()
    {
        _heartbeats = new Heartbeats(_time);
        _metrics = new ApplianceMetrics();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other tests may have meters of the same name.
            if (!ReferenceEquals(instrument.Meter, _metrics.Meter))
                return;
            _instruments.Add(instrument);
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Hear(i, value, tags));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Hear(i, value, tags));
        _listener.Start();
        _sources = new MetricSources(_metrics, _heartbeats);
    }

    [Fact]
    public void Instruments_All_HaveANameOfTheirOwnAUnitAndAMeaning()
    {
        Assert.True(_instruments.Count >= 20, $"only {_instruments.Count} instruments");
        Assert.Equal(_instruments.Count, _instruments.Select(i => i.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(_instruments, i => Assert.Matches("^clipfusion(\\.[a-z]+(_[a-z]+)*)+$", i.Name));
        Assert.All(_instruments, i => Assert.Matches("^(s|By|1|\\{[a-z]+\\})$", i.Unit ?? "no unit"));
        Assert.All(_instruments, i => Assert.Matches("^[A-Z0-9].+\\.$", i.Description ?? "no description"));
    }

    [Fact]
    public void Recording_OfAFlow_IsSeenWithItsTags()
    {
        VerdictRecord judged = Samples.Judged(Samples.Accepted()) with
        {
            Timings = new Dictionary<string, double> { ["networks"] = 40, ["fuse"] = 0.5 },
        };
        string station = judged.Inspection.Station;
        _metrics.Accepted(station, TriggerSource.Mqtt);
        _metrics.Judged(judged, TimeSpan.FromMilliseconds(80));
        _metrics.Refused(station, Code.QueueFull);
        _metrics.Duplicate(station);
        _metrics.Judged(
            Samples.NotJudged(Samples.Accepted(2), Code.Deadline) with
            {
                Timings = new Dictionary<string, double>(),
            },
            TimeSpan.FromSeconds(1)
        );
        _metrics.Stage(station, "frame", TimeSpan.FromMilliseconds(7));
        Assert.Equal(
            [
                $"clipfusion.triggers.accepted station={station} source=mqtt 1",
                $"clipfusion.inspections station={station} verdict=ng reason=none 1",
                $"clipfusion.trigger_to_verdict station={station} 0.08",
                $"clipfusion.stage.duration station={station} stage=networks 0.04",
                $"clipfusion.stage.duration station={station} stage=fuse 0.0005",
                $"clipfusion.triggers.refused station={station} code=QUEUE_FULL 1",
                $"clipfusion.triggers.duplicate station={station} 1",
                $"clipfusion.inspections station={station} verdict=not_judged reason=deadline 1",
                $"clipfusion.trigger_to_verdict station={station} 1",
                $"clipfusion.stage.duration station={station} stage=frame 0.007",
            ],
            _heard
        );
    }

    [Fact]
    public void Start_OfAStation_GivesEveryCounterIts0BeforeItsFirstEvent()
    {
        string station = Samples.Accepted().Station;
        _metrics.Start(station);
        string[] started = [.. _heard];
        Assert.All(started, s => Assert.EndsWith(" 0", s, StringComparison.Ordinal));
        // A counter that is new gets it too: there is no other way to one.
        foreach (Instrument counter in _instruments.Where(i => i is Counter<long>))
            Assert.Contains(started, s => s.StartsWith($"{counter.Name} station={station}", StringComparison.Ordinal));

        // Whatever can be recorded has its 0.
        _heard.Clear();
        foreach (Code code in Enum.GetValues<Code>())
        {
            if (code.IsRefusal())
                _metrics.Refused(station, code);
            else if (code != Code.None)
                _metrics.Judged(
                    Samples.NotJudged(Samples.Accepted(), code) with
                    {
                        Timings = new Dictionary<string, double>(),
                    },
                    TimeSpan.FromSeconds(1)
                );
        }

        foreach (Verdict verdict in (ReadOnlySpan<Verdict>)[Verdict.Ok, Verdict.Ng, Verdict.Review])
            _metrics.Judged(
                Samples.Judged(Samples.Accepted()) with
                {
                    Verdict = verdict,
                    Timings = new Dictionary<string, double>(),
                },
                TimeSpan.FromSeconds(1)
            );
        foreach (TriggerSource source in Enum.GetValues<TriggerSource>())
            _metrics.Accepted(station, source);
        _metrics.Duplicate(station);
        string[] counted =
        [
            .. _heard.Where(h => !h.StartsWith("clipfusion.trigger_to_verdict", StringComparison.Ordinal)).Select(h => h[..^1] + "0"),
        ];
        Assert.Equal(started.Order(StringComparer.Ordinal), counted.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Reading_BeforeAnythingIsThere_GivesNoMeasurement()
    {
        _listener.RecordObservableInstruments();
        Assert.Empty(_heard);
    }

    [Fact]
    public void Reading_OfAllSources_GivesWhatTheySay()
    {
        using Heartbeat loop = _heartbeats.Add("line1: judge");
        _time.Advance(TimeSpan.FromSeconds(3));
        _sources.Storage = () =>
            new StorageState(
                StorageCondition.OnReserve,
                false,
                "full",
                null,
                new Dictionary<string, long>(),
                12,
                new Dictionary<string, OutboxShare>(),
                3400,
                5
            );
        _sources.IsLinkConnected = () => true;
        _sources.Add(
            "line1",
            new StationSource(
                new FrameCounters(),
                () => true,
                () => false,
                () => 3,
                () => new DeliveryCounts(10, 4, 2, 1, null),
                () => new PictureCounts(1, 2, 3, 4, 5, 6, TimeSpan.FromSeconds(7)),
                null
            )
        );
        _listener.RecordObservableInstruments();
        foreach (
            string expected in (ReadOnlySpan<string>)
                [
                    "clipfusion.outbox.pending 12",
                    "clipfusion.outbox.size 3400",
                    "clipfusion.outbox.dropped 5",
                    "clipfusion.link.connected 1",
                    "clipfusion.storage.condition condition=ok 0",
                    "clipfusion.storage.condition condition=reserve 1",
                    "clipfusion.storage.condition condition=no_images 0",
                    "clipfusion.station.ready station=line1 1",
                    "clipfusion.station.queue.depth station=line1 3",
                    "clipfusion.camera.connected station=line1 0",
                    "clipfusion.camera.frames station=line1 0",
                    "clipfusion.verdicts.delivered station=line1 kind=live 10",
                    "clipfusion.verdicts.delivered station=line1 kind=replay 4",
                    "clipfusion.verdicts.refused station=line1 2",
                    "clipfusion.outbox.parked station=line1 1",
                    "clipfusion.pictures.waiting station=line1 1",
                    "clipfusion.pictures station=line1 kind=archived 3",
                    "clipfusion.pictures station=line1 kind=heatmap 4",
                    "clipfusion.pictures station=line1 kind=shown 5",
                    "clipfusion.pictures.dropped station=line1 2",
                    "clipfusion.pictures.failures station=line1 6",
                    "clipfusion.pictures.busy station=line1 7",
                    "clipfusion.loop.heartbeat.age loop=line1: judge 3",
                    "clipfusion.loop.heartbeat.limit loop=line1: judge 15",
                ]
        )
            Assert.Contains(expected, _heard);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
        _heartbeats.Dispose();
    }

    private void Hear(Instrument instrument, object value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string text = instrument.Name;
        foreach ((string name, object? tag) in tags)
            text += $" {name}={tag}";
        _heard.Add($"{text} {value}");
    }
}
