using System.Globalization;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Device, stations and what they judged, to be looked at.</summary>
internal static class StationEndpoints
{
    private const int MostInspections = VerdictPages.Longest,
        UsualInspections = 20;

    public static void Map(IEndpointRouteBuilder app)
    {
        CodeView[] codes =
        [
            .. Enum.GetValues<Code>()
                .Where(c => c != Code.None)
                .Order()
                .Select(c => new CodeView((int)c, c.ToText(), CodeTable.Describe(c))),
        ];
        app.MapGet("/api/v1/codes", context => Reply.JsonAsync(context, StatusCodes.Status200OK, codes)).Answers(200);
        app.MapBox(
                "/api/v1/device",
                (context, box) =>
                    Reply.JsonAsync(
                        context,
                        StatusCodes.Status200OK,
                        DeviceView.Of(box, context.RequestServices.GetRequiredService<TimeProvider>())
                    )
            )
            .Answers(200, 503)
            .In(RequestClass.Vital);
        app.MapBox(
                "/api/v1/stations",
                (context, box) => Reply.JsonAsync(context, StatusCodes.Status200OK, box.Stations.Select(s => StationView.Of(box, s)))
            )
            .Answers(200, 503)
            .In(RequestClass.Vital);
        app.MapStation(
                "/api/v1/stations/{station}",
                (context, box, station) => Reply.JsonAsync(context, StatusCodes.Status200OK, StationView.Of(box, station))
            )
            .Answers(200, 404, 503)
            .In(RequestClass.Vital);
        app.MapStation("/api/v1/stations/{station}/latest", LatestAsync).Answers(200, 404, 503);
        app.MapBox("/api/v1/inspections", InspectionsAsync).Answers(200, 400, 404, 503);
    }

    private static async Task LatestAsync(HttpContext context, RunningAppliance box, Station station)
    {
        VerdictPage page = await PageAsync(context, box, station).ConfigureAwait(false);
        if (page.Latest.IsEmpty)
            await Reply
                .ProblemAsync(context, StatusCodes.Status404NotFound, $"station \"{station.Name}\" has judged nothing yet")
                .ConfigureAwait(false);
        else
            await Reply.BytesAsync(context, StatusCodes.Status200OK, "application/json", page.Latest).ConfigureAwait(false);
    }

    private static async Task InspectionsAsync(HttpContext context, RunningAppliance box)
    {
        string name = context.Request.Query["station"].ToString(),
            asked = context.Request.Query["limit"].ToString();
        int limit = UsualInspections;
        string? problem =
            name.Length == 0 ? "the query has no station; expected ?station=NAME"
            : asked.Length > 0
            && !(int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MostInspections)
                ? $"limit is not a number from 1 to {MostInspections}"
            : null;
        if (problem is not null)
        {
            await Reply.ProblemAsync(context, StatusCodes.Status400BadRequest, problem).ConfigureAwait(false);
        }
        else if (box.Find(name) is not { } station)
        {
            await BoxRequest.UnknownAsync(context, name).ConfigureAwait(false);
        }
        else
        {
            VerdictPage page = await PageAsync(context, box, station).ConfigureAwait(false);
            await Reply
                .BytesAsync(context, StatusCodes.Status200OK, "application/json", page.Beginning(limit), "]"u8.ToArray())
                .ConfigureAwait(false);
        }
    }

    private static Task<VerdictPage> PageAsync(HttpContext context, RunningAppliance box, Station station) =>
        context.RequestServices.GetRequiredService<VerdictPages>().GetAsync(box, station).WaitAsync(context.RequestAborted);

    /// <summary>A code for people.</summary>
    private sealed record CodeView(int Code, string Text, string Meaning);
}
