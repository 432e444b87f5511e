using System.Text;
using System.Text.Json.Nodes;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

/// <summary>Configurations for tests: a good one, and it with one value changed.</summary>
internal static class ConfigFiles
{
    public const string Folder = "/etc/clipfusion";

    public const string Least = """
        {"device": "box1", "dataFolder": "/data", "modelPack": "pack", "stations": [{"name": "line1", "camera": {"kind": "simulated"}}], "mqtt": {"host": "broker.local"}}
        """;

    public static ApplianceConfig Read(string json, params (string Name, string Value)[] environment) =>
        ConfigReader.Read(Encoding.UTF8.GetBytes(json), Folder, environment.Select(e => KeyValuePair.Create(e.Name, e.Value)));

    public static IReadOnlyList<FieldError> Errors(string json, params (string Name, string Value)[] environment)
    {
        try
        {
            Read(json, environment);
            return [];
        }
        catch (ConfigException e)
        {
            return e.Errors;
        }
    }

    /// <summary>The least configuration with the value at a path such as <c>$.stations[0].queueDepth</c> set; objects on the way are
    /// made.</summary>
    public static string With(string path, string json, string document = Least)
    {
        JsonNode root = JsonNode.Parse(document)!;
        JsonNode node = root;
        string[] parts = path.TrimStart('$', '.').Replace("[0]", ".0", StringComparison.Ordinal).Split('.');
        foreach (string part in parts[..^1])
        {
            if (int.TryParse(part, out int index))
                node = node[index]!;
            else
                node = node[part] ??= new JsonObject();
        }

        if (int.TryParse(parts[^1], out int last))
            node[last] = JsonNode.Parse(json);
        else
            node[parts[^1]] = JsonNode.Parse(json);
        return root.ToJsonString();
    }
}
