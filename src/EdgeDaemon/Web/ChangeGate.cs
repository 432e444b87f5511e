using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Http;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>What stands before every request that changes something: the token, and the limits of those who don't show it.</summary>
internal sealed class ChangeGate(HttpToken token, HttpLimits limits)
{
    /// <summary>Lets a request in, or answers it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="refuse">Refuses in the words of the endpoint.</param>
    /// <returns>Whether it may go on; otherwise it is answered.</returns>
    public async Task<bool> EnterAsync(HttpContext context, Func<Code, string, Task> refuse)
    {
        TokenCheck check = token.Check(context.Request);
        // Whoever shows the token has the limits of triggers; all others count as everybody's requests do.
        if (check == TokenCheck.Shown)
            context.Features.Get<ClientConnection>()?.Keep();
        else if (!await limits.EnterAsync(context, RequestClass.Ordinary).ConfigureAwait(false))
            return false;

        if (check == TokenCheck.NoneToShow)
        {
            await refuse(Code.NotAllowed, "this device has no token for HTTP; expected $.http.tokenFile to name a file with one")
                .ConfigureAwait(false);
            return false;
        }

        if (check == TokenCheck.Shown)
            return true;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        await Reply
            .ProblemAsync(
                context,
                StatusCodes.Status401Unauthorized,
                "the request does not show this device's token; expected \"Authorization: Bearer TOKEN\""
            )
            .ConfigureAwait(false);
        return false;
    }
}
