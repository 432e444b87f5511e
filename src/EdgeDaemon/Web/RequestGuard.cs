using System.Net;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>
/// What stands before every endpoint. Page and API are for this device only until there are users and roles: the Host header has to
/// be a loopback name or
/// address with our port (a page of another site that lets its name point here has another one), or that of the one public origin
/// under which a proxy shows the page,
/// and a request that a page of another origin makes is refused.
/// What passes waits until the limits of HTTP let it in.
/// </summary>
internal sealed partial class RequestGuard(
    RequestDelegate next,
    HttpSocket socket,
    HttpLimits limits,
    LiveConfig config,
    ILogger<RequestGuard> log
)
{
    private readonly string? _publicOrigin = config.Current.Http.PublicOrigin;
    private readonly string? _publicHost = config.Current.Http.PublicOrigin is { } origin ? new Uri(origin).Authority : null;

    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action "
        + "'none'; frame-ancestors 'none'";

    public async Task InvokeAsync(HttpContext context)
    {
        Harden(context.Response.Headers);
        ClientConnection? connection = context.Features.Get<ClientConnection>();
        connection?.Begin();
        try
        {
            await CheckAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (IsGone(context, e))
        {
            // Nobody is there to be told.
            context.Abort();
        }
        finally
        {
            connection?.End();
        }
    }

    private async Task CheckAsync(HttpContext context)
    {
        (int Status, string Detail)? refusal = Refusal(context.Request);
        // A refusal costs as much as an answer.
        if (!await limits.EnterAsync(context, refusal is null ? context.RequestClassOf() : RequestClass.Ordinary).ConfigureAwait(false))
            return;
        if (refusal is var (status, detail))
            await Reply.ProblemAsync(context, status, detail).ConfigureAwait(false);
        else
            await AnswerAsync(context).ConfigureAwait(false);
    }

    private (int Status, string Detail)? Refusal(HttpRequest request)
    {
        string host = request.Host.Value ?? "";
        bool isPublic = _publicOrigin is not null && host.Equals(_publicHost, StringComparison.OrdinalIgnoreCase);
        if (!isPublic && !IsLoopback(request.Host))
        {
            string also = _publicHost is null
                ? "; behind a proxy, $.http.publicOrigin has to name the page's address"
                : $", or {_publicHost} as $.http.publicOrigin says";
            return (
                StatusCodes.Status421MisdirectedRequest,
                $"the Host header is \"{Printable(host)}\"; expected localhost or a loopback address with port "
                    + $"{socket.Address.Port}{also} (docs/http.md)"
            );
        }

        string? origin = request.Headers.Origin;
        if (
            string.IsNullOrEmpty(origin)
            || origin == _publicOrigin
            || (!isPublic && origin.Equals($"http://{host}", StringComparison.OrdinalIgnoreCase))
        )
            return null;
        string expected = _publicOrigin is null
            ? "; behind a proxy, $.http.publicOrigin has to name the page's address"
            : $" or of {_publicOrigin}, as $.http.publicOrigin says";
        return (
            StatusCodes.Status403Forbidden,
            $"the request comes from a page of \"{Printable(origin)}\"; expected one of this device{expected} (docs/http.md)"
        );
    }

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            if (context.Response is not { HasStarted: false, StatusCode: >= 400, ContentType: null })
                return;
            if (context.AnswerOptions())
                return;
            await Reply
                .ProblemAsync(
                    context,
                    context.Response.StatusCode,
                    $"{context.Request.Method} is not possible here; /openapi.yaml says what is"
                )
                .ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            // The caller's mistake, such as half a body.
            if (context.Response.HasStarted)
                context.Abort();
            else
                await Reply.ProblemAsync(context, e.StatusCode, e.Message).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is StorageUnavailableException or PageBusyException or ObjectDisposedException && !context.Response.HasStarted)
        {
            context.Response.Headers.RetryAfter = "1";
            await Reply
                .ProblemAsync(
                    context,
                    StatusCodes.Status503ServiceUnavailable,
                    e is ObjectDisposedException ? "the program is being stopped" : e.Message
                )
                .ConfigureAwait(false);
        }
        catch (Exception e) when (IsGone(context, e))
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever one request trips over, the others and the line go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogFailed(context.Request.Method, context.Request.Path, e);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await Reply
                    .ProblemAsync(context, StatusCodes.Status500InternalServerError, "a mistake in the program; its log says more")
                    .ConfigureAwait(false);
        }
    }

    /// <summary>Whether the caller has gone: its reset may be seen in the body before the request is called aborted.</summary>
    private static bool IsGone(HttpContext context, Exception error) =>
        context.RequestAborted.IsCancellationRequested || error is ConnectionResetException or ConnectionAbortedException;

    private static void Harden(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    private bool IsLoopback(HostString host)
    {
        if ((host.Port ?? 80) != socket.Address.Port)
            return false;
        return host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Host, out IPAddress? address) && IPAddress.IsLoopback(address));
    }

    private static string Printable(string? header) =>
        new([.. (header ?? "").Take(80).Select(c => c is >= ' ' and <= '~' and not '"' and not '\\' ? c : '?')]);

    [OperatorAction("Report it with the log: the program has a mistake. The line is not affected.")]
    [LoggerMessage(6001, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(string method, string path, Exception error);
}
