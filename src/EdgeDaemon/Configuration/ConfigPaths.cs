using System.Text.Json;
using ClipFusion.Foundation.Json;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>Paths of a configuration file; relative ones start at its folder, wherever the daemon was started.</summary>
/// <param name="folder">The file's folder, absolute.</param>
internal sealed class ConfigPaths(string folder)
{
    /// <summary>A path, made absolute.</summary>
    public bool Read(JsonElement json, string path, FieldErrors errors, out string value)
    {
        if (!JsonValues.TextWhere(IsPath, $"a path of 1 to {JsonValues.MaxCharacters} characters")(json, path, errors, out value))
            return false;
        value = Path.GetFullPath(value, folder);
        return true;
    }

    private static bool IsPath(string text) => !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl);
}
