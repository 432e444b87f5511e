using System.Globalization;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Device, stations and what they judged, to be looked at.</summary>
internal static class StationEndpoints
{
    private const int MostInspections = 100, UsualInspections = 20;

    public static void Map(IEndpointRouteBuilder app)
    {
        CodeView[] codes = [.. Enum.GetValues<Code>().Where(c => c != Code.None).Order().Select(c => new CodeView((int)c, c.ToText(), CodeTable.Describe(c)))];
        app.MapGet("/api/v1/codes", context => Reply.JsonAsync(context, StatusCodes.Status200OK, codes)).Answers(200);
        app.MapBox("/api/v1/device", (context, box) => Reply.JsonAsync(context, StatusCodes.Status200OK, DeviceView.Of(box, context.RequestServices.GetRequiredService<TimeProvider>()))).Answers(200, 503);
        app.MapBox("/api/v1/stations", (context, box) => Reply.JsonAsync(context, StatusCodes.Status200OK, box.Stations.Select(s => StationView.Of(box, s)))).Answers(200, 503);
        app.MapStation("/api/v1/stations/{station}", (context, box, station) => Reply.JsonAsync(context, StatusCodes.Status200OK, StationView.Of(box, station))).Answers(200, 404, 503);
        app.MapStation("/api/v1/stations/{station}/latest", LatestAsync).Answers(200, 404, 503);
        app.MapBox("/api/v1/inspections", InspectionsAsync).Answers(200, 400, 404, 503);
    }

    /// <summary>A station's newest verdicts, newest first.</summary>
    public static IEnumerable<VerdictMessage> Judged(Box box, string station, int limit) =>
        // Those without a verdict are never more than the queue has places.
        box.Store.ReadRecent(station, limit + (box.Find(station)?.Config.QueueDepth ?? 0)).Where(r => r.Verdict is not null).Take(limit).Select(r => new VerdictMessage(r.Verdict!, default));

    private static Task LatestAsync(HttpContext context, Box box, Station station) => Judged(box, station.Name, 1).FirstOrDefault() is { } latest
        ? Reply.JsonAsync(context, StatusCodes.Status200OK, latest)
        : Reply.ProblemAsync(context, StatusCodes.Status404NotFound, $"station \"{station.Name}\" has judged nothing yet");

    private static Task InspectionsAsync(HttpContext context, Box box)
    {
        string name = context.Request.Query["station"].ToString(), asked = context.Request.Query["limit"].ToString();
        int limit = UsualInspections;
        if (name.Length == 0) return Reply.ProblemAsync(context, StatusCodes.Status400BadRequest, "the query has no station; expected ?station=NAME");
        if (asked.Length > 0 && !(int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MostInspections))
            return Reply.ProblemAsync(context, StatusCodes.Status400BadRequest, $"limit is not a number from 1 to {MostInspections}");
        if (box.Find(name) is null) return BoxRequest.UnknownAsync(context, name);
        return Reply.JsonAsync(context, StatusCodes.Status200OK, Judged(box, name, limit));
    }

    /// <summary>A code for people.</summary>
    private sealed record CodeView(int Code, string Text, string Meaning);
}
