using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>What a station's gallery shows: the latest inspection and the latest NG of this run. Asking for one has the box make them for a
/// few seconds, first those of the last frames.</summary>
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
        app.MapStation(
                Base + "latest-ng",
                async (context, box, station) =>
                    await (
                        await LookAsync(context, box, station, g => g.LatestNg).ConfigureAwait(false) is { } shown
                            ? Reply.JsonAsync(context, StatusCodes.Status200OK, new VerdictMessage(shown.Verdict, default))
                            : NothingAsync(context, station)
                    ).ConfigureAwait(false)
            )
            .Answers(200, 404, 503);

        void Picture(string name, Func<StationGallery, ShownInspection?> which, Func<ShownInspection, ReadOnlyMemory<byte>> picture) =>
            app.MapStation(
                    Base + name,
                    async (context, box, station) =>
                    {
                        ShownInspection? found = await LookAsync(context, box, station, which).ConfigureAwait(false);
                        if (found is not { } shown || picture(shown) is not { IsEmpty: false } jpeg)
                        {
                            await NothingAsync(context, station).ConfigureAwait(false);
                            return;
                        }

                        context.Response.Headers[InspectionHeader] = shown.Verdict.Inspection.Id;
                        await Reply.BytesAsync(context, StatusCodes.Status200OK, "image/jpeg", jpeg).ConfigureAwait(false);
                    }
                )
                .Answers(200, 404, 503);
    }

    private static async Task<ShownInspection?> LookAsync(
        HttpContext context,
        RunningAppliance box,
        Station station,
        Func<StationGallery, ShownInspection?> which
    )
    {
        if (box.Pictures.Galleries.GetValueOrDefault(station.Name) is not { } gallery)
            return null;
        await gallery.WantedAsync(context.RequestAborted).ConfigureAwait(false);
        return which(gallery);
    }

    private static Task NothingAsync(HttpContext context, Station station) =>
        Reply.ProblemAsync(
            context,
            StatusCodes.Status404NotFound,
            $"station \"{station.Name}\" has no such picture yet: nothing was judged in this run that it could be of"
        );
}
