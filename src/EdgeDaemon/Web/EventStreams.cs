using System.Threading.Channels;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>
/// Server-sent events: <c>device</c> every second, <c>state</c> as often as over MQTT, <c>verdict</c> for every stored verdict,
/// <c>picture</c> when there is a new one. A client that reads slowly loses its oldest events, never anybody else's time.
/// </summary>
internal sealed class EventStreams(IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Most clients of a box.</summary>
    public const int MaximumClients = 16;

    private const string StreamType = "text/event-stream";
    private const int WaitingEvents = 64;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private int _clients;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapBox("/api/v1/events", (context, box) => StreamAsync(context, box, box.Stations)).Answers(200, 503).In(RequestClass.Vital);
        app.MapStation("/api/v1/stations/{station}/events", (context, box, station) => StreamAsync(context, box, [station]))
            .Answers(200, 404, 503)
            .In(RequestClass.Vital);
    }

    private async Task StreamAsync(HttpContext context, RunningAppliance box, IReadOnlyList<Station> stations)
    {
        // A proxy must not gather events until a buffer is full (nginx and others look at this header).
        context.Response.Headers["X-Accel-Buffering"] = "no";
        if (context.IsHead())
        {
            context.Response.ContentType = StreamType;
            return;
        }

        if (Interlocked.Increment(ref _clients) > MaximumClients)
        {
            Interlocked.Decrement(ref _clients);
            context.Response.Headers.RetryAfter = "5";
            await Reply
                .ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, $"{MaximumClients} clients listen already")
                .ConfigureAwait(false);
            return;
        }

        try
        {
            context.Features.Get<ClientConnection>()?.Keep();
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
            await new Client(box, stations, context.Request.Query["pictures"] == "true", time)
                .RunAsync(context.Response, end)
                .ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _clients);
        }
    }

    /// <summary>An event with its content.</summary>
    private readonly record struct Event(string Name, object Content);

    private sealed record VerdictEvent(string Station, VerdictMessage Verdict);

    private sealed record PictureEvent(string Station, string InspectionId, bool Frame, bool Overlay, NgEvent? Ng);

    /// <summary>The latest NG, which has its pictures beside the latest inspection's.</summary>
    private sealed record NgEvent(string InspectionId, long Seq, string? PartId, DateTimeOffset CompletedAt, bool Frame, bool Overlay);

    /// <summary>One listener: sources write into its queue and never wait, one loop empties it.</summary>
    private sealed class Client(RunningAppliance box, IReadOnlyList<Station> stations, bool withPictures, TimeProvider time)
    {
        private readonly Channel<Event> _events = Channel.CreateBounded<Event>(
            new BoundedChannelOptions(WaitingEvents) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest }
        );
        private readonly HashSet<string> _names = [.. stations.Select(s => s.Name)];

        public async Task RunAsync(HttpResponse response, CancellationTokenSource end)
        {
            response.ContentType = StreamType;
            box.Events.VerdictStored += TellVerdict;
            List<(StationGallery Gallery, Action Tell)> galleries = withPictures
                ? [.. stations.Where(s => box.Pictures.Galleries.ContainsKey(s.Name)).Select(PicturesOf)]
                : [];
            foreach ((StationGallery gallery, Action tell) in galleries)
            {
                gallery.Changed += tell;
                // What is there already; the pictures of the last frames come as soon as they are made.
                tell();
            }

            Task[] sources = [.. stations.Select(s => TellStatesAsync(s, end.Token)), BeatAsync(galleries, end.Token)];
            try
            {
                await foreach (Event next in _events.Reader.ReadAllAsync(end.Token).ConfigureAwait(false))
                    await WriteAsync(response, next, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The client has gone, or the program ends.
            }
            finally
            {
                foreach ((StationGallery gallery, Action tell) in galleries)
                    gallery.Changed -= tell;
                box.Events.VerdictStored -= TellVerdict;
                await end.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(sources).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private static async Task WriteAsync(HttpResponse response, Event next, CancellationToken stop)
        {
            await response.WriteAsync($"event: {next.Name}\ndata: ", stop).ConfigureAwait(false);
            // One line: JSON has no line feeds of its own.
            await response.Body.WriteAsync(Wire.Json(next.Content), stop).ConfigureAwait(false);
            await response.WriteAsync("\n\n", stop).ConfigureAwait(false);
            await response.Body.FlushAsync(stop).ConfigureAwait(false);
        }

        private async Task BeatAsync(List<(StationGallery Gallery, Action Tell)> galleries, CancellationToken stop)
        {
            using var timer = new PeriodicTimer(Beat, time);
            do
            {
                foreach ((StationGallery gallery, _) in galleries)
                    gallery.Wanted();
                Tell("device", DeviceView.Of(box, time));
            } while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
        }

        private async Task TellStatesAsync(Station station, CancellationToken stop)
        {
            var changed = new Signal();
            station.Changed += changed.Set;
            try
            {
                await new StateReporter(
                    changed,
                    () => station.Readiness.Code == Code.None,
                    beat => Tell("state", StationView.Of(box, station, beat)),
                    time
                )
                    .RunAsync(stop)
                    .ConfigureAwait(false);
            }
            finally
            {
                station.Changed -= changed.Set;
            }
        }

        private (StationGallery Gallery, Action Tell) PicturesOf(Station station)
        {
            StationGallery gallery = box.Pictures.Galleries[station.Name];
            return (
                gallery,
                () =>
                {
                    if (gallery.Latest is { } shown)
                        Tell(
                            "picture",
                            new PictureEvent(
                                station.Name,
                                shown.Verdict.Inspection.Id,
                                !shown.FrameJpeg.IsEmpty,
                                !shown.OverlayJpeg.IsEmpty,
                                NgOf(gallery.LatestNg)
                            )
                        );
                }
            );
        }

        private static NgEvent? NgOf(ShownInspection? ng) =>
            ng is null
                ? null
                : new(
                    ng.Verdict.Inspection.Id,
                    ng.Verdict.Inspection.Sequence,
                    ng.Verdict.Inspection.PartId,
                    ng.Verdict.CompletedAt,
                    !ng.FrameJpeg.IsEmpty,
                    !ng.OverlayJpeg.IsEmpty
                );

        private void TellVerdict(VerdictRecord verdict)
        {
            if (_names.Contains(verdict.Inspection.Station))
                Tell("verdict", new VerdictEvent(verdict.Inspection.Station, new VerdictMessage(verdict, default)));
        }

        private void Tell(string name, object content) => _events.Writer.TryWrite(new Event(name, content));
    }
}
