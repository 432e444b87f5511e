using System.Globalization;
using System.Text;

namespace ClipFusion.Camera.Folder;

/// <summary>Which names are images, and names for files that are moved.</summary>
internal static class FileNames
{
    private const int LongestName = 255;

    /// <summary>Names under which programs write what they rename later: a leading dot, .tmp, .part.</summary>
    public static bool IsTemporary(string name) =>
        name.StartsWith('.') || name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".part", StringComparison.OrdinalIgnoreCase);

    /// <summary>The name with the time and, from the second attempt on, a number before its extension; cut to what file systems take.</summary>
    public static string WithSuffix(string name, DateTimeOffset now, int attempt)
    {
        string suffix = now.ToString("'-'yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture) + (attempt == 0 ? "" : $"-{attempt}");
        string extension = System.IO.Path.GetExtension(name);
        return Cut(name[..^extension.Length], suffix + extension);
    }

    /// <summary>The name of the file that says why another was rejected.</summary>
    public static string ReasonFor(string name) => Cut(name, ".reason.txt");

    private static string Cut(string stem, string end)
    {
        while (stem.Length > 1 && Encoding.UTF8.GetByteCount(stem) + Encoding.UTF8.GetByteCount(end) > LongestName) stem = stem[..^1];
        return stem + end;
    }
}
