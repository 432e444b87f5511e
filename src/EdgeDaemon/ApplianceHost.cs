using ClipFusion.EdgeDaemon.CommandLine;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon;

/// <summary>The host that the appliance lives in, whichever verb runs it: nothing but the box's own configuration decides what it does.</summary>
internal static class ApplianceHost
{
    /// <summary>Puts the host together and takes the address of page and API.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="more">What a verb adds, for example <see cref="ExtraEndpoints"/>.</param>
    /// <exception cref="IOException">The address can't be had; nothing was started.</exception>
    public static WebApplication Create(LiveConfig config, Action<IServiceCollection>? more = null)
    {
        // Empty: no settings files, no environment, no static files.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddSimpleConsole(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ "; o.UseUtcTimestamp = true; });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        // A failure comes out of RunAsync and is told once, in words; the host would tell it again, several times and with its own traces.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = CommandLineApp.TerminationTimeout);
        // First in, last out: signals and watchdog are there before the appliance starts and until it has stopped.
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(config);
        builder.Services.AddSingleton<ConfigReloader>().AddHostedService(services => services.GetRequiredService<ConfigReloader>());
        builder.Services.AddServiceManager();
        builder.Services.AddSingleton<MetricSources>().AddSingleton<ApplianceMetrics>().AddMetricsPage();
        builder.Services.AddSingleton<BoxSlot>().AddSingleton<Appliance>().AddHostedService(services => services.GetRequiredService<Appliance>());
        // Starts when the box serves its state, while it warms up, and stops before the box does.
        WebServer.Add(builder, config.Current.Http);
        more?.Invoke(builder.Services);

        WebApplication app = builder.Build();
        WebServer.Map(app);
        return app;
    }

    /// <summary>Runs until it is stopped or the appliance fails; then its failure comes out.</summary>
    public static async Task RunAsync(WebApplication app, CancellationToken cancellation)
    {
        KillPoint.Arm(app.Services.GetRequiredService<ILoggerFactory>().CreateLogger<KillPoint>());
        Appliance appliance = app.Services.GetRequiredService<Appliance>();
        try
        {
            await app.StartAsync(cancellation).ConfigureAwait(false);
            await app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Stopped while it was starting: no error, and what has started is brought in order all the same.
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }

        // The host ends quietly when its service fails; the exit code must not.
        if (appliance.ExecuteTask is { IsFaulted: true } failed) await failed.ConfigureAwait(false);
    }
}
