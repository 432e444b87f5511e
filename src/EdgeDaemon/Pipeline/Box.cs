using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Where the running box is found by those that look at it from outside: page, API, metrics.</summary>
internal sealed class BoxSlot
{
    private volatile Box? _running;

    /// <summary>The box; null before it runs and after.</summary>
    public Box? Running { get => _running; set => _running = value; }
}

/// <summary>What runs, for those that look at it or give it triggers.</summary>
/// <param name="device">Name of the device.</param>
/// <param name="bootId">Names this run.</param>
/// <param name="store">Inspections and outbox.</param>
/// <param name="link">The broker.</param>
/// <param name="media">The broker, for pictures.</param>
/// <param name="publisher">What became of verdicts.</param>
/// <param name="clock">Whether the wall clock can be believed.</param>
/// <param name="time">Clocks.</param>
internal sealed class Box(string device, string bootId, InspectionStore store, MqttLink link, MediaLink media, VerdictPublisher publisher, WallClock clock, TimeProvider time)
{
    /// <summary>Characters of a note in the state, as its schema says.</summary>
    private const int MaxNote = 500;

    private readonly List<Station> _stations = [];
    private readonly Dictionary<string, StationGallery> _galleries = new(StringComparer.Ordinal);

    /// <summary>Raised for every stored verdict, on some pool thread; handlers return at once.</summary>
    public event Action<VerdictRecord>? Judged;

    public string Device => device;

    public string BootId => bootId;

    /// <summary>Monotonic timestamp of this run's beginning.</summary>
    public long StartedAt { get; } = time.GetTimestamp();

    public IReadOnlyList<Station> Stations => _stations;

    /// <summary>What the page shows, by name of the station.</summary>
    public IReadOnlyDictionary<string, StationGallery> Galleries => _galleries;

    public InspectionStore Store => store;

    public MqttLink Link => link;

    public MediaLink Media => media;

    public VerdictPublisher Publisher => publisher;

    public WallClock Clock => clock;

    /// <summary>Takes a station in; only before the box runs.</summary>
    public void Add(Station station)
    {
        _stations.Add(station);
        _galleries.Add(station.Name, new StationGallery(time));
    }

    /// <summary>The station of a name; null for none.</summary>
    public Station? Find(string name) => _stations.Find(s => s.Name == name);

    /// <summary>Tells the line that exposure is over.</summary>
    public FrameNotices Frames { get; } = new(link.TellFrame);

    /// <summary>Tells that a verdict is stored.</summary>
    public void TellJudged(VerdictRecord verdict) => Judged?.Invoke(verdict);

    /// <summary>Takes a judged frame over; must not wait. To be set before the box runs.</summary>
    public Action<JudgedFrame> Pictures { get; set; } = judged => judged.Dispose();

    /// <summary>What became of a station's pictures, by its name. To be set before the box runs.</summary>
    public Func<string, PictureCounts> PictureCounts { get; set; } = _ => EdgeDaemon.Pictures.PictureCounts.None;

    /// <summary>What runs the networks. To be set before the box runs.</summary>
    public Func<ProviderStatus> Networks { get; set; } = () => ProviderStatus.None;

    /// <summary>What is known about the model pack. To be set before the box runs.</summary>
    public PackCondition Pack { get; set; } = new();

    /// <summary>Hands a judged frame to the pictures.</summary>
    public void TakePicture(JudgedFrame judged) => Pictures(judged);

    /// <summary>A station's state as it is published.</summary>
    public StateMessage StateOf(Station station, long beat)
    {
        (Code code, string why) = station.Readiness;
        StorageState storage = store.State;
        ProviderStatus networks = Networks();
        OutboxShare outbox = storage.Outboxes.GetValueOrDefault(station.Name);
        return new StateMessage(
            bootId, beat, code == Code.None, station.Counts.Open > 0, StationMode.Auto, station.Recipes.Stamp, station.Counts.Open, code, code == Code.None ? null : why,
            station.Counts.Snapshot, new OutboxCounts(outbox.Pending, outbox.Parked) { Unheard = outbox.Unheard }, clock.Told, storage.SequenceResets.ContainsKey(station.Name), StorageReport.Of(storage),
            networks.Provider, networks.Note, networks.EngineBuild, time.GetUtcNow(), station.Camera.State.Reason is { Length: > MaxNote } note ? note[..MaxNote] : station.Camera.State.Reason)
        { PackCheck = Pack.Check };
    }
}
