using Microsoft.AspNetCore.Routing;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Routes that a verb adds to the box's own, registered as a singleton; they stand behind the same checks.</summary>
/// <param name="Name">What they belong to; the page asks for it by this name.</param>
/// <param name="Map">Maps them.</param>
internal sealed record ExtraEndpoints(string Name, Action<IEndpointRouteBuilder> Map);
