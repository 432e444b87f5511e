using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>What a station's gallery shows: the latest inspection and the latest NG whose pictures were made. Asking for one makes the box go on making them for a few seconds.</summary>
internal static class PictureEndpoints
{
    /// <summary>Header that names the inspection that a picture is of.</summary>
    public const string InspectionHeader = "X-Inspection-Id";

    public static void Map(IEndpointRouteBuilder app)
    {
        const string Base = "/api/v1/stations/{station}/";
        Picture("latest.jpg", g => g.Latest, s => s.FrameJpeg);
        Picture("latest-overlay.jpg", g => g.Latest, s => s.OverlayJpeg);
        Picture("latest-ng.jpg", g => g.LatestNg, s => s.FrameJpeg);
        Picture("latest-ng-overlay.jpg", g => g.LatestNg, s => s.OverlayJpeg);
        app.MapStation(Base + "latest-ng", (context, box, station) => Look(box, station, g => g.LatestNg) is { } shown
            ? Reply.JsonAsync(context, StatusCodes.Status200OK, new VerdictMessage(shown.Verdict, default))
            : NothingAsync(context, station)).Answers(200, 404, 503);

        void Picture(string name, Func<StationGallery, ShownInspection?> which, Func<ShownInspection, ReadOnlyMemory<byte>> picture) => app.MapStation(Base + name, (context, box, station) =>
        {
            if (Look(box, station, which) is not { } shown || picture(shown) is not { IsEmpty: false } jpeg) return NothingAsync(context, station);
            context.Response.Headers[InspectionHeader] = shown.Verdict.Inspection.Id;
            return Reply.BytesAsync(context, StatusCodes.Status200OK, "image/jpeg", jpeg);
        }).Answers(200, 404, 503);
    }

    private static ShownInspection? Look(Box box, Station station, Func<StationGallery, ShownInspection?> which)
    {
        if (box.Galleries.GetValueOrDefault(station.Name) is not { } gallery) return null;
        gallery.Wanted();
        return which(gallery);
    }

    private static Task NothingAsync(HttpContext context, Station station) =>
        Reply.ProblemAsync(context, StatusCodes.Status404NotFound, $"station \"{station.Name}\" has no such picture yet; from now on some are made, for {StationGallery.Look.TotalSeconds:0} s");
}
