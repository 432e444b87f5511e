using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Monitoring;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ClipFusion.EdgeDaemon.Composition;

/// <summary>The host that the appliance lives in, whichever verb runs it: nothing but the box's own configuration decides what it
/// does.</summary>
internal static class ApplianceHost
{
    /// <summary>How long the appliance may take to put things in order: its drain, and a broker that does not answer.</summary>
    public static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Puts the host together and takes the address of page and API.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="more">What a verb adds, for example <see cref="ExtraEndpoints"/>.</param>
    /// <exception cref="IOException">The address can't be had; nothing was started.</exception>
    public static WebApplication Create(LiveConfig config, Action<IServiceCollection>? more = null)
    {
        // Empty: no settings files, no environment, no static files.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // Traces of what comes out of RunAsync anyway: known mistakes are one line, the others are logged there.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TerminationTimeout);
        // First in, last out: signals and watchdog are there before the appliance starts and until it has stopped.
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(config);
        builder.Services.AddSingleton<ConfigReloader>().AddHostedService(services => services.GetRequiredService<ConfigReloader>());
        builder.Services.AddServiceManager();
        UseFormat(builder, config.Current.Log.Format);
        builder.Services.AddSingleton<ApplianceMetrics>().AddSingleton<MetricSources>().AddMetricsPage(config.Current.Device);
        builder
            .Services.AddSingleton<ApplianceAccessor>()
            .AddSingleton<Appliance>()
            .AddHostedService(services => services.GetRequiredService<Appliance>());
        // Starts when the box serves its state, while it warms up, and stops before the box does.
        WebServer.Add(builder, config.Current.Http);
        more?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        WebServer.Map(app);
        app.MapMetricsPage().Answers(200);
        return app;
    }

    /// <summary>Runs until it is stopped or the appliance fails; then its failure comes out, with its trace in the log if nobody foresaw
    /// it.</summary>
    /// <param name="app">From <see cref="Create"/>.</param>
    /// <param name="isForeseen">Whether an error is a known mistake, whose message says all: a trace would only hide it.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task RunAsync(WebApplication app, Func<Exception, bool> isForeseen, CancellationToken cancellation)
    {
        ILoggerFactory logs = app.Services.GetRequiredService<ILoggerFactory>();
        KillPoint.Arm(logs.CreateLogger<KillPoint>());
        try
        {
            await RunToItsEndAsync(app, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (!isForeseen(e))
        {
            FailureLog.Failed(logs.CreateLogger(Appliance.LogCategory), e);
            throw;
        }
    }

    private static async Task RunToItsEndAsync(WebApplication app, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
            await app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
            when (cancellation.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped while it was starting: no error, and what has started is brought in order all the same.
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }

        // The host ends quietly when one of its services fails; the exit code must not, or nobody starts the program again.
        foreach (BackgroundService service in app.Services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            if (service.ExecuteTask is { IsFaulted: true } failed)
                await failed.ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Text unless JSON is asked for; under systemd text has the journal's priorities, which the service manager's registration chose
    /// before.
    /// </summary>
    private static void UseFormat(WebApplicationBuilder builder, LogFormat format)
    {
        const string Time = "yyyy-MM-ddTHH:mm:ss.fffZ";
        builder.Logging.AddConsole();
        builder.Services.Configure<SimpleConsoleFormatterOptions>(o =>
            (o.SingleLine, o.TimestampFormat, o.UseUtcTimestamp) = (true, Time + " ", true)
        );
        builder.Services.Configure<JsonConsoleFormatterOptions>(o => (o.TimestampFormat, o.UseUtcTimestamp) = (Time, true));
        if (format == LogFormat.Text)
            return;
        builder.Services.PostConfigure<ConsoleLoggerOptions>(o => o.FormatterName = ConsoleFormatterNames.Json);
    }
}
