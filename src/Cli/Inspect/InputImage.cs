using ClipFusion.Imaging;

namespace ClipFusion.Cli.Inspect;

/// <summary>A picture file of the command line whose header was read.</summary>
/// <param name="Path">As given, or below the folder that was given.</param>
/// <param name="Header">Sizes and format; null where the file is no picture.</param>
/// <param name="Fault">Why it is none, or null.</param>
internal sealed record InputImage(string Path, ImageHeader? Header, string? Fault)
{
    /// <summary>Ending of the heatmaps' names; they are no inputs.</summary>
    public const string OverlaySuffix = ".overlay.png";

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"];

    /// <summary>
    /// What results are named by: the file's name without extension, behind the folders that tell it from the other pictures' where names
    /// come twice (<see cref="WithFolders"/>). With <c>/</c>, relative.
    /// </summary>
    public string Stem { get; init; } = System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>Files as they are, of folders the pictures in them by name; each header is read.</summary>
    /// <param name="option">Where the paths come from, for messages.</param>
    /// <param name="paths">Files and folders.</param>
    /// <exception cref="UsageException">There is no such file, or no picture in a folder. A file that is no picture is no error
    /// here.</exception>
    public static IReadOnlyList<InputImage> Expand(string option, IEnumerable<string> paths) =>
        [.. paths.SelectMany(p => Files(option, p)).Select(Read)];

    /// <summary>Where names come twice, all pictures are named by their places below the folder that they have in common: <c>good/000</c>
    /// and <c>bad/000</c>.</summary>
    public static IReadOnlyList<InputImage> WithFolders(IReadOnlyList<InputImage> images)
    {
        string[] folders = [.. images.Select(i => System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(i.Path))!).Distinct()];
        if (folders.Length < 2 || images.Select(i => i.Stem).Distinct(StringComparer.Ordinal).Count() == images.Count)
            return images;
        string common = folders.Aggregate(Common);
        return
        [
            .. images.Select(i =>
                i with
                {
                    Stem = System.IO.Path.ChangeExtension(System.IO.Path.GetRelativePath(common, System.IO.Path.GetFullPath(i.Path)), null),
                }
            ),
        ];

        static string Common(string a, string b)
        {
            while (b != a && !b.StartsWith(a.TrimEnd('/') + '/', StringComparison.Ordinal))
                a = System.IO.Path.GetDirectoryName(a)!;
            return a;
        }
    }

    private static string[] Files(string option, string path)
    {
        if (File.Exists(path))
            return [path];
        if (!Directory.Exists(path))
            throw new UsageException(
                path.StartsWith('-')
                    ? $"unknown option {path}; see: clipfusion inspect --help"
                    : $"{option} {path}: there is no such file or folder"
            );
        string[] files =
        [
            .. Directory
                .EnumerateFiles(path)
                .Where(f =>
                    Extensions.Contains(System.IO.Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)
                    && !f.EndsWith(OverlaySuffix, StringComparison.OrdinalIgnoreCase)
                )
                .Order(StringComparer.Ordinal),
        ];
        return files.Length > 0
            ? files
            : throw new UsageException($"{option} {path}: there is no picture in this folder (endings: {string.Join(", ", Extensions)})");
    }

    private static InputImage Read(string path)
    {
        try
        {
            return new InputImage(path, ImageCodec.ReadHeader(path), null);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            return new InputImage(path, null, e.Message);
        }
    }
}
