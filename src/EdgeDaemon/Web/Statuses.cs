using Microsoft.AspNetCore.Builder;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>What an endpoint may answer with, beside what every endpoint may (<see cref="Everywhere"/>); <c>docs/openapi.yaml</c> is held
/// against it.</summary>
/// <param name="Codes">HTTP status codes.</param>
internal sealed record Statuses(params int[] Codes)
{
    /// <summary>Answers of the checks before any endpoint: another origin, another host, more than the limits allow, and a mistake of
    /// ours.</summary>
    public static readonly int[] Everywhere = [403, 421, 429, 500];
}

internal static class StatusesExtensions
{
    /// <summary>Says what an endpoint may answer with.</summary>
    public static IEndpointConventionBuilder Answers(this IEndpointConventionBuilder endpoint, params int[] codes) =>
        endpoint.WithMetadata(new Statuses(codes));
}
