using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Monitoring;

/// <summary>What a station is asked at each reading.</summary>
/// <param name="Frames">The camera's counters.</param>
/// <param name="IsReady">Whether it would take a trigger.</param>
/// <param name="IsCameraConnected">Whether the camera is there.</param>
/// <param name="QueueDepth">Accepted inspections without a verdict.</param>
/// <param name="Delivery">What became of its verdicts.</param>
/// <param name="Pictures">What became of its pictures.</param>
/// <param name="Images">Its archive; null for none.</param>
internal sealed record StationSource(
    FrameCounters Frames,
    Func<bool> IsReady,
    Func<bool> IsCameraConnected,
    Func<int> QueueDepth,
    Func<DeliveryCounts> Delivery,
    Func<PictureCounts> Pictures,
    ImageArchive? Images
);

/// <summary>What the metrics ask at each reading. Parts are put in as they come up; what is not there yet gives no measurement. Safe for
/// use by many threads.</summary>
internal sealed class MetricSources
{
    private readonly Heartbeats _heartbeats;
    private readonly ConcurrentDictionary<string, StationSource> _stations = new(StringComparer.Ordinal);

    /// <summary>Adds its instruments to the appliance's meter.</summary>
    /// <param name="metrics">Where everything is counted.</param>
    /// <param name="heartbeats">The loops.</param>
    public MetricSources(ApplianceMetrics metrics, Heartbeats heartbeats)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _heartbeats = heartbeats;
        CreateInstruments(metrics.Meter);
    }

    /// <summary>The store's state; null before there is one.</summary>
    public Func<StorageState>? Storage { get; set; }

    /// <summary>Whether the broker is connected; null before there is a link.</summary>
    public Func<bool>? IsLinkConnected { get; set; }

    /// <summary>The heatmaps' way to the broker; null before there is one.</summary>
    public Func<MediaLink>? Media { get; set; }

    /// <summary>Adds a station, or puts another in its place.</summary>
    /// <param name="station">Name of the station.</param>
    /// <param name="source">What to ask.</param>
    public void Add(string station, StationSource source) => _stations[station] = source;

    /// <summary>Watches what runs; null takes everything out.</summary>
    internal void Watch(RunningAppliance? box)
    {
        _stations.Clear();
        Storage = box is null ? null : () => box.Store.State;
        IsLinkConnected = box is null ? null : () => box.Link.State.IsConnected;
        Media = box is null ? null : () => box.Media;
        foreach (Station s in box?.Stations ?? [])
        {
            Add(
                s.Name,
                new StationSource(
                    s.Camera.Counters,
                    () => s.Readiness.Code == Code.None,
                    () => s.Camera.State.Status == SourceStatus.Connected,
                    () => s.Counts.Open,
                    () => box!.Publisher.Counts(s.Name),
                    () => box!.Pictures.Counts(s.Name),
                    box!.Archives[s.Name]
                )
            );
        }
    }

    private void CreateInstruments(Meter meter)
    {
        meter.CreateObservableGauge(
            "clipfusion.outbox.pending",
            () => Of(Storage, s => s.OutboxRows),
            "{verdict}",
            "Stored verdicts that the broker has not taken, parked ones included."
        );
        meter.CreateObservableGauge(
            "clipfusion.outbox.size",
            () => Of(Storage, s => s.OutboxBytes),
            "By",
            "Size of the stored verdicts that the broker has not taken."
        );
        meter.CreateObservableCounter(
            "clipfusion.outbox.dropped",
            () => Of(Storage, s => s.OutboxDropped),
            "{verdict}",
            "Undelivered verdicts that the caps have thrown out since the database was made."
        );
        meter.CreateObservableGauge(
            "clipfusion.outbox.unheard",
            () => Of(Storage, s => s.Outboxes.Values.Sum(o => o.Unheard)),
            "{verdict}",
            "Stored verdicts that the broker has nobody to give to, of those that are pending."
        );
        meter.CreateObservableCounter(
            "clipfusion.verdicts.unheard",
            () => Of(Storage, s => s.OutboxUnheard),
            "{verdict}",
            "Verdicts given up because nobody subscribed for a day, since the database was made."
        );
        meter.CreateObservableGauge(
            "clipfusion.storage.damaged",
            () => Of(Storage, s => s.DamagedRows),
            "{row}",
            "Damaged rows that the database keeps aside."
        );
        meter.CreateObservableGauge(
            "clipfusion.storage.condition",
            Conditions,
            "1",
            "1 for the condition that the storage is in, in the words of the state message, 0 for the others."
        );
        meter.CreateObservableGauge(
            "clipfusion.link.connected",
            () => Of(IsLinkConnected, c => c ? 1 : 0),
            "1",
            "1 while the broker is connected, else 0."
        );
        meter.CreateObservableGauge(
            "clipfusion.heatmaps.route",
            Routes,
            "1",
            "1 for what heatmaps go over (own: a connection of their own, main: the main one, none: nothing now), 0 for the others."
        );
        meter.CreateObservableCounter(
            "clipfusion.heatmaps.sent",
            () => Of(Media, m => m.Sent),
            "{picture}",
            "Heatmaps handed to the broker."
        );
        meter.CreateObservableCounter(
            "clipfusion.heatmaps.dropped",
            () => Of(Media, m => m.Dropped),
            "{picture}",
            "Heatmaps given up: too many waited, too large, or refused by the broker."
        );
        meter.CreateObservableGauge(
            "clipfusion.images.size",
            () => PerArchive(i => i.Bytes),
            "By",
            "Size of the images in the archive, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.images.failures",
            () => PerArchive(i => i.Failures),
            "{image}",
            "Images that could not be written, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.images.evicted",
            () => PerArchive(i => i.Evicted),
            "{image}",
            "Images deleted because of the caps, by station."
        );
        meter.CreateObservableGauge(
            "clipfusion.pictures.waiting",
            () => PerStation(s => s.Pictures().Waiting),
            "{frame}",
            "Judged frames whose pictures have yet to be made, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.pictures",
            () => Counts(s => s.Pictures(), ("archived", p => p.Archived), ("heatmap", p => p.Heatmaps), ("shown", p => p.Shown)),
            "{picture}",
            "Pictures made, by station and kind (archived, heatmap, shown on the page)."
        );
        meter.CreateObservableCounter(
            "clipfusion.pictures.dropped",
            () => PerStation(s => s.Pictures().Dropped),
            "{frame}",
            "Frames given up without pictures because too many waited, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.pictures.failures",
            () => PerStation(s => s.Pictures().Failed),
            "{picture}",
            "Pictures that could not be made or archived, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.pictures.busy",
            () => _stations.Select(s => new Measurement<double>(s.Value.Pictures().Busy.TotalSeconds, Tag("station", s.Key))),
            "s",
            "Time spent on pictures, encoding and disk, by station."
        );
        meter.CreateObservableGauge(
            "clipfusion.station.ready",
            () => PerStation(s => s.IsReady() ? 1 : 0),
            "1",
            "1 while the station would take a trigger, else 0, by station."
        );
        meter.CreateObservableGauge(
            "clipfusion.station.queue.depth",
            () => PerStation(s => s.QueueDepth()),
            "{inspection}",
            "Accepted inspections without a verdict, by station."
        );
        meter.CreateObservableGauge(
            "clipfusion.camera.connected",
            () => PerStation(s => s.IsCameraConnected() ? 1 : 0),
            "1",
            "1 while the camera is there, else 0, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.camera.frames",
            () => PerStation(s => s.Frames.Delivered),
            "{frame}",
            "Frames that the camera gave, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.camera.frames.incomplete",
            () => PerStation(s => s.Frames.Incomplete),
            "{frame}",
            "Frames that were not complete, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.camera.frames.dropped",
            () => PerStation(s => s.Frames.Dropped + s.Frames.Unmatched),
            "{frame}",
            "Frames thrown away: nobody took them in time, or they answered no trigger, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.camera.timeouts",
            () => PerStation(s => s.Frames.TimedOut),
            "{trigger}",
            "Triggers that no frame answered in time, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.camera.losses",
            () => PerStation(s => s.Frames.Lost),
            "{loss}",
            "Times that the camera was lost, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.camera.files",
            () =>
                Counts(
                    s => s.Frames,
                    ("rejected", f => f.Rejected),
                    ("stuck", f => f.Stuck),
                    ("ignored", f => f.Ignored),
                    ("unmatched", f => f.Unmatched)
                ),
            "{file}",
            "Files of folder cameras that were no plain success, by station and kind (rejected; stuck: could not be moved away; "
                + "ignored: no pictures; unmatched: answered no trigger)."
        );
        meter.CreateObservableCounter(
            "clipfusion.verdicts.delivered",
            () => Counts(s => s.Delivery(), ("live", d => d.Live), ("replay", d => d.Replayed)),
            "{verdict}",
            "Verdicts that the broker has taken in this run, by station and kind (live, replay)."
        );
        meter.CreateObservableCounter(
            "clipfusion.verdicts.refused",
            () => PerStation(s => s.Delivery().Refused),
            "{refusal}",
            "Refusals of verdicts by the broker, by station."
        );
        meter.CreateObservableCounter(
            "clipfusion.outbox.parked",
            () => PerStation(s => s.Delivery().Parked),
            "{verdict}",
            "Verdicts given up after too many refusals in this run, by station."
        );
        meter.CreateObservableGauge(
            "clipfusion.loop.heartbeat.age",
            () => _heartbeats.All.Select(h => new Measurement<double>(h.Age.TotalSeconds, Tag("loop", h.Loop))),
            "s",
            "Since the last sign of life of a loop, by loop."
        );
        meter.CreateObservableGauge(
            "clipfusion.loop.heartbeat.limit",
            () => _heartbeats.All.Select(h => new Measurement<double>(h.Limit.TotalSeconds, Tag("loop", h.Loop))),
            "s",
            "How old a loop's sign of life may be now, by loop."
        );
    }

    private static IEnumerable<Measurement<long>> Of<T>(Func<T>? source, Func<T, long> value) =>
        source is null ? [] : [new Measurement<long>(value(source()))];

    private IEnumerable<Measurement<long>> Conditions()
    {
        if (Storage?.Invoke() is not { } state)
            return [];
        StorageWord now = StorageReport.Of(state);
        return Enum.GetValues<StorageWord>()
            .Select(c => new Measurement<long>(c == now ? 1 : 0, Tag("condition", StorageReport.WordOf(c))));
    }

    private IEnumerable<Measurement<long>> Routes()
    {
        if (Media?.Invoke().Route is not { } now)
            return [];
        return Enum.GetValues<MediaRoute>()
            .Select(r => new Measurement<long>(r == now ? 1 : 0, Tag("route", r.ToString().ToLowerInvariant())));
    }

    private IEnumerable<Measurement<long>> PerStation(Func<StationSource, long> value) =>
        _stations.Select(s => new Measurement<long>(value(s.Value), Tag("station", s.Key)));

    private IEnumerable<Measurement<long>> PerArchive(Func<ImageArchive, long> value) =>
        from station in _stations
        where station.Value.Images is not null
        select new Measurement<long>(value(station.Value.Images!), Tag("station", station.Key));

    private IEnumerable<Measurement<long>> Counts<T>(Func<StationSource, T> read, params (string Kind, Func<T, long> Count)[] kinds) =>
        from station in _stations
        let counts = read(station.Value)
        from kind in kinds
        select new Measurement<long>(kind.Count(counts), Tag("station", station.Key), Tag("kind", kind.Kind));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
