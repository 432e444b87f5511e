using System.Globalization;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.EdgeDaemon.Web.Limits;
using ClipFusion.Foundation;
using ClipFusion.Inspection.Recipes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Teaching over HTTP: the same steps with the same answers as over MQTT, pictures that are sent, and what was taught.</summary>
internal sealed class EnrollmentEndpoints(ApplianceAccessor accessor, ChangeGate gate, TimeProvider time)
{
    private const string Base = "/api/v1/stations/{station}/enrollment";

    /// <summary>Longest picture that can be sent, in bytes: 21 megapixels in colour without compression.</summary>
    private const int MaximumPicture = 64 << 20;

    private const int LongestName = 200;

    private static readonly TimeSpan PictureTime = TimeSpan.FromSeconds(60);

    // A picture is held in memory while it comes: one at a time.
    private int _uploading;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapStation(
                Base,
                (context, box, station) => Reply.JsonAsync(context, StatusCodes.Status200OK, box.Enrollments[station.Name].Progress)
            )
            .Answers(200, 404, 503);
        app.MapPost(Base, StepAsync).Answers(200, 202, 400, 401, 404, 408, 409, 413, 415, 422, 429, 503).In(RequestClass.Exempt);
        app.MapPost(Base + "/pictures", UploadAsync).Answers(200, 401, 404, 408, 409, 413, 422, 429, 503).In(RequestClass.Exempt);
        app.MapDelete(Base + "/pictures/{number}", RemoveAsync).Answers(200, 401, 404, 409, 422, 429, 503).In(RequestClass.Exempt);
        app.MapBox("/api/v1/recipes/{recipe}/references", ReferencesAsync).Answers(200, 404, 503);
    }

    private async Task StepAsync(HttpContext context)
    {
        if (
            await EnterAsync(context).ConfigureAwait(false) is not { } enrollment
            || await CommandBody.ReadAsync(context, CommandParser.Enroll, time).ConfigureAwait(false) is not { } parsed
        )
            return;
        EnrollProgressMessage told = parsed.Value is { } asked
            ? await enrollment.TakeAsync(asked).ConfigureAwait(false)
            : EnrollProgressMessage.ForRefused(parsed.Id, null, Code.Malformed, parsed.Error!, time.GetUtcNow());
        await AnswerAsync(context, told).ConfigureAwait(false);
    }

    private async Task UploadAsync(HttpContext context)
    {
        if (await EnterAsync(context).ConfigureAwait(false) is not { } enrollment)
            return;
        string name = context.Request.Query["name"].ToString();
        if (Interlocked.Exchange(ref _uploading, 1) != 0)
        {
            await RefuseAsync(context, Code.Busy, "another picture is being sent; send one after the other").ConfigureAwait(false);
            return;
        }

        try
        {
            if (await PictureAsync(context).ConfigureAwait(false) is { } picture)
                await AnswerAsync(context, await enrollment.UploadAsync(picture, IsPlain(name) ? name : null).ConfigureAwait(false))
                    .ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _uploading, 0);
        }
    }

    private async Task RemoveAsync(HttpContext context)
    {
        if (await EnterAsync(context).ConfigureAwait(false) is not { } enrollment)
            return;
        string asked = context.Request.RouteValues["number"] as string ?? "";
        if (!int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            await Reply
                .ProblemAsync(
                    context,
                    StatusCodes.Status404NotFound,
                    $"the path does not end in a picture's number; expected 1 to {ReferenceStore.MaxPictures}"
                )
                .ConfigureAwait(false);
            return;
        }

        await AnswerAsync(context, await enrollment.RemoveAsync(number).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task ReferencesAsync(HttpContext context, RunningAppliance box)
    {
        string recipe = context.Request.RouteValues["recipe"] as string ?? "";
        if (!Names.IsRecipeName(recipe))
        {
            await Reply
                .ProblemAsync(context, StatusCodes.Status404NotFound, $"no recipe can have this name; expected {Names.Rule}")
                .ConfigureAwait(false);
            return;
        }

        ReferencesView view = await Task.Run(() => ReferencesView.Of(box.References, recipe), context.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, view).ConfigureAwait(false);
    }

    /// <summary>The enrolment of the station that the path names; null when the request is answered already.</summary>
    private async Task<StationEnrollment?> EnterAsync(HttpContext context)
    {
        if (!await gate.EnterAsync(context, (code, why) => RefuseAsync(context, code, why)).ConfigureAwait(false))
            return null;
        if (!BoxRequest.IsKnown(context, out string name))
        {
            await BoxRequest.UnknownAsync(context, name).ConfigureAwait(false);
            return null;
        }

        StationEnrollment? enrollment = accessor.Current?.Enrollments.GetValueOrDefault(name);
        if (enrollment is null)
            await RefuseAsync(context, Code.NotReady, BoxRequest.NotRunning).ConfigureAwait(false);
        return enrollment;
    }

    /// <summary>The body; null when the request is answered already.</summary>
    private async Task<ReadOnlyMemory<byte>?> PictureAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaximumPicture;
        using var slow = new CancellationTokenSource(PictureTime, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, context.RequestAborted);
        using var picture = new MemoryStream((int)Math.Clamp(context.Request.ContentLength ?? 0, 0, MaximumPicture));
        try
        {
            await context.Request.Body.CopyToAsync(picture, ends.Token).ConfigureAwait(false);
            return picture.GetBuffer().AsMemory(0, (int)picture.Length);
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.Headers.Connection = "close";
            await Reply
                .ProblemAsync(
                    context,
                    StatusCodes.Status408RequestTimeout,
                    $"the picture did not come within {PictureTime.TotalSeconds:0} s"
                )
                .ConfigureAwait(false);
            return null;
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await Reply
                .ProblemAsync(
                    context,
                    StatusCodes.Status413PayloadTooLarge,
                    $"the picture has more than {MaximumPicture >> 20} MiB; expected at most that"
                )
                .ConfigureAwait(false);
            return null;
        }
    }

    private Task RefuseAsync(HttpContext context, Code code, string why) =>
        AnswerAsync(context, EnrollProgressMessage.ForRefused(null, null, code, why, time.GetUtcNow()));

    private static Task AnswerAsync(HttpContext context, EnrollProgressMessage told) =>
        Reply.JsonAsync(
            context,
            told.State switch
            {
                EnrollState.Refused => TriggerEndpoint.StatusOf(told.Code),
                EnrollState.Encoding or EnrollState.Activating => StatusCodes.Status202Accepted,
                _ => StatusCodes.Status200OK,
            },
            told
        );

    private static bool IsPlain(string name) => name.Length is > 0 and <= LongestName && !name.Any(char.IsControl);
}

/// <summary>What was taught for a recipe.</summary>
/// <param name="Recipe">Name of the recipe.</param>
/// <param name="Active">Number of the set that is judged by; null for none.</param>
/// <param name="Previous">The one that a roll back returns to; null for none.</param>
/// <param name="Sets">All of them, newest first.</param>
internal sealed record ReferencesView(string Recipe, int? Active, int? Previous, IReadOnlyList<ReferenceSetView> Sets)
{
    /// <summary>As it is now. A set that can't be read says why.</summary>
    public static ReferencesView Of(ReferenceStore store, string recipe)
    {
        ReferenceIndex index = store.Index(recipe);
        return new(
            recipe,
            index.Active,
            index.Previous,
            [.. store.Sets(recipe).Reverse().Select(n => ReferenceSetView.Of(store, index, n))]
        );
    }
}

/// <summary>A reference set.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Version">The reference version in verdicts; null where the set can't be read.</param>
/// <param name="Taught">Whether it was taught on site, rather than named by the recipe's file.</param>
/// <param name="Station">Where it was taught; null for nowhere.</param>
/// <param name="CreatedAt">Wall clock, UTC; null where the set can't be read.</param>
/// <param name="Pictures">What it consists of.</param>
/// <param name="Thresholds">What it has, by model pack.</param>
/// <param name="Problem">Why it can't be used; null where it can.</param>
internal sealed record ReferenceSetView(
    int Number,
    string? Version,
    bool Taught,
    string? Station,
    DateTimeOffset? CreatedAt,
    IReadOnlyList<ReferencePicture> Pictures,
    IReadOnlyList<ThresholdsView> Thresholds,
    string? Problem
)
{
    /// <summary>As it is described.</summary>
    public static ReferenceSetView Of(ReferenceStore store, ReferenceIndex index, int number)
    {
        ThresholdsView[] thresholds = [.. index.Thresholds.Where(t => t.Set == number).Select(ThresholdsView.Of)];
        try
        {
            ReferenceSet set = store.Find(index.Recipe, number);
            return new(number, set.Version, set.IsTaught, set.Station, set.CreatedAt, set.Pictures, thresholds, null);
        }
        catch (ReferenceException e)
        {
            return new(number, null, false, null, null, [], thresholds, e.Message);
        }
    }
}

/// <summary>Thresholds of a reference set under a model pack.</summary>
/// <param name="Pack">Hash of the pack.</param>
/// <param name="State">What they promise.</param>
/// <param name="SetAt">Wall clock, UTC.</param>
/// <param name="Scores">Image thresholds by profile.</param>
/// <param name="Maps">Map thresholds by profile.</param>
internal sealed record ThresholdsView(
    string Pack,
    ThresholdState State,
    DateTimeOffset SetAt,
    IReadOnlyDictionary<string, double> Scores,
    IReadOnlyDictionary<string, double> Maps
)
{
    /// <summary>With the profiles' names.</summary>
    public static ThresholdsView Of(SetThresholds thresholds) =>
        new(thresholds.Pack, thresholds.State, thresholds.SetAt, Named(thresholds.Scores), Named(thresholds.Maps));

    private static Dictionary<string, double> Named(IReadOnlyDictionary<Profile, double> numbers) =>
        numbers.ToDictionary(n => ProfileNames.Of(n.Key), n => n.Value);
}
