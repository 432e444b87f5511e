using ClipFusion.Inspection.Imaging;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>Pictures below a data set's root; what can't be used goes to the list of problems.</summary>
internal sealed class DatasetFiles(string root)
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"];

    private readonly List<DatasetProblem> _problems = [];

    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The root's own name.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Root));

    public IReadOnlyList<DatasetProblem> Problems => [.. _problems.OrderBy(p => p.Id, StringComparer.Ordinal).ThenBy(p => p.What, StringComparer.Ordinal)];

    public string Id(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public void Problem(string path, string what) => _problems.Add(new DatasetProblem(Id(path), what));

    /// <summary>A folder's subfolders by name; none where it is not there.</summary>
    public static string[] Folders(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)] : [];

    /// <summary>A folder's files with a picture's ending, by name; others are listed as problems.</summary>
    public string[] Pictures(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        string[] files = [.. Directory.EnumerateFiles(folder).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];
        foreach (string file in files.Where(f => !IsPicture(f))) Problem(file, $"not a picture by its ending ({string.Join(", ", Extensions)} are); left out");
        return [.. files.Where(IsPicture)];
    }

    /// <summary>The references of some files; unreadable ones are left out.</summary>
    public IReadOnlyList<ReferenceImage> References(IEnumerable<string> files) => [.. files.Where(f => Header(f, "left out") is not null).Select(f => new ReferenceImage(f, Id(f)))];

    /// <summary>One test picture with its mask where that is usable; null where the picture itself is not.</summary>
    /// <param name="file">The picture.</param>
    /// <param name="defect">Its defect's name.</param>
    /// <param name="mask">Where the mask has to be; null where none is expected.</param>
    public TestImage? Test(string file, string defect, string? mask)
    {
        if (Header(file, "left out") is not { } picture) return null;
        return new TestImage(file, Id(file), defect, defect == TestImage.Good || mask is null ? null : UsableMask(picture, file, mask));
    }

    private string? UsableMask(ImageHeader picture, string file, string mask)
    {
        const string follows = "the picture counts for the image metrics only";
        if (!File.Exists(mask))
        {
            Problem(file, $"its mask {Id(mask)} is missing; {follows}");
            return null;
        }

        if (Header(mask, follows) is not { } header) return null;
        if (header.Width != picture.Width || header.Height != picture.Height)
        {
            Problem(mask, $"the mask has {header.Width}x{header.Height} pixels, its picture {Id(file)} has {picture.Width}x{picture.Height}; {follows}");
            return null;
        }

        if (Guarded(mask, follows, DefectMask.Read) is not { } read) return null;
        if (!read.Defect.Contains(true)) Problem(mask, "the mask is empty; all pixels of its picture count as normal");
        return mask;
    }

    private ImageHeader? Header(string file, string follows) => Guarded(file, follows, path => ImageCodec.ReadHeader(path));

    private T? Guarded<T>(string file, string follows, Func<string, T> read) where T : class
    {
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException)
        {
            Problem(file, $"can't be read: {Short(e.Message, file)}; {follows}");
            return null;
        }
    }

    /// <summary>Without the full path, so that a data set reads the same wherever it lies.</summary>
    private static string Short(string message, string file) => message.Replace(file, Path.GetFileName(file), StringComparison.Ordinal);

    private static bool IsPicture(string file) => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);
}
