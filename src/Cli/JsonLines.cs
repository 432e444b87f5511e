using System.Text.Encodings.Web;
using System.Text.Json;

namespace ClipFusion.Cli;

/// <summary>Results for machines: one JSON object per line, each line out before the next is computed.</summary>
internal sealed class JsonLines(TextWriter output)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // File names stay readable; the output is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Write<T>(T line)
    {
        output.WriteLine(JsonSerializer.Serialize(line, Options));
        output.Flush();
    }
}
