using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>The page's files, the descriptions of API and messages, and the messages' schemas, all out of the program itself.</summary>
internal static class PageFiles
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml; charset=utf-8",
        [".json"] = "application/json",
        [".yaml"] = "application/yaml; charset=utf-8",
    };

    private static readonly Dictionary<string, byte[]> Files = Load();

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/", context => ServeAsync(context, "page/index.html")).Answers(200);
        app.MapGet("/page/{file}", context => ServeAsync(context, $"page/{context.Request.RouteValues["file"]}")).Answers(200, 404);
        app.MapGet("/openapi.yaml", context => ServeAsync(context, "openapi.yaml")).Answers(200);
        app.MapGet("/asyncapi.yaml", context => ServeAsync(context, "asyncapi.yaml")).Answers(200);
        app.MapGet("/schema/{file}", context => ServeAsync(context, $"schema/{context.Request.RouteValues["file"]}")).Answers(200, 404);
    }

    private static Task ServeAsync(HttpContext context, string name) =>
        Files.TryGetValue(name, out byte[]? bytes)
            ? Reply.BytesAsync(context, StatusCodes.Status200OK, Types[Path.GetExtension(name)], bytes)
            : Reply.ProblemAsync(context, StatusCodes.Status404NotFound, "there is no such file");

    private static Dictionary<string, byte[]> Load()
    {
        Assembly program = typeof(PageFiles).Assembly;
        return program
            .GetManifestResourceNames()
            .Where(n => Types.ContainsKey(Path.GetExtension(n)))
            .ToDictionary(
                n => n,
                n =>
                {
                    using Stream stream = program.GetManifestResourceStream(n)!;
                    byte[] bytes = new byte[stream.Length];
                    stream.ReadExactly(bytes);
                    return bytes;
                }
            );
    }
}
