using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>Where the running appliance is found by those that look at it from outside: page, API, metrics.</summary>
internal sealed class ApplianceAccessor
{
    private volatile RunningAppliance? _current;

    /// <summary>The appliance; null before it runs and after.</summary>
    public RunningAppliance? Current
    {
        get => _current;
        set => _current = value;
    }
}

/// <summary>What runs, for those that look at it or give it triggers.</summary>
/// <param name="Device">Name of the device.</param>
/// <param name="BootId">Names this run.</param>
/// <param name="StartedAt">Monotonic timestamp of this run's beginning.</param>
/// <param name="Stations">In the order of the configuration.</param>
/// <param name="Events">What stations tell.</param>
/// <param name="Store">Inspections and outbox.</param>
/// <param name="Link">The broker.</param>
/// <param name="Media">The broker, for pictures.</param>
/// <param name="Publisher">What became of verdicts.</param>
/// <param name="Pack">What is known about the model pack.</param>
/// <param name="Networks">What runs the networks.</param>
/// <param name="Archives">The stations' images.</param>
/// <param name="Pictures">What became of pictures.</param>
/// <param name="Enrollments">What is being taught, by station.</param>
/// <param name="References">What was taught.</param>
/// <param name="Clock">Whether the wall clock can be believed.</param>
/// <param name="Time">Clocks.</param>
internal sealed record RunningAppliance(
    string Device,
    string BootId,
    long StartedAt,
    IReadOnlyList<Station> Stations,
    StationEvents Events,
    InspectionStore Store,
    MqttLink Link,
    MediaLink Media,
    VerdictPublisher Publisher,
    PackCondition Pack,
    WarmNetworks Networks,
    ImageArchives Archives,
    PictureWorker Pictures,
    IReadOnlyDictionary<string, StationEnrollment> Enrollments,
    ReferenceStore References,
    WallClock Clock,
    TimeProvider Time
)
{
    /// <summary>Characters of a note in the state, as its schema says.</summary>
    private const int MaxNote = 500;

    /// <summary>The station of a name; null for none.</summary>
    public Station? Find(string name) => Stations.FirstOrDefault(s => s.Name == name);

    /// <summary>A station's state as it is published.</summary>
    public StateMessage StateOf(Station station, long beat)
    {
        (Code code, string why) = station.Readiness;
        StorageState storage = Store.State;
        ProviderStatus networks = Networks.Status;
        OutboxShare outbox = storage.Outboxes.GetValueOrDefault(station.Name);
        return new StateMessage(
            BootId,
            beat,
            code == Code.None,
            station.Counts.Open > 0,
            StationMode.Auto,
            station.Recipes.Stamp is { } stamp ? stamp with { ThresholdState = station.Recipes.ThresholdState } : null,
            station.Counts.Open,
            code,
            code == Code.None ? null : why,
            station.Counts.Snapshot,
            new OutboxCounts(outbox.Pending, outbox.Parked) { Unheard = outbox.Unheard },
            Clock.Told,
            storage.SequenceResets.ContainsKey(station.Name),
            StorageReport.Of(storage),
            networks.Provider,
            networks.Note,
            networks.EngineBuild,
            Time.GetUtcNow(),
            station.Camera.State.Reason is { Length: > MaxNote } note ? note[..MaxNote] : station.Camera.State.Reason
        )
        {
            PackCheck = Pack.Check,
        };
    }
}
