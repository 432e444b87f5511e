using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ClipFusion.EdgeDaemon.Web.Limits;

/// <summary>Which limit a request counts against.</summary>
internal enum RequestClass
{
    /// <summary>Everything that is not named below.</summary>
    Ordinary,

    /// <summary>What tells whether the device is well: never behind what is looked at.</summary>
    Vital,

    /// <summary>None: the endpoint decides. A trigger that shows the token has the limits that triggers have.</summary>
    Exempt,
}

/// <summary>
/// The limits of page and API, so that the line does not notice what is asked for: a rate of
/// requests in two classes, and a price for long answers. Who asks for more waits, and is refused with 429 in the end.
/// </summary>
internal sealed class HttpLimits(TimeProvider time) : IDisposable
{
    /// <summary>Units a second of each class: a request, or <see cref="UnitBytes"/> of an answer.</summary>
    public const double PerSecond = 200;

    /// <summary>Units that gather while nobody asks.</summary>
    public const double Burst = 400;

    /// <summary>Bytes of an answer that cost one unit more.</summary>
    public const int UnitBytes = 64 * 1024;

    private readonly RequestLimiter _ordinary = new(PerSecond, Burst, ConnectionTable.Maximum, time);
    private readonly RequestLimiter _vital = new(PerSecond, Burst, ConnectionTable.Maximum, time);

    /// <summary>The limiter of a class, to be waited for or charged.</summary>
    public RequestLimiter LimiterOf(RequestClass requestClass) => requestClass == RequestClass.Vital ? _vital : _ordinary;

    /// <summary>Waits for a request's turn.</summary>
    /// <returns>False when it was refused; it is answered then.</returns>
    public async ValueTask<bool> EnterAsync(HttpContext context, RequestClass requestClass)
    {
        if (requestClass == RequestClass.Exempt)
            return true;
        RequestLimiter own = LimiterOf(requestClass);
        ClientConnection? connection = context.Features.Get<ClientConnection>();
        bool isLight = connection?.IsLight ?? true;
        connection?.Charge(1);
        if (await own.EnterAsync(isLight).ConfigureAwait(false))
        {
            context.Features.Set(new RequestCharge(own, connection));
            return true;
        }

        context.Response.Headers.RetryAfter = "1";
        await Reply
            .ProblemAsync(
                context,
                StatusCodes.Status429TooManyRequests,
                "more is asked for than page and API may take of this device; expected fewer requests"
            )
            .ConfigureAwait(false);
        return false;
    }

    public void Dispose()
    {
        _ordinary.Dispose();
        _vital.Dispose();
    }
}

/// <summary>Counts what a request's answer costs.</summary>
internal sealed class RequestCharge(RequestLimiter limiter, ClientConnection? connection)
{
    /// <summary>So many bytes are sent.</summary>
    public void Sent(long bytes)
    {
        double units = (double)bytes / HttpLimits.UnitBytes;
        limiter.Charge(units);
        connection?.Charge(units);
    }
}

internal static class RequestClassExtensions
{
    /// <summary>Puts an endpoint into a class.</summary>
    public static IEndpointConventionBuilder In(this IEndpointConventionBuilder endpoint, RequestClass requestClass) =>
        endpoint.WithMetadata(new RequestClassMetadata(requestClass));

    /// <summary>The class of the endpoint that a request goes to.</summary>
    public static RequestClass RequestClassOf(this HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<RequestClassMetadata>()?.Class ?? RequestClass.Ordinary;

    private sealed record RequestClassMetadata(RequestClass Class);
}
