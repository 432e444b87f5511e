using Microsoft.AspNetCore.Http;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>HEAD and OPTIONS, which every path answers that answers GET: tools ask with them whether something is there.</summary>
internal static class OtherMethods
{
    /// <summary>
    /// Lets a HEAD take the way of a GET; the web server knows by itself that no body may follow. To be called before routes are
    /// looked up.
    /// </summary>
    public static Task HeadAsGet(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            context.Features.Set(new HeadRequest());
            context.Request.Method = HttpMethods.Get;
        }

        return next(context);
    }

    /// <summary>Whether the request was a HEAD.</summary>
    public static bool IsHead(this HttpContext context) => context.Features.Get<HeadRequest>() is not null;

    /// <summary>Answers OPTIONS where the path knows other methods.</summary>
    /// <returns>Whether it did.</returns>
    public static bool AnswerOptions(this HttpContext context)
    {
        if (context.Response.StatusCode != StatusCodes.Status405MethodNotAllowed)
            return false;
        string[] methods = [.. context.Response.Headers.GetCommaSeparatedValues("Allow")];
        if (methods.Contains(HttpMethods.Get))
            methods = [.. methods, HttpMethods.Head];
        context.Response.Headers.Allow = string.Join(", ", methods.Append(HttpMethods.Options));
        if (!HttpMethods.IsOptions(context.Request.Method))
            return false;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }

    private sealed class HeadRequest;
}
