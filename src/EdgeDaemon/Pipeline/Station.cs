using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// One camera view: its triggers become accepted inspections, those become verdicts.
/// <code>
///   1 trigger  ->  Acceptance (committed, then acked)  ->  Stages: 2 frame  ->  3-7 judge  ->  8 store  ->  outbox
///                                   \______________ deadline: whichever comes first ______________/
/// </code>
/// </summary>
/// <remarks>Every queue is bounded by the station's queue depth: more than that many inspections without a verdict are never
/// accepted.</remarks>
internal sealed class Station : IAsyncDisposable
{
    private const int MostParts = 64;
    private static readonly TimeSpan PartTtl = TimeSpan.FromSeconds(10);

    private readonly InspectionLinkage _own;
    private volatile StationConfig _config;
    private volatile bool _isStopping;

    /// <param name="config">Its configuration.</param>
    /// <param name="camera">Its camera, closed.</param>
    /// <param name="counts">Its counts.</param>
    /// <param name="links">What it shares with the others.</param>
    /// <param name="time">Clocks.</param>
    /// <param name="cameraLog">Where a person reads of the camera; null for nowhere.</param>
    /// <param name="files">Which files are an inspection's already; null for a camera without files.</param>
    public Station(
        StationConfig config,
        IFrameSource camera,
        StationCounts counts,
        StationLinks links,
        TimeProvider time,
        CameraLog? cameraLog = null,
        HandedFiles? files = null
    )
    {
        (_config, Camera, Counts) = (config, camera, counts);
        CameraLog log = cameraLog ?? new CameraLog(config.Name, NullLogger.Instance);
        var stages = new Stages(config.Name, camera, counts, links, config.QueueDepth, time, log, files);
        Acceptance = new Acceptance(() => _config, Recipes, counts, links.Store, () => Readiness, stages, links.Acks, links.Metrics, time);
        Parts = new PartQueue(time, PartTtl, MostParts);
        _own = new InspectionLinkage(
            links,
            stages,
            new SelfTriggers(
                () => _config,
                camera,
                Acceptance,
                Parts,
                () => Readiness.Code == Code.None && Counts.Open < _config.QueueDepth,
                links.Heartbeats,
                time
            )
        );
        Camera.StateChanged += state =>
        {
            log.Changed(state);
            Changed?.Invoke();
        };
        Recipes.Changed += () => Changed?.Invoke();
        Counts.Changed += () => Changed?.Invoke();
        links.Store.ConditionChanged += () => Changed?.Invoke();
    }

    /// <summary>Raised when readiness, recipe or counts may have changed; handlers return at once.</summary>
    public event Action? Changed;

    public string Name => _config.Name;

    /// <summary>The configuration; what a reload may change can be replaced while the station runs.</summary>
    public StationConfig Config
    {
        get => _config;
        set => _config = value;
    }

    public IFrameSource Camera { get; }

    public StationRecipes Recipes { get; } = new();

    public StationCounts Counts { get; }

    public PartQueue Parts { get; }

    /// <summary>Where triggers go.</summary>
    public Acceptance Acceptance { get; }

    /// <summary>Why a trigger would be refused now; <see cref="Code.None"/> when it would not.</summary>
    public (Code Code, string Why) Readiness
    {
        get
        {
            if (_isStopping)
                return (Code.NotReady, "the program is being stopped");
            if (_own.Links.Judge.PackFault is { } fault)
                return (Code.NotReady, fault);
            if (Recipes.IsChanging)
                return (Code.NotReady, "a recipe is being loaded");
            if (Recipes.Stamp is null)
                return (Code.NotReady, Recipes.Failure is { } why ? $"no recipe is active: {why}" : "no recipe is active");
            if (Camera.State.Status != SourceStatus.Connected)
                return (Code.NotReady, $"the camera is not there: {Camera.State.Reason ?? "it is being looked for"}");
            StorageState storage = _own.Links.Store.State;
            return storage.CanWrite ? (Code.None, "") : (Code.Storage, storage.Detail ?? "nothing can be stored");
        }
    }

    /// <summary>Runs the stages until the program ends.</summary>
    public Task RunAsync(CancellationToken stop) => Loops.RunAsync([_own.Stages.RunAsync(stop), _own.Triggers.RunAsync(stop)]);

    /// <summary>Has the state told again: something that all stations share has changed.</summary>
    public void TellChanged() => Changed?.Invoke();

    /// <summary>Refuses triggers from now on; what is accepted goes on.</summary>
    public void BeginStop()
    {
        _isStopping = true;
        Changed?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        await Camera.DisposeAsync().ConfigureAwait(false);
        Recipes.Dispose();
    }

    /// <summary>What a station is made of and nobody else sees.</summary>
    private sealed record InspectionLinkage(StationLinks Links, Stages Stages, SelfTriggers Triggers);
}
