using System.Text.Json.Nodes;

namespace ClipFusion.Tests.Models.Checkpoints;

/// <summary>The fixtures' configuration files with one edit.</summary>
internal static class ConfigEdit
{
    /// <summary>Writes a copy of a fixture's JSON with the value at a dotted path replaced (or removed, for <c>remove</c>).</summary>
    public static string Write(string source, string target, string path, string json)
    {
        JsonObject root = JsonNode.Parse(File.ReadAllText(source))!.AsObject(),
            parent = root;
        string[] keys = path.Split('.');
        foreach (string key in keys[..^1])
            parent = parent[key]!.AsObject();
        if (json == "remove")
            parent.Remove(keys[^1]);
        else
            parent[keys[^1]] = JsonNode.Parse(json);
        File.WriteAllText(target, root.ToJsonString());
        return target;
    }

    /// <summary>Copies a fixture folder with everything in it.</summary>
    public static void CopyTree(string source, string target)
    {
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
