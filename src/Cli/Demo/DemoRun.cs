using System.Globalization;
using System.Net.Sockets;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Web;
using ClipFusion.Inspection.Calibration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClipFusion.Cli.Demo;

/// <summary>
/// The demo, top to bottom: a broker, a folder with an ordinary configuration, the ordinary appliance on it, good parts for references and
/// threshold, and a subscriber that counts verdicts against what is true of the parts.
/// </summary>
internal sealed class DemoRun(DemoOptions options, Terminal terminal)
{
    /// <summary>How long the last messages may take from the broker to the score.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly IDemoReport _report = terminal is { ResultsOnScreen: true, IsInteractive: true }
        ? new TableDemoReport(terminal.Out)
        : new LineDemoReport(terminal.Out);

    /// <summary>Runs it to its end.</summary>
    /// <param name="cancellation">Ctrl-C or SIGTERM: the clean end, with the summary.</param>
    /// <exception cref="IOException">A port is taken; the message names it and the option.</exception>
    public Task<int> RunAsync(CancellationToken cancellation) =>
        options.PrepareOnly ? PrepareAsync(cancellation) : DemonstrateAsync(cancellation);

    /// <summary>A device's folder and nothing else: the caller runs it.</summary>
    private async Task<int> PrepareAsync(CancellationToken cancellation)
    {
        using DemoFolder folder = DemoFolder.Take(options.Data);
        string pack = await Steps
            .RunAsync(terminal, "looking for the starter pack", steps => folder.Pack(steps, cancellation))
            .ConfigureAwait(false);
        LiveConfig config = folder.Configure(
            pack,
            options.BrokerPort ?? DemoOptions.UsualBrokerPort,
            options.HttpPort ?? DemoOptions.UsualHttpPort,
            options.Material
        );
        ConformalThreshold threshold = await _report
            .PrepareAsync(progress =>
                new DemoPreparation(config.Current, LineOf(config), options.Material).RunAsync(progress, cancellation)
            )
            .ConfigureAwait(false);
        await WriteAsync([
                .. DemoText.Threshold(threshold),
                $"{folder.ConfigFile} and what belongs to it are written. With a broker at port {config.Current.Mqtt.Port} of 127.0.0.1:",
                $"  clipfusion run --config {folder.ConfigFile}",
            ])
            .ConfigureAwait(false);
        return ExitCode.Clean;
    }

    private async Task<int> DemonstrateAsync(CancellationToken cancellation)
    {
        await using EmbeddedBroker broker = await StartBrokerAsync().ConfigureAwait(false);
        using DemoFolder folder = DemoFolder.Take(options.Data);
        using var log = new DemoLog(folder.LogFile) { Warned = _report.Warned };
        foreach (string line in DemoText.Introduction(options.Material))
            await terminal.Out.WriteLineAsync(line).ConfigureAwait(false);
        string pack = await Steps
            .RunAsync(terminal, "looking for the starter pack", steps => folder.Pack(steps, cancellation))
            .ConfigureAwait(false);
        (WebApplication app, LiveConfig config, DemoScore score, ScoreBoard board) = CreateHost(pack, broker.Port, folder, log);
        await using WebApplication owned = app;
        var places = new DemoPlaces(
            $"http://127.0.0.1:{app.Services.GetRequiredService<HttpSocket>().Address.Port}/",
            broker.Port,
            folder.Path,
            options.Data is not null
        );
        await WriteAsync(["", $"page:    {places.Page}", $"listen:  {places.Subscribe}", $"trigger: {places.Trigger}", ""])
            .ConfigureAwait(false);

        ConformalThreshold threshold = await _report
            .PrepareAsync(progress =>
                new DemoPreparation(config.Current, LineOf(config), options.Material).RunAsync(progress, cancellation)
            )
            .ConfigureAwait(false);
        score.Use(threshold);
        try
        {
            await RunLineAsync(app, broker.Port, places, threshold, board, cancellation).ConfigureAwait(false);
        }
        catch
        {
            folder.Keep();
            terminal.WriteNote($"the box's log: {folder.LogFile}");
            throw;
        }

        await SummariseAsync(board.Matrix, folder).ConfigureAwait(false);
        return ExitCode.Clean;
    }

    private static SimulatedLine LineOf(LiveConfig config) => new(Cameras.LineOf((SimulatedCameraConfig)config.Current.Stations[0].Camera));

    private async Task RunLineAsync(
        WebApplication app,
        int brokerPort,
        DemoPlaces places,
        ConformalThreshold threshold,
        ScoreBoard board,
        CancellationToken cancellation
    )
    {
        await using VerdictListener listener = await VerdictListener
            .ConnectAsync(brokerPort, new Topics(DemoLine.Device), DemoLine.Station, Heard, cancellation)
            .ConfigureAwait(false);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task host = ApplianceHost.RunAsync(app, ErrorReport.IsForeseen, end.Token);
        _ = EndInTimeAsync(listener.Ready, end);
        await _report.RunAsync(places, threshold, board, LastWordAsync(host, listener)).ConfigureAwait(false);
        await host.ConfigureAwait(false);

        void Heard(HeardVerdict verdict)
        {
            if (board.Add(verdict) is { } part)
                _report.Heard(part);
        }
    }

    /// <summary>The time counts from the moment at which parts are judged.</summary>
    private async Task EndInTimeAsync(Task ready, CancellationTokenSource end)
    {
        if (options.Duration is not { } duration)
            return;
        await ready.ConfigureAwait(false);
        end.CancelAfter(duration);
    }

    /// <summary>The host's end, and the box's last message, which comes after its last verdict.</summary>
    private static async Task LastWordAsync(Task host, VerdictListener listener)
    {
        await host.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (host.IsCompletedSuccessfully)
            await Task.WhenAny(listener.Offline, Task.Delay(LastWords)).ConfigureAwait(false);
    }

    /// <summary>A mosquitto that the machine has anyway must not be in the demo's way: only a port that was asked for is a must.</summary>
    private async Task<EmbeddedBroker> StartBrokerAsync()
    {
        int port = options.BrokerPort ?? DemoOptions.UsualBrokerPort;
        try
        {
            return await EmbeddedBroker.StartAsync(port).ConfigureAwait(false);
        }
        catch (SocketException) when (options.BrokerPort is null)
        {
            terminal.WriteNote($"port {port} of 127.0.0.1 is taken: the demo's MQTT broker has another, as below");
            return await EmbeddedBroker.StartAsync(0).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"the demo's MQTT broker can't have port {port} of 127.0.0.1: {e.Message}; expected a free port in --broker-port N (0 "
                    + "= one that the system picks). A mosquitto that runs here already may be what has it",
                e
            );
        }
    }

    private (WebApplication App, LiveConfig Config, DemoScore Score, ScoreBoard Board) CreateHost(
        string pack,
        int brokerPort,
        DemoFolder folder,
        DemoLog log
    )
    {
        int port = options.HttpPort ?? DemoOptions.UsualHttpPort;
        try
        {
            return Create(port);
        }
        catch (IOException e) when (e.InnerException is SocketException && options.HttpPort is null)
        {
            terminal.WriteNote($"port {port} of 127.0.0.1 is taken: the page has another, as below");
            return Create(0);
        }
        catch (IOException e) when (e.InnerException is SocketException cause)
        {
            throw new IOException(
                $"the page can't have port {port} of 127.0.0.1: {cause.Message}; expected a free port in --http-port N (0 = one that "
                    + "the system picks)",
                e
            );
        }

        (WebApplication, LiveConfig, DemoScore, ScoreBoard) Create(int httpPort)
        {
            LiveConfig config = folder.Configure(pack, brokerPort, httpPort, options.Material);
            var board = new ScoreBoard(LineOf(config).Truth);
            var score = new DemoScore(board);
            return (
                ApplianceHost.Create(
                    config,
                    services => services.AddSingleton(score.Endpoints).AddLogging(logging => logging.ClearProviders().AddProvider(log))
                ),
                config,
                score,
                board
            );
        }
    }

    private Task SummariseAsync(ScoreMatrix matrix, DemoFolder folder) =>
        WriteAsync([
            "",
            string.Create(CultureInfo.InvariantCulture, $"{matrix.Parts} verdicts were heard over MQTT. Beside the truth:"),
            "",
            .. DemoText.Matrix(matrix).Select(l => $"  {l}"),
            "",
            $"{DemoText.Rates(matrix)}. docs/demo.md has figures over many parts of every material.",
            .. options.Data is null ? (string[])[] : [$"{folder.Path} keeps configuration, recipe, inspections and log."],
        ]);

    private async Task WriteAsync(string[] lines)
    {
        foreach (string line in lines)
            await terminal.Out.WriteLineAsync(line).ConfigureAwait(false);
    }
}
