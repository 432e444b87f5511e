using System.Globalization;
using System.IO.Enumeration;
using System.Text;

namespace ClipFusion.Camera.Folder;

/// <summary>Which names are images, and names for files that are moved.</summary>
internal static class FileNames
{
    private const int LongestName = 255;

    // FTP clients, browsers and copying programs rename when they are done.
    private static readonly string[] WritersEndings =
    [
        ".tmp",
        ".temp",
        ".part",
        ".partial",
        ".filepart",
        ".crdownload",
        ".download",
        ".upload",
        "~",
    ];

    /// <summary>Endings of pictures; those that can't be decoded are here too, so that their part is answered with the reason.</summary>
    private static readonly HashSet<string> PictureEndings = new(
        [
            ".png",
            ".jpg",
            ".jpeg",
            ".jpe",
            ".jfif",
            ".bmp",
            ".dib",
            ".tif",
            ".tiff",
            ".webp",
            ".gif",
            ".heic",
            ".heif",
            ".avif",
            ".jp2",
            ".jxl",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>Names under which programs write what they rename later: a leading dot, .tmp, .part, .filepart and so on.</summary>
    public static bool IsTemporary(string name) =>
        name.StartsWith('.') || WritersEndings.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a name may be a picture's.</summary>
    /// <param name="name">The name.</param>
    /// <param name="pattern">With <c>*</c> and <c>?</c>, whatever their case; null = by the ending. A name without ending may be
    /// one.</param>
    public static bool IsPicture(string name, string? pattern) =>
        pattern is not null
            ? FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true)
            : Path.GetExtension(name) is var ending && (ending.Length == 0 || PictureEndings.Contains(ending));

    /// <summary>Whether the name promises a picture, so that a part is behind it whatever the file holds.</summary>
    public static bool PromisesPicture(string name, string? pattern) => pattern is not null || Path.GetExtension(name).Length > 0;

    /// <summary>The name with the time and, from the second attempt on, a number before its extension; cut to what file systems
    /// take.</summary>
    public static string WithSuffix(string name, DateTimeOffset now, int attempt)
    {
        string suffix = now.ToString("'-'yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture) + (attempt == 0 ? "" : $"-{attempt}");
        string extension = Path.GetExtension(name);
        return Cut(name[..^extension.Length], suffix + extension);
    }

    /// <summary>The name of the file that says why another was rejected.</summary>
    public static string ReasonFor(string name) => Cut(name, ".reason.txt");

    private static string Cut(string stem, string end)
    {
        while (stem.Length > 1 && Encoding.UTF8.GetByteCount(stem) + Encoding.UTF8.GetByteCount(end) > LongestName)
            stem = stem[..^1];
        return stem + end;
    }
}
