using System.Text.Json.Serialization;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Answers to requests.</summary>
internal static class Reply
{
    /// <summary>JSON as the contract has it.</summary>
    public static Task JsonAsync<T>(HttpContext context, int status, T body) =>
        BytesAsync(context, status, "application/json", Wire.Json(body));

    /// <summary>What went wrong (RFC 9457).</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">HTTP status code.</param>
    /// <param name="detail">What was wrong, where, and what is expected.</param>
    public static Task ProblemAsync(HttpContext context, int status, string detail) =>
        BytesAsync(
            context,
            status,
            "application/problem+json",
            Wire.Json(new Problem(ReasonPhrases.GetReasonPhrase(status), status, detail))
        );

    /// <summary>Any content.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">HTTP status code.</param>
    /// <param name="type">Media type.</param>
    /// <param name="body">The content.</param>
    /// <param name="end">What follows it.</param>
    public static async Task BytesAsync(
        HttpContext context,
        int status,
        string type,
        ReadOnlyMemory<byte> body,
        ReadOnlyMemory<byte> end = default
    )
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length + end.Length;
        context.Features.Get<RequestCharge>()?.Sent(body.Length + end.Length);
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        if (!end.IsEmpty)
            await context.Response.Body.WriteAsync(end, context.RequestAborted).ConfigureAwait(false);
    }

    private sealed record Problem(string Title, int Status, string Detail)
    {
        [JsonPropertyOrder(-1)]
        public string Type { get; } = "about:blank";
    }
}
