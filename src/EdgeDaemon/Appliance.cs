using ClipFusion.Camera;
using ClipFusion.Camera.Folder;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Inspection.Networks;
using ClipFusion.Native;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon;

/// <summary>
/// The box: puts everything together in the order in which an inspection flows, recovers what the last run left open, and runs until it is stopped.
/// </summary>
/// <remarks>
/// Not here yet: HTTP, the page, frame-arrival triggers, heatmaps, the image archive, metrics and the watchdog. A configuration that asks for what is
/// missing is refused, never ignored.
/// </remarks>
internal sealed partial class Appliance(ApplianceConfig config, TimeProvider time, ILoggerFactory logs) : BackgroundService
{
    private static readonly TimeSpan StateInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = logs.CreateLogger<Appliance>();
    private readonly string _bootId = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Memory of earlier runs first: nothing is accepted before what they left open is answered.
        await using InspectionStore store = InspectionStore.Open(config.DataFolder, new StorageOptions { ReserveBytes = (long)config.Storage.ReserveMb << 20 }, time, _log);
        Recovery recovery = await store.RecoverAsync().ConfigureAwait(false);

        // 8 deliver: the broker, and the outbox towards it.
        string[] names = [.. config.Stations.Select(s => s.Name)];
        await using var link = new MqttLink(LinkOptions(names), time);
        await using var publisher = new VerdictPublisher(link, names, OutboxBridge.Of(store, _bootId, time), new DeliveryOptions { BootId = _bootId, LiveWindow = config.Mqtt.LiveWindow }, time);
        store.VerdictStored += publisher.Wake;
        link.Start();
        publisher.Start();
        foreach (AcceptedInspection unacked in recovery.Unacked.Where(u => u.Source == TriggerSource.Mqtt && names.Contains(u.Station))) await AcknowledgeAsync(link, store, unacked, null).ConfigureAwait(false);

        // 5 memory bank: the slower stand-in must not go unnoticed.
        if (NativeRuntime.WhyNot is { } reason) LogManagedSearch(reason);
        else LogNativeSearch(NativeRuntime.Kernels[0]);

        // 3-7: the networks, shared by all stations in turn.
        using ModelPack pack = ModelPack.Open(config.ModelPack, new SessionSettings(config.Threads));
        if (pack.Manifest.Notice is { } notice) LogPackNotice(notice);
        string packHash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(config.ModelPack, Models.Pack.PackManifest.FileName), stoppingToken).ConfigureAwait(false)).AsSpan(0, 8));
        var judge = new Judge(new FairTurn(), time, packHash, _log);

        // 1 trigger, 2 frame: the stations.
        Station[] stations = [.. config.Stations.Select(s => new Station(s, CameraOf(s), new StationLinks(store, judge, taken => link.TrySend(taken.Station, Delivery.Answers.TriggerFrame(link.Topics, taken.Station, new TriggerFrameMessage(taken.Id, taken.Sequence)))), time))];
        try
        {
            foreach (Station station in stations) await station.Camera.OpenAsync(stoppingToken).ConfigureAwait(false);
            await Loops.RunAsync(
            [
                .. stations.Select(s => s.RunAsync(stoppingToken)),
                .. stations.Select(s => CommandsAsync(s, link, publisher, store, pack, stoppingToken)),
                ReportAsync(stations, link, store, stoppingToken),
            ]).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopping();
        }
        finally
        {
            store.VerdictStored -= publisher.Wake;
            await link.StopAsync().ConfigureAwait(false);
            foreach (Station station in stations) await station.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task CommandsAsync(Station station, MqttLink link, VerdictPublisher publisher, InspectionStore store, ModelPack pack, CancellationToken stop)
    {
        StationConfig own = config.Stations.First(s => s.Name == station.Name);
        // What was active when the box went down is active again; the configuration names the very first one.
        var remembered = new RememberedRecipe(config.DataFolder, station.Name);
        if ((remembered.Name ?? own.Recipe) is { } first && station.TryBeginChange()) _ = await SetRecipeAsync(station, pack, first, remembered, stop).ConfigureAwait(false);
        await foreach (Command command in link.Commands(station.Name).ReadAllAsync(stop).ConfigureAwait(false))
        {
            switch (command)
            {
                case TriggerCommand trigger:
                    (TriggerAckMessage ack, VerdictRecord? again) = await station.TakeAsync(trigger.ToTrigger(), stop).ConfigureAwait(false);
                    link.Acknowledge(station.Name, ack, command.CorrelationData);
                    if (again is not null) publisher.Resend(OutboxBridge.Row(again, _bootId, time));
                    if (ack is { Accepted: true, Duplicate: false }) await store.MarkAckedAsync(ack.InspectionId!).ConfigureAwait(false);
                    break;
                case RecipeCommand recipe:
                    ChangeRecipe(station, link, pack, recipe, remembered, stop);
                    break;
            }
        }
    }

    /// <summary>Answers at once and goes on beside the triggers, which are refused until it is done.</summary>
    private void ChangeRecipe(Station station, MqttLink link, ModelPack pack, RecipeCommand command, RememberedRecipe remembered, CancellationToken stop)
    {
        void Answer(RecipeChange status, Code code, string? why) => link.TrySend(
            station.Name, Delivery.Answers.RecipeAck(link.Topics, station.Name, new RecipeAckMessage(command.Content.RequestId, command.Content.Recipe, status, station.Recipe, code, why, time.GetUtcNow()), command.CorrelationData));

        if (!station.TryBeginChange())
        {
            Answer(RecipeChange.Refused, Code.Busy, "another recipe change is under way");
            return;
        }

        Answer(RecipeChange.Accepted, Code.None, null);
        _ = Task.Run(
            async () =>
            {
                (Code code, string? why) = await SetRecipeAsync(station, pack, command.Content.Recipe, remembered, stop).ConfigureAwait(false);
                Answer(code == Code.None ? RecipeChange.Active : RecipeChange.Failed, code, why);
            },
            stop);
    }

    private async Task<(Code Code, string? Why)> SetRecipeAsync(Station station, ModelPack pack, string numberOrName, RememberedRecipe remembered, CancellationToken stop)
    {
        ActiveRecipe? active = null;
        try
        {
            RecipeCatalogue catalogue = await Task.Run(() => RecipeCatalogue.Load(config.RecipeFolder, stop), stop).ConfigureAwait(false);
            if (catalogue.Find(numberOrName) is not { } entry) return Failed(Code.UnknownRecipe, $"there is no recipe '{numberOrName}' in {catalogue.Folder}");
            if (entry.Recipe is null) return Failed(Code.RecipeFailed, $"recipe '{entry.Name}': {string.Join("; ", entry.Errors)}");
            int threads = config.Threads > 0 ? config.Threads : Environment.ProcessorCount;
            ActiveRecipe loaded = await Task.Run(() => ActiveRecipe.Load(pack, catalogue, entry.Recipe, threads, stop), stop).ConfigureAwait(false);
            try
            {
                remembered.Name = loaded.Stamp.Name;
                active = loaded;
            }
            finally
            {
                if (active is null) loaded.Release();
            }

            LogRecipeActive(station.Name, active.Stamp.Name, active.Stamp.Revision);
            return (Code.None, null);
        }
        catch (Exception e) when (e is RecipeUnusableException or IOException or UnauthorizedAccessException)
        {
            return Failed(Code.RecipeFailed, e.Message);
        }
        finally
        {
            station.EndChange(active);
        }

        (Code, string?) Failed(Code code, string why)
        {
            LogRecipeFailed(station.Name, numberOrName, why);
            return (code, why);
        }
    }

    private async Task ReportAsync(Station[] stations, MqttLink link, InspectionStore store, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(StateInterval, time);
        for (long beat = 1; await timer.WaitForNextTickAsync(stop).ConfigureAwait(false); beat++)
        {
            foreach (Station station in stations) link.TrySend(station.Name, Delivery.Answers.State(link.Topics, station.Name, StateOf(station, store, beat)));
        }
    }

    private StateMessage StateOf(Station station, InspectionStore store, long beat)
    {
        Code code = station.Readiness;
        Storage.StorageState storage = store.State;
        return new StateMessage(
            _bootId, beat, code == Code.None, station.Counts.Open > 0, StationMode.Auto, station.Recipe, station.Counts.Open, code, code == Code.None ? null : code.ToText(),
            station.Counts.Snapshot, new OutboxCounts(storage.OutboxRows, 0), null, storage.SequenceResets.ContainsKey(station.Name),
            storage.Condition switch { StorageCondition.Healthy => Delivery.StorageState.Ok, StorageCondition.OnReserve => Delivery.StorageState.Reserve, _ => Delivery.StorageState.Unavailable }, "cpu", null, time.GetUtcNow());
    }

    private static async Task AcknowledgeAsync(MqttLink link, InspectionStore store, AcceptedInspection inspection, byte[]? correlation)
    {
        link.Acknowledge(inspection.Station, TriggerAckMessage.ForAccepted(inspection, duplicate: false, inspection.AcceptedAt), correlation);
        await store.MarkAckedAsync(inspection.Id).ConfigureAwait(false);
    }

    private LinkOptions LinkOptions(string[] stations) => new()
    {
        Device = config.Device,
        BootId = _bootId,
        Stations = stations,
        Allowed = config.Mqtt.Commands.Select(c => c switch { MqttCommand.Trigger => CommandKind.Trigger, MqttCommand.Part => CommandKind.Part, _ => CommandKind.Recipe }).ToHashSet(),
        Broker = new BrokerOptions
        {
            Host = config.Mqtt.Host,
            Port = config.Mqtt.Port,
            Version = config.Mqtt.Version == Configuration.MqttVersion.V5 ? Delivery.MqttVersion.V5 : Delivery.MqttVersion.V311,
            UserName = config.Mqtt.UserName,
            PasswordFile = config.Mqtt.PasswordFile,
            Tls = config.Mqtt.Tls is { } tls ? new BrokerTls(tls.Ca, tls.Certificate, tls.Key) : null,
        },
    };

    private IFrameSource CameraOf(StationConfig station)
    {
        if (station.Triggers.FrameArrival) throw new NotBuiltYetException($"station '{station.Name}': frame-arrival triggers are not built yet");
        if (station.Triggers.Http) throw new NotBuiltYetException($"station '{station.Name}': triggers over HTTP are not built yet");
        switch (station.Camera)
        {
            case FolderCameraConfig { Replay: true }:
                throw new NotBuiltYetException($"station '{station.Name}': reading a folder over and over (replay) is not built yet");
            case FolderCameraConfig folder:
                // Files that came while the program was away are parts too.
                return new FolderCamera(new FolderOptions { Path = folder.Folder, StableFor = folder.Settle, ReplayExisting = true }, time);
            case SimulatedCameraConfig simulated:
                if (!Enum.TryParse(simulated.Material?.Replace("-", "", StringComparison.Ordinal) ?? nameof(Material.CircuitBoard), ignoreCase: true, out Material material))
                    throw new NotBuiltYetException($"station '{station.Name}': there is no material '{simulated.Material}'; there are {string.Join(", ", Enum.GetNames<Material>())} (any case, with or without dashes)");
                return new SimulatedCamera(
                    new SimulatedLine(new LineOptions { Seed = (ulong)simulated.Seed, Width = simulated.Width, Height = simulated.Height, DefectRate = simulated.DefectRate, Material = material }), null, time);
            default:
                throw new NotBuiltYetException($"station '{station.Name}': cameras of the kind {station.Camera.GetType().Name} are not built yet");
        }
    }

    [LoggerMessage(1000, LogLevel.Warning, "{Notice}")]
    private partial void LogPackNotice(string notice);

    [LoggerMessage(1001, LogLevel.Information, "Stopping: what is decided is stored, the rest is answered at the next start")]
    private partial void LogStopping();

    [LoggerMessage(1002, LogLevel.Information, "Station {Station}: recipe {Recipe} (revision {Revision}) is active")]
    private partial void LogRecipeActive(string station, string recipe, string revision);

    [LoggerMessage(1003, LogLevel.Error, "Station {Station}: recipe {Recipe} can't be made active: {Why}")]
    private partial void LogRecipeFailed(string station, string recipe, string why);

    [LoggerMessage(1004, LogLevel.Information, "Memory banks are searched by the native library, kernel {Kernel}")]
    private partial void LogNativeSearch(string kernel);

    [LoggerMessage(1005, LogLevel.Warning, "Memory banks are searched by the slower managed code: {Why}")]
    private partial void LogManagedSearch(string why);
}

/// <summary>The configuration asks for what this version does not have.</summary>
internal sealed class NotBuiltYetException(string message) : Exception(message);
