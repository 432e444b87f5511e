using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Inspection.Networks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon;

/// <summary>
/// The box: puts everything together in the order in which an inspection flows, recovers what the last run left open, runs until it is stopped, and then
/// finishes what is under way.
/// </summary>
internal sealed partial class Appliance(LiveConfig live, BoxSlot slot, TimeProvider time, ILoggerFactory logs) : BackgroundService
{
    private readonly ApplianceConfig _config = live.Current;
    private readonly ILogger _log = logs.CreateLogger<Appliance>();
    private readonly string _bootId = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Memory of earlier runs first: nothing is accepted before what they left open is answered.
        await using InspectionStore store = InspectionStore.Open(_config.DataFolder, new StorageOptions { ReserveBytes = (long)_config.Storage.ReserveMb << 20 }, time, _log);
        Recovery recovery = await store.RecoverAsync().ConfigureAwait(false);

        // 8 deliver: the broker, and the outbox towards it.
        Dictionary<string, StationCounts> counts = _config.Stations.ToDictionary(s => s.Name, _ => new StationCounts());
        await using var link = new MqttLink(Links.OptionsOf(_config, _bootId, refused => CountMissed(counts, refused)), time);
        await using var media = new MediaLink(Links.BrokerOf(_config.Mqtt), _config.Device, time);
        await using var publisher = new VerdictPublisher(link, counts.Keys, OutboxBridge.Of(store, _bootId, time), new DeliveryOptions { BootId = _bootId, LiveWindow = _config.Mqtt.LiveWindow }, time);
        store.VerdictStored += publisher.Wake;

        // 3 prepare, 4 networks, 5 memory bank, 6 fuse, 7 decide: shared by all stations in turn.
        var turns = new FairTurn();
        var judge = new Judge(turns, time, _log);
        using var networks = new WarmNetworks(_config.ModelPack, new SessionSettings(_config.Threads));
        var recipes = new RecipeDesk(networks, _config, turns, _log);

        // 1 trigger, 2 frame: the stations.
        var box = new Box(_config.Device, _bootId, store, link, media, publisher, time);
        foreach (StationConfig own in _config.Stations) box.Add(new Station(own, Cameras.Of(own, time), counts[own.Name], new StationLinks(store, judge, box.TellFrameTaken, box.TellJudged, box.TakePicture), time));

        using var end = new CancellationTokenSource();
        try
        {
            foreach (Station station in box.Stations) await station.Camera.OpenAsync(stoppingToken).ConfigureAwait(false);
            link.Start();
            media.Start();
            publisher.Start();
            foreach (AcceptedInspection unacked in recovery.Unacked.Where(u => u.Source == TriggerSource.Mqtt && counts.ContainsKey(u.Station))) await AcknowledgeAsync(link, store, unacked).ConfigureAwait(false);
            slot.Running = box;
            await Loops.RunAsync(
            [
                .. box.Stations.Select(s => s.RunAsync(end.Token)),
                .. box.Stations.Select(s => recipes.RestoreAsync(s, end.Token)),
                .. box.Stations.Select(s => new CommandLoop(s, link, publisher, recipes, _bootId, time).RunAsync(end.Token)),
                .. box.Stations.Select(s => new StateReporter(s, beat => box.StateOf(s, beat), state => link.TrySend(s.Name, Delivery.Answers.State(link.Topics, s.Name, state)), time).RunAsync(end.Token)),
                WarmUpAsync(networks, end.Token),
                EndAsync(new Drain(box, time), end, stoppingToken),
            ]).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The clean end.
        }
        finally
        {
            slot.Running = null;
            store.VerdictStored -= publisher.Wake;
            await link.StopAsync().ConfigureAwait(false);
            foreach (Station station in box.Stations) await station.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task WarmUpAsync(WarmNetworks networks, CancellationToken stop)
    {
        OpenPack opened = await networks.OpenAsync(stop).ConfigureAwait(false);
        if (opened.Pack.Manifest.Notice is { } notice) LogPackNotice(notice);
    }

    private async Task EndAsync(Drain drain, CancellationTokenSource end, CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LogStopping(Drain.Limit.TotalSeconds);
        int left = await drain.RunAsync().ConfigureAwait(false);
        if (left > 0) LogNotDrained(left);
        await end.CancelAsync().ConfigureAwait(false);
    }

    private static void CountMissed(Dictionary<string, StationCounts> counts, CommandRefused refused)
    {
        if (refused.Kind == CommandKind.Trigger) counts[refused.Station].Missed();
    }

    private static async Task AcknowledgeAsync(MqttLink link, InspectionStore store, AcceptedInspection inspection)
    {
        link.Acknowledge(inspection.Station, TriggerAckMessage.ForAccepted(inspection, duplicate: false, inspection.AcceptedAt), null);
        await store.MarkAckedAsync(inspection.Id).ConfigureAwait(false);
    }

    [LoggerMessage(1000, LogLevel.Warning, "{Notice}")]
    private partial void LogPackNotice(string notice);

    [LoggerMessage(1001, LogLevel.Information, "Stopping: triggers are refused, what was accepted is finished within {Limit} s")]
    private partial void LogStopping(double limit);

    [LoggerMessage(1004, LogLevel.Warning, "{Left} inspections could not be finished in time; the next start answers them NOT_JUDGED: interrupted")]
    private partial void LogNotDrained(int left);
}
