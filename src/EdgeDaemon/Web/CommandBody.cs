using System.Buffers;
using System.IO.Pipelines;
using ClipFusion.EdgeDaemon.Delivery;
using Microsoft.AspNetCore.Http;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Bodies that are what MQTT payloads are, read by the same readers.</summary>
internal static class CommandBody
{
    private static readonly TimeSpan BodyTime = TimeSpan.FromSeconds(5);

    /// <summary>Reads the body; null when the request is answered already.</summary>
    /// <param name="context">The request.</param>
    /// <param name="parse">The reader of the payload.</param>
    /// <param name="time">Says when the body has taken too long.</param>
    public static async Task<Parsed<T>?> ReadAsync<T>(HttpContext context, Func<ReadOnlySequence<byte>, Parsed<T>> parse, TimeProvider time)
        where T : class
    {
        PipeReader body = context.Request.BodyReader;
        using var slow = new CancellationTokenSource(BodyTime, time);
        // Not the read's own token, which would leave the reader in the middle of a read.
        using CancellationTokenRegistration end = slow.Token.Register(body.CancelPendingRead);
        // One byte more than the reader takes, so that it is the one who says that it is too long.
        ReadResult read = await body.ReadAtLeastAsync(CommandParser.MaximumPayload + 1, context.RequestAborted).ConfigureAwait(false);
        bool isJson =
            read.Buffer.IsEmpty
            || context.Request.ContentType?.Split(';')[0].Trim().Equals("application/json", StringComparison.OrdinalIgnoreCase) == true;
        Parsed<T>? parsed = isJson && !read.IsCanceled ? parse(read.Buffer) : null;
        body.AdvanceTo(read.Buffer.End);
        if (parsed is not null)
            return parsed;
        (int status, string detail) =
            !read.IsCanceled
                ? (StatusCodes.Status415UnsupportedMediaType, "the body is not declared as JSON; expected Content-Type: application/json")
            : slow.IsCancellationRequested
                ? (StatusCodes.Status408RequestTimeout, $"the body did not come within {BodyTime.TotalSeconds:0} s")
            // The web server stops while the body is on its way: half of one is no command.
            : (StatusCodes.Status503ServiceUnavailable, BoxRequest.NotRunning);
        if (read.IsCanceled)
            context.Response.Headers.Connection = "close";
        await Reply.ProblemAsync(context, status, detail).ConfigureAwait(false);
        return null;
    }
}
