using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Endpoints that look at the running box, or at one of its stations; without one they answer 503, and 404 for a station that
/// there is not.</summary>
internal static class BoxRequest
{
    /// <summary>What is said while there is no box.</summary>
    public const string NotRunning = "the program is starting or being stopped; try again";

    /// <summary>Maps a GET that looks at the box.</summary>
    public static IEndpointConventionBuilder MapBox(
        this IEndpointRouteBuilder app,
        string path,
        Func<HttpContext, RunningAppliance, Task> answer
    ) =>
        app.MapGet(
            path,
            context =>
            {
                if (context.RequestServices.GetRequiredService<ApplianceAccessor>().Current is { } box)
                    return answer(context, box);
                return RefuseAsync(context);
            }
        );

    /// <summary>Maps a GET that looks at the station that the path names.</summary>
    public static IEndpointConventionBuilder MapStation(
        this IEndpointRouteBuilder app,
        string path,
        Func<HttpContext, RunningAppliance, Station, Task> answer
    ) =>
        app.MapGet(
            path,
            context =>
            {
                if (!IsKnown(context, out string name))
                    return UnknownAsync(context, name);
                if (context.RequestServices.GetRequiredService<ApplianceAccessor>().Current is { } box && box.Find(name) is { } station)
                    return answer(context, box, station);
                return RefuseAsync(context);
            }
        );

    /// <summary>Whether the configuration has the station that the path names.</summary>
    public static bool IsKnown(HttpContext context, out string name)
    {
        string station = name = context.Request.RouteValues["station"] as string ?? "";
        return context.RequestServices.GetRequiredService<LiveConfig>().Current.Stations.Any(s => s.Name == station);
    }

    /// <summary>There is no such station.</summary>
    public static Task UnknownAsync(HttpContext context, string name) =>
        Reply.ProblemAsync(
            context,
            StatusCodes.Status404NotFound,
            $"there is no station \"{name}\"; expected one of "
                + $"{string.Join(", ", context.RequestServices.GetRequiredService<LiveConfig>().Current.Stations.Select(s => s.Name))}"
        );

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        return Reply.ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, NotRunning);
    }
}
