using Microsoft.AspNetCore.Routing;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Routes that a verb adds to the box's own, registered as a singleton; they stand behind the same checks.</summary>
/// <param name="Map">Maps them.</param>
internal sealed record ExtraEndpoints(Action<IEndpointRouteBuilder> Map);
