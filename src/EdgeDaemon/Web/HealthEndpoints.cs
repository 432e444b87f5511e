using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Whether the process serves, and whether every station would take a trigger.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", context => Reply.JsonAsync(context, StatusCodes.Status200OK, new Live("live")))
            .Answers(200)
            .In(RequestClass.Vital);
        app.MapGet("/health/ready", ReadyAsync).Answers(200, 503).In(RequestClass.Vital);
    }

    private static Task ReadyAsync(HttpContext context)
    {
        RunningAppliance? box = context.RequestServices.GetRequiredService<ApplianceAccessor>().Current;
        StationReady[] stations =
        [
            .. context.RequestServices.GetRequiredService<LiveConfig>().Current.Stations.Select(s => Look(box?.Find(s.Name), s.Name)),
        ];
        bool isReady = Array.TrueForAll(stations, s => s.Ready);
        return Reply.JsonAsync(
            context,
            isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            new Ready(isReady, stations)
        );
    }

    private static StationReady Look(Station? station, string name)
    {
        (Code code, string why) = station?.Readiness ?? (Code.NotReady, BoxRequest.NotRunning);
        return code == Code.None ? new(name, true, 0, null, null) : new(name, false, (int)code, code.ToText(), why);
    }

    private sealed record Live(string Status);

    private sealed record Ready([property: System.Text.Json.Serialization.JsonPropertyName("ready")] bool IsReady, StationReady[] Stations);

    private sealed record StationReady(string Station, bool Ready, int Code, string? Error, string? ErrorText);
}
