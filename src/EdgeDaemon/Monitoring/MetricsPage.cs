using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace ClipFusion.EdgeDaemon.Monitoring;

/// <summary><c>/metrics</c>: the meters of the program and of the runtime as Prometheus text.</summary>
internal static class MetricsPage
{
    /// <summary>Where it is.</summary>
    public const string Path = "/metrics";

    private static readonly string ProgramVersion = typeof(MetricsPage).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>Collects what the page shows: this program's meter, the runtime's (memory, collections, thread pool) and the web
    /// server's.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="device">Name of the device, which tells one instance of the service from another.</param>
    public static IServiceCollection AddMetricsPage(this IServiceCollection services, string device)
    {
        // Empty: the environment (OTEL_SERVICE_NAME and its like) configures nothing here.
        ResourceBuilder resource = ResourceBuilder
            .CreateEmpty()
            .AddTelemetrySdk()
            .AddService("clipfusion", serviceVersion: ProgramVersion, autoGenerateServiceInstanceId: false, serviceInstanceId: device);
        services
            .AddOpenTelemetry()
            .WithMetrics(metrics =>
                metrics
                    .SetResourceBuilder(resource)
                    .AddMeter(ApplianceMetrics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel")
                    .AddPrometheusExporter()
            );
        return services;
    }

    /// <summary>Puts the page at <see cref="Path"/>.</summary>
    /// <param name="routes">The web server's routes.</param>
    public static IEndpointConventionBuilder MapMetricsPage(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint(Path).WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));
}
