using System.Globalization;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>
/// <c>POST /api/v1/stations/{station}/triggers</c>: the same trigger with the same answers as over MQTT. 202 with the ack; with
/// <c>waitMs</c> 200 with the verdict, where it comes in time. The verdict goes out over MQTT in any case.
/// </summary>
internal sealed class TriggerEndpoint(
    ApplianceAccessor accessor,
    ChangeGate gate,
    ApplianceMetrics metrics,
    IHostApplicationLifetime lifetime,
    TimeProvider time
)
{
    /// <summary>Longest wait for a verdict that can be asked for, in milliseconds.</summary>
    public const int MaximumWaitMs = 60_000;

    public void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/api/v1/stations/{station}/triggers", TakeAsync)
            .Answers(200, 202, 400, 401, 404, 408, 409, 413, 415, 429, 503)
            .In(RequestClass.Exempt);

    /// <summary>HTTP's word for a refusal; <c>docs/http.md</c> has the same table.</summary>
    public static int StatusOf(Code refusal) =>
        refusal switch
        {
            Code.Malformed => StatusCodes.Status400BadRequest,
            Code.NotAllowed => StatusCodes.Status403Forbidden,
            Code.UnknownRecipe => StatusCodes.Status404NotFound,
            Code.RecipeNotActive or Code.TriggerIdConflict or Code.Busy or Code.NoEnrollment => StatusCodes.Status409Conflict,
            Code.RecipeFailed or Code.NeedsReferences or Code.EnrollmentFailed or Code.UnusableReference =>
                StatusCodes.Status422UnprocessableEntity,
            Code.QueueFull or Code.TooFast => StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status503ServiceUnavailable,
        };

    private async Task TakeAsync(HttpContext context)
    {
        long received = time.GetTimestamp();
        if (!await gate.EnterAsync(context, (code, why) => RefuseAsync(context, null, code, why)).ConfigureAwait(false))
            return;
        if (!BoxRequest.IsKnown(context, out string name))
            await BoxRequest.UnknownAsync(context, name).ConfigureAwait(false);
        else if (accessor.Current is not { } box || box.Find(name) is not { } station)
            await RefuseAsync(context, null, Code.NotReady, BoxRequest.NotRunning).ConfigureAwait(false);
        else
            await TakeAsync(context, box, station, received).ConfigureAwait(false);
    }

    private async Task TakeAsync(HttpContext context, RunningAppliance box, Station station, long received)
    {
        if (await CommandBody.ReadAsync(context, CommandParser.Trigger, time).ConfigureAwait(false) is not { } parsed)
            return;
        TimeSpan? wait = TimeSpan.Zero;
        (Code code, string? error) =
            parsed.Error is { } wrong ? (Code.Malformed, wrong)
            : (wait = WaitOf(context.Request)) is null ? (Code.Malformed, $"waitMs is not a whole number from 0 to {MaximumWaitMs}")
            : !station.Config.Triggers.Http ? (Code.NotAllowed, "this station is not triggered over HTTP")
            : (Code.None, null);
        if (error is not null)
        {
            station.Counts.Missed();
            metrics.Refused(station.Name, code);
            await RefuseAsync(context, parsed.Id, code, error).ConfigureAwait(false);
            return;
        }

        TriggerContent content = parsed.Value!;
        // Not given up when the caller goes: what is committed is judged.
        Taken taken = await station
            .Acceptance.TakeAsync(
                new Trigger(
                    station.Name,
                    TriggerSource.Http,
                    received,
                    content.TriggerId,
                    content.PartId,
                    content.Recipe,
                    content.Deadline
                ),
                CancellationToken.None
            )
            .ConfigureAwait(false);
        if (taken.Given is { } given)
            box.Publisher.Resend(OutboxBridge.Row(given, box.BootId, time));
        try
        {
            await AnswerAsync(context, taken, received, wait!.Value).ConfigureAwait(false);
        }
        finally
        {
            // Whoever has gone can't be told again: there is no connection to find him by.
            _ = station.Acceptance.NoteAckedAsync(taken.Ack, QueuedAnswer.Arrived);
        }
    }

    private async Task AnswerAsync(HttpContext context, Taken taken, long received, TimeSpan wait)
    {
        VerdictRecord? verdict = taken.Given ?? await WhenJudgedAsync(context, taken.Coming, wait).ConfigureAwait(false);
        if (!taken.Ack.Accepted)
        {
            await Reply.JsonAsync(context, StatusOf(taken.Ack.Code), taken.Ack).ConfigureAwait(false);
        }
        else if (verdict is null || wait == TimeSpan.Zero)
        {
            await Reply.JsonAsync(context, StatusCodes.Status202Accepted, taken.Ack).ConfigureAwait(false);
        }
        else
        {
            bool isLate = !taken.Ack.Duplicate && verdict.Inspection.Deadline < time.GetElapsedTime(received);
            await Reply
                .JsonAsync(
                    context,
                    StatusCodes.Status200OK,
                    new VerdictMessage(verdict, new SendingFlags(isLate, false, taken.Ack.Duplicate))
                )
                .ConfigureAwait(false);
        }
    }

    /// <summary>The verdict, or null when it is not there in time: the program's end does not wait for callers.</summary>
    private async Task<VerdictRecord?> WhenJudgedAsync(HttpContext context, Task<VerdictRecord?>? coming, TimeSpan wait)
    {
        if (coming is null || wait == TimeSpan.Zero)
            return null;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            return await coming.WaitAsync(wait, time, end.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    private static TimeSpan? WaitOf(HttpRequest request)
    {
        string asked = request.Query["waitMs"].ToString();
        if (asked.Length == 0)
            return TimeSpan.Zero;
        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out int ms) && ms <= MaximumWaitMs
            ? TimeSpan.FromMilliseconds(ms)
            : null;
    }

    private Task RefuseAsync(HttpContext context, string? triggerId, Code code, string error) =>
        Reply.JsonAsync(context, StatusOf(code), TriggerAckMessage.ForRefused(triggerId, code, error, time.GetUtcNow()));
}
