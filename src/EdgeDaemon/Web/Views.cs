using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>What the API says of the device.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Version">Version of the program.</param>
/// <param name="BootId">Names this run.</param>
/// <param name="Broker">The connection to the broker.</param>
/// <param name="Storage">What is stored, and how well.</param>
/// <param name="Time">Wall clock, UTC.</param>
/// <param name="StartedAt">When this run began, UTC by the wall clock as it is now: counters count from then on.</param>
internal sealed record DeviceView(
    string Device,
    string Version,
    string BootId,
    BrokerView Broker,
    StorageView Storage,
    DateTimeOffset Time,
    DateTimeOffset StartedAt
)
{
    private static readonly string Program = typeof(DeviceView).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>The device as it is now.</summary>
    public static DeviceView Of(RunningAppliance box, TimeProvider time)
    {
        LinkState link = box.Link.State;
        StorageState storage = box.Store.State;
        return new(
            box.Device,
            Program,
            box.BootId,
            new(link.IsConnected, link.Since, link.Error, link.ErrorText, link.LastErrorText, HeatmapsView.Of(box.Media)),
            new(
                StorageReport.Of(storage),
                storage.Condition,
                storage.CanWrite,
                storage.ImagesAllowed,
                storage.Detail,
                storage.OutboxRows,
                storage.OutboxDropped
            )
            {
                OutboxUnheard = storage.OutboxUnheard,
                DamagedRows = storage.DamagedRows,
            },
            time.GetUtcNow(),
            time.GetUtcNow() - time.GetElapsedTime(box.StartedAt)
        );
    }
}

/// <summary>The connection to the broker.</summary>
/// <param name="Connected">Whether it stands.</param>
/// <param name="Since">When that changed last, UTC.</param>
/// <param name="Error">What is wrong now.</param>
/// <param name="ErrorText">The same for people; null when nothing is.</param>
/// <param name="LastErrorText">What was wrong last; null when nothing ever was.</param>
/// <param name="Heatmaps">How heatmaps get there.</param>
internal sealed record BrokerView(
    bool Connected,
    DateTimeOffset Since,
    LinkError Error,
    string? ErrorText,
    string? LastErrorText,
    HeatmapsView Heatmaps
);

/// <summary>How heatmaps get to the broker.</summary>
/// <param name="Route">Over a connection of their own, the main one, or not now.</param>
/// <param name="Why">Why not over their own; null where there is nothing to say.</param>
/// <param name="Sent">Handed to the broker in this run.</param>
/// <param name="Dropped">Given up in this run.</param>
internal sealed record HeatmapsView(MediaRoute Route, string? Why, long Sent, long Dropped)
{
    /// <summary>As it is now.</summary>
    public static HeatmapsView Of(MediaLink media) => new(media.Route, media.WhyNotOwn, media.Sent, media.Dropped);
}

/// <summary>What is stored, and how well.</summary>
/// <param name="State">What the disk still takes, in the word of the state message and of the metrics.</param>
/// <param name="Condition">The cause behind it, finer: the database may be locked or failed, which are both <c>unavailable</c>.</param>
/// <param name="CanWrite">Whether triggers can be accepted.</param>
/// <param name="ImagesAllowed">Whether images are kept.</param>
/// <param name="Detail">The error behind the condition; null when healthy.</param>
/// <param name="OutboxRows">Verdicts that wait for the broker, of all stations.</param>
/// <param name="OutboxDropped">Undelivered verdicts that the caps have thrown out.</param>
internal sealed record StorageView(
    StorageWord State,
    StorageCondition Condition,
    bool CanWrite,
    bool ImagesAllowed,
    string? Detail,
    long OutboxRows,
    long OutboxDropped
)
{
    /// <summary>Verdicts given up because nobody subscribed for a day.</summary>
    public long OutboxUnheard { get; init; }

    /// <summary>Damaged rows that the database keeps aside.</summary>
    public long DamagedRows { get; init; }
}

/// <summary>What the API says of a station.</summary>
/// <param name="Station">Its name.</param>
/// <param name="State">The same as <c>out/{station}/state</c> says.</param>
/// <param name="Camera">Whether the camera is there.</param>
/// <param name="QueueCapacity">Accepted inspections that may wait.</param>
/// <param name="Delivery">What became of its verdicts in this run.</param>
internal sealed record StationView(string Station, StateMessage State, CameraView Camera, int QueueCapacity, DeliveryCounts Delivery)
{
    /// <summary>The station as it is now.</summary>
    /// <param name="box">The box.</param>
    /// <param name="station">The station.</param>
    /// <param name="beat">Beat of the state; 0 where nobody counts.</param>
    public static StationView Of(RunningAppliance box, Station station, long beat = 0)
    {
        SourceState camera = station.Camera.State;
        return new(
            station.Name,
            box.StateOf(station, beat),
            new(camera.Status, camera.Reason),
            station.Config.QueueDepth,
            box.Publisher.Counts(station.Name)
        );
    }
}

/// <summary>Whether a camera is there.</summary>
/// <param name="Status">In a word.</param>
/// <param name="Reason">Why not, or what is wrong with it although it gives frames, for people; null when nothing is.</param>
internal sealed record CameraView(SourceStatus Status, string? Reason);
