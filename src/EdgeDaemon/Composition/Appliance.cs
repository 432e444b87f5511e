using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Monitoring;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Models.Pack;
using ClipFusion.Native;
using ClipFusion.OnnxInference;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Composition;

/// <summary>
/// The box: puts everything together in the order in which an inspection flows, recovers what the last run left open, runs until it is
/// stopped, and then finishes what is under way.
/// </summary>
internal sealed partial class Appliance(
    LiveConfig live,
    ConfigReloader reloader,
    ApplianceAccessor accessor,
    Heartbeats heartbeats,
    ApplianceMetrics metrics,
    MetricSources sources,
    TimeProvider time,
    ILoggerFactory logs
) : BackgroundService
{
    /// <summary>The category of the appliance's log lines, by which people filter them; it outlives moves in the code.</summary>
    internal const string LogCategory = "ClipFusion.EdgeDaemon.Appliance";

    private readonly ApplianceConfig _config = live.Current;
    private readonly ILogger _log = logs.CreateLogger(LogCategory);
    private readonly string _bootId = Guid.NewGuid().ToString("N");
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Is done when the box serves its state, which is what a service manager calls ready: memory recovered, cameras and broker under way.
    /// The networks are loaded after that, and until then triggers are refused NOT_READY.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
        // What fails before comes out of ExecuteTask, and of the start.
        await (await Task.WhenAny(_serving.Task, ExecuteTask!).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Environment.IsPrivilegedProcess)
            LogRoot();
        // Before anything can be counted.
        foreach (StationConfig own in _config.Stations)
            metrics.Start(own.Name);

        // Memory of earlier runs first: nothing is accepted before what they left open is answered.
        var clock = new WallClock(time, _log);
        await using InspectionStore store = InspectionStore.Open(_config.DataFolder, StorageOptions.From(_config.Storage), time, _log);
        store.IsClockTrusted = clock.IsTrusted;
        Recovery recovery = await store.RecoverAsync().ConfigureAwait(false);

        // 8 deliver: the broker, and the outbox towards it.
        Dictionary<string, StationCounts> counts = _config.Stations.ToDictionary(s => s.Name, _ => new StationCounts());
        await using var link = new MqttLink(Links.OptionsOf(_config, _bootId, refused => CountMissed(counts, refused)), time);
        await using var media = new MediaLink(Links.BrokerOf(_config.Mqtt), _config.Device, time, beside: link)
        {
            IsWanted = Links.WantsHeatmaps(_config),
        };
        var delivery = new DeliveryOptions
        {
            BootId = _bootId,
            LiveWindow = _config.Mqtt.LiveWindow,
            NoSubscriber = _config.Mqtt.NoSubscriber,
        };
        var acks = new AckOrder();
        var lateAcks = new LateAcks(
            link,
            store,
            acks,
            [.. recovery.Unacked.Where(u => u.Source == TriggerSource.Mqtt && counts.ContainsKey(u.Station))]
        );
        await using var publisher = new VerdictPublisher(
            link,
            counts.Keys,
            OutboxBridge.Of(store, _bootId, time),
            delivery,
            acks,
            time,
            heartbeats,
            _log
        );
        store.VerdictStored += publisher.Wake;
        media.Verdicts = publisher.WhenCaughtUp;

        // 3 prepare, 4 networks, 5 memory bank, 6 fuse, 7 decide: shared by all stations in turn.
        var turns = new NetworkScheduler();
        var pack = new PackCondition();
        var judge = new Judge(turns, time, _log, pack);
        var monitor = new PackMonitor(pack, _config.DataFolder, turns, time, _log);
        var engines = new EngineMonitor(turns, _log);
        using var networks = new WarmNetworks(
            _config.ModelPack,
            new SessionSettings(_config.Threads),
            _config.Accelerator.ToSettings(_config.DataFolder),
            opened =>
            {
                engines.Watch(opened);
                monitor.Watch(opened);
            }
        );
        var references = new ReferenceStore(_config.DataFolder, time);
        IReadOnlyList<ReferenceDraft> drafts = Drafts(references);
        var recipes = new RecipeActivator(networks, live, new RecipeReferences(references, _log), turns, time, _log);
        // The slower stand-in must not go unnoticed.
        if (NativeRuntime.WhyNot is { } reason)
            LogManagedSearch(reason);
        else
            LogNativeSearch(NativeRuntime.Kernels[0]);
        int gpu = _config.Accelerator.Device;
        engines.Announce(gpu, NativeRuntime.ProbeDevice(gpu));

        // 1 trigger, 2 frame: the stations, and whom they tell.
        var events = new StationEvents();
        var frames = new FrameNotices(link.TellFrame);
        events.FrameTaken += frames.Taken;
        var links = new StationLinks(store, judge, heartbeats, metrics, events, acks);
        List<Station> stations = [];
        foreach (StationConfig own in _config.Stations)
        {
            var cameraLog = new CameraLog(own.Name, _log);
            HandedFiles? files = own.Camera is FolderCameraConfig { Replay: false }
                ? await HandedFiles.LoadAsync(store, own.Name).ConfigureAwait(false)
                : null;
            IFrameSource camera = Cameras.Of(own, time, cameraLog, files, Unanswered(recovery, own.Name, files));
            var station = new Station(own, camera, counts[own.Name], links, time, cameraLog, files);
            engines.Changed += station.TellChanged;
            pack.Changed += station.TellChanged;
            stations.Add(station);
        }

        // What becomes of a judged frame: archive, heatmap, page.
        await using var archives = new ImageArchives(_config, store, time);
        await using var pictures = new PictureWorker(turns, media, time, _log);
        foreach (Station station in stations)
            pictures.Add(() => station.Config, archives[station.Name]);
        events.FrameJudged += pictures.Take;

        // Teaching: what it collects are frames that were judged.
        var teaching = new EnrollmentLinks(
            references,
            recipes,
            networks,
            turns,
            store,
            archives,
            live,
            (station, progress, correlation) => link.TrySend(station, Answers.EnrollProgress(link.Topics, station, progress, correlation)),
            _log,
            time
        );
        using var end = new CancellationTokenSource();
        Dictionary<string, StationEnrollment> enrollments = stations.ToDictionary(
            s => s.Name,
            s => new StationEnrollment(s, stations, teaching, drafts.FirstOrDefault(d => d.Station == s.Name), end.Token)
        );
        events.FrameJudged += judged => enrollments[judged.Verdict.Inspection.Station].Take(judged);

        var box = new RunningAppliance(
            _config.Device,
            _bootId,
            time.GetTimestamp(),
            stations,
            events,
            store,
            link,
            media,
            publisher,
            pack,
            networks,
            archives,
            pictures,
            enrollments,
            references,
            clock,
            time
        );
        void OnReload(ApplianceConfig now) => TakeLive(now, box, delivery);

        try
        {
            foreach (Station station in stations)
                await station.Camera.OpenAsync(stoppingToken).ConfigureAwait(false);
            link.Start();
            media.Start();
            publisher.Start();
            pictures.Start();
            accessor.Current = box;
            sources.Watch(box);
            reloader.Changed += OnReload;
            // One that came before.
            OnReload(live.Current);
            LogServing(_config.Device, _config.Stations.Length);
            _serving.SetResult();
            await Loops
                .RunAsync([
                    .. stations.Select(s => s.RunAsync(end.Token)),
                    .. stations.Select(s => recipes.RestoreAsync(s, end.Token)),
                    .. stations.Select(s =>
                        new CommandLoop(s, link, publisher, frames, recipes, enrollments[s.Name], heartbeats, _bootId, time).RunAsync(
                            end.Token
                        )
                    ),
                    .. stations.Select(s => StateReporter.Of(s, box, heartbeats, time).RunAsync(end.Token)),
                    LinkLog.WatchAsync(link, _log, end.Token),
                    BrokerWatch.RunAsync(link, store, publisher, end.Token),
                    lateAcks.RunAsync(end.Token),
                    WarmUpAsync(networks, pack, end.Token),
                    monitor.RunAsync(networks, end.Token),
                    engines.RunAsync(networks, end.Token),
                    clock.WatchAsync(trusted => store.IsClockTrusted = trusted, end.Token),
                    EndAsync(new Drain(box, time), end, stoppingToken),
                ])
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The clean end.
        }
        finally
        {
            accessor.Current = null;
            sources.Watch(null);
            reloader.Changed -= OnReload;
            store.VerdictStored -= publisher.Wake;
            await end.CancelAsync().ConfigureAwait(false);
            foreach (StationEnrollment enrollment in enrollments.Values)
                await enrollment.DisposeAsync().ConfigureAwait(false);
            await link.StopAsync().ConfigureAwait(false);
            foreach (Station station in stations)
                await station.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What was being collected; a folder that can't be put in order does not keep the line from running.</summary>
    private IReadOnlyList<ReferenceDraft> Drafts(ReferenceStore references)
    {
        try
        {
            return references.Recover();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            EnrollmentLog.NotRecovered(_log, e.Message);
            return [];
        }
    }

    /// <summary>Triggers of the last run that were waiting for a file: one that comes for them now must not go to the next part.</summary>
    private static List<TriggerContext> Unanswered(Recovery recovery, string station, HandedFiles? files) =>
        [
            .. recovery
                .Interrupted.Select(r => r.Inspection)
                .Where(i => i.Station == station && i.Source != TriggerSource.FrameArrival && files?.HasFile(i) == false)
                .Select(i => new TriggerContext(i.Sequence, TimeSpan.FromSeconds(1), i.TriggerId, i.PartId, i.AcceptedAt)),
        ];

    private async Task WarmUpAsync(WarmNetworks networks, PackCondition pack, CancellationToken stop)
    {
        OpenPack opened;
        try
        {
            opened = await networks.OpenAsync(stop).ConfigureAwait(false);
        }
        // A bad pack ends the start; a mistake of ours is a state that the line sees, and not a start again and again.
#pragma warning disable CA1031
        catch (Exception e) when (e is not (PackException or OperationCanceledException))
#pragma warning restore CA1031
        {
            LogPackUnexpected(e);
            pack.Fail($"the model pack can't be opened because of a mistake in the program: {e.GetType().Name}: {e.Message}");
            return;
        }

        if (opened.Pack.Manifest.Notice is { } notice)
            LogPackNotice(notice);
    }

    private async Task EndAsync(Drain drain, CancellationTokenSource end, CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LogStopping(Drain.Limit.TotalSeconds);
        int left = await drain.RunAsync().ConfigureAwait(false);
        if (left > 0)
            LogNotDrained(left);
        await end.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>What a reload changes while the box runs, the other half of <see cref="ConfigChange.TakeLive"/>: the next inspection,
    /// commit or message sees it.</summary>
    private static void TakeLive(ApplianceConfig now, RunningAppliance box, DeliveryOptions delivery)
    {
        box.Archives.Apply(now);
        box.Store.Limits = StorageLimits.From(now.Storage);
        delivery.LiveWindow = now.Mqtt.LiveWindow;
        delivery.NoSubscriber = now.Mqtt.NoSubscriber;
        box.Media.IsWanted = Links.WantsHeatmaps(now);
        foreach (Station station in box.Stations)
            station.Config = now.Stations.FirstOrDefault(s => s.Name == station.Name) ?? station.Config;
    }

    private void CountMissed(Dictionary<string, StationCounts> counts, CommandRefused refused)
    {
        if (refused.Kind != CommandKind.Trigger)
            return;
        counts[refused.Station].Missed();
        metrics.Refused(refused.Station, refused.Code);
    }

    [OperatorAction("Read it: it says what the model pack can't do. The starter pack's small networks are not for production.")]
    [LoggerMessage(1000, LogLevel.Warning, "{Notice}")]
    private partial void LogPackNotice(string notice);

    [OperatorAction(
        "Report it with the stack trace and the pack's pack.json. Triggers are refused NOT_READY until a start with another pack."
    )]
    [LoggerMessage(1023, LogLevel.Critical, "The model pack can't be opened because of a mistake in the program; please report it")]
    private partial void LogPackUnexpected(Exception error);

    [OperatorAction(
        "Run it as a user of its own, as systemd/clipfusion.service does: root may read and delete what the box has no business with."
    )]
    [LoggerMessage(1022, LogLevel.Warning, "The program runs as root")]
    private partial void LogRoot();

    [OperatorAction("Nothing.")]
    [LoggerMessage(1001, LogLevel.Information, "Stopping: triggers are refused, what was accepted is finished within {Limit} s")]
    private partial void LogStopping(double limit);

    [OperatorAction("Nothing, if the stop was in a hurry. Otherwise compare the stage times in /metrics with the drain's limit.")]
    [LoggerMessage(
        1004,
        LogLevel.Warning,
        "{Left} inspections could not be finished in time; the next start answers them NOT_JUDGED: interrupted"
    )]
    private partial void LogNotDrained(int left);

    [OperatorAction("Nothing. Triggers are taken as soon as state says ready.")]
    [LoggerMessage(
        1005,
        LogLevel.Information,
        "Serving: device {Device}, {Stations} stations; state is told, the networks are being loaded"
    )]
    private partial void LogServing(string device, int stations);

    [OperatorAction("Nothing.")]
    [LoggerMessage(1006, LogLevel.Information, "Memory banks are searched by the native library, kernel {Kernel}")]
    private partial void LogNativeSearch(string kernel);

    [OperatorAction("Reinstall the program: its native library is missing or does not fit. Verdicts are the same, but take longer.")]
    [LoggerMessage(1007, LogLevel.Warning, "Memory banks are searched by the slower managed code: {Why}")]
    private partial void LogManagedSearch(string why);
}
