using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// What systemd, or another manager that speaks its protocol, is told: READY=1 when every hosted service has started, WATCHDOG=1 while all
/// loops beat, STOPPING=1 at SIGTERM.
/// </summary>
internal static class ServiceManager
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");

    /// <summary>
    /// Adds the heartbeats, their watchdog, and the notifications where <c>NOTIFY_SOCKET</c> is set. That alone decides, whoever the parent
    /// process is: a container's engine hands the socket in as well.
    /// </summary>
    public static IServiceCollection AddServiceManager(this IServiceCollection services)
    {
        // The journal's format of log lines, where the parent is systemd.
        services.AddSystemd();
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 } address)
        {
            // Not the library's, which waits where the manager does not read and throws where it has gone.
            services.AddSingleton<ISystemdNotifier>(all => new ServiceNotifier(
                address,
                all.GetRequiredService<ILogger<ServiceNotifier>>()
            ));
            services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }

        TimeSpan? period = Watchdog.PeriodOf(Environment.GetEnvironmentVariable, Environment.ProcessId);
        services.AddSingleton(new Heartbeats(TimeProvider.System));
        services.AddHostedService(all =>
        {
            var notifier = all.GetService<ISystemdNotifier>();
            return new Watchdog(
                all.GetRequiredService<Heartbeats>(),
                period,
                () => notifier?.Notify(Alive),
                TimeProvider.System,
                all.GetRequiredService<ILogger<Watchdog>>()
            );
        });
        return services;
    }
}
