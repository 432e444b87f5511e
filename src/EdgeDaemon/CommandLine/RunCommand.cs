using System.CommandLine;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.CommandLine;

/// <summary><c>clipfusion run</c>: the appliance, until it is stopped.</summary>
internal static class RunCommand
{
    private static readonly Option<string> Config = new("--config") { Description = "The configuration file.", HelpName = "FILE", Required = true };

    public static Command Create()
    {
        var command = new Command("run", "Run the appliance until it is stopped.") { Config };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(Config)!, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string file, CancellationToken cancellation)
    {
        LiveConfig config = LiveConfig.Load(file);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddSimpleConsole(o => { o.SingleLine = true; o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ "; o.UseUtcTimestamp = true; });
        // First in, last out: signals and watchdog are there before the appliance starts and until it has stopped.
        builder.Services.AddSingleton<ConfigReloader>().AddHostedService(services => services.GetRequiredService<ConfigReloader>());
        builder.Services.AddServiceManager();
        builder.Services.AddSingleton<MetricSources>().AddSingleton<ApplianceMetrics>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = CommandLineApp.TerminationTimeout);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton(config).AddSingleton<BoxSlot>().AddSingleton<Appliance>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Appliance>());
        using IHost host = builder.Build();
        KillPoint.Arm(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger<KillPoint>());
        Appliance appliance = host.Services.GetRequiredService<Appliance>();
        try
        {
            await host.StartAsync(cancellation).ConfigureAwait(false);
            await host.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested || host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested)
        {
            // Stopped while it was starting: no error, and what has started is brought in order all the same.
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }

        // The host ends quietly when its service fails; the exit code must not.
        if (appliance.ExecuteTask is { IsFaulted: true } failed) await failed.ConfigureAwait(false);
        return ExitCode.Clean;
    }
}
