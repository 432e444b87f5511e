using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Datasets;

/// <summary>Pictures below a data set's root; what can't be used goes to the list of problems, what is used and looks odd to the
/// notes.</summary>
internal sealed class DatasetFiles(string root)
{
    private const string ImageMetricsOnly = "the picture counts for the image metrics only";

    /// <summary>A mask with more pixels in between than this is a photograph.</summary>
    private const double Photograph = 0.5;

    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".dib", ".tif", ".tiff"];

    /// <summary>MVTec-AD's word, and BTAD's and VisA's.</summary>
    private static readonly string[] GoodNames = [TestImage.Good, "ok", "normal"];

    private readonly List<DatasetProblem> _problems = [];
    private readonly List<(string Kind, DatasetProblem Note)> _notes = [];

    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The root's own name.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Root));

    public IReadOnlyList<DatasetProblem> Problems => Sorted(_problems);

    /// <summary>One of each kind, with how many more there are.</summary>
    public IReadOnlyList<DatasetProblem> Notes =>
        Sorted(
            _notes
                .GroupBy(n => n.Kind, n => n.Note)
                .Select(g =>
                    g.Count() == 1 ? g.First()
                    : g.OrderBy(n => n.Id, StringComparer.Ordinal).First() is var first
                        ? first with
                        {
                            What = $"{first.What} (and {g.Count() - 1} more like it)",
                        }
                    : first
                )
        );

    public string Id(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    public void Problem(string path, string what) => _problems.Add(new DatasetProblem(Id(path), what));

    /// <summary>Notes something odd; of several of a kind one is told.</summary>
    public void Note(string path, string kind, string what) => _notes.Add((kind, new DatasetProblem(Id(path), what)));

    /// <summary>A folder's subfolders by name; none where it is not there.</summary>
    public static string[] Folders(string folder) =>
        Directory.Exists(folder)
            ? [.. Directory.EnumerateDirectories(folder).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>The subfolder of a name in any case; null for none.</summary>
    public static string? Subfolder(string folder, string name) =>
        Folders(folder)
            .Where(f => name.Equals(Path.GetFileName(f), StringComparison.OrdinalIgnoreCase))
            .OrderBy(f => Path.GetFileName(f) != name)
            .FirstOrDefault();

    /// <summary>Whether a folder's name says that its pictures are good.</summary>
    public static bool IsGood(string folder) => GoodNames.Contains(Path.GetFileName(folder), StringComparer.OrdinalIgnoreCase);

    /// <summary>Folders of masks for a category that lie beside the categories: <c>ground_truth/CATEGORY</c>, or <c>ground_truth</c> for
    /// the only one.</summary>
    public string[] MasksBeside(string category, bool isOnly)
    {
        if (category == Root)
            return [];
        return
        [
            .. Folders(Root)
                .Where(f => MaskNames.IsFolder(Path.GetFileName(f)))
                .Select(f => Subfolder(f, Path.GetFileName(category)) ?? (isOnly ? f : null))
                .OfType<string>(),
        ];
    }

    /// <summary>The subfolders of good pictures.</summary>
    public static string[] GoodFolders(string folder) => [.. Folders(folder).Where(IsGood)];

    /// <summary>A folder's files with a picture's ending, by name; others are listed as problems.</summary>
    public string[] Pictures(string folder)
    {
        if (!Directory.Exists(folder))
            return [];
        string[] files =
        [
            .. Directory.EnumerateFiles(folder).Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal),
        ];
        foreach (string file in files.Where(f => !IsPicture(f)))
            Problem(file, $"not a picture by its ending ({string.Join(", ", Extensions)} are); left out");
        return [.. files.Where(IsPicture)];
    }

    /// <summary>The references of some files; unreadable ones are left out.</summary>
    public IReadOnlyList<ReferenceImage> References(IEnumerable<string> files) =>
        [.. files.Where(f => Header(f, "left out") is not null).Select(f => new ReferenceImage(f, Id(f)))];

    /// <summary>The test set of a category with its masks.</summary>
    /// <param name="folder">The category.</param>
    /// <param name="folders">Its pictures and everything that looks like a mask.</param>
    /// <param name="usual">Where a picture's mask usually lies, for the messages.</param>
    public IReadOnlyList<TestImage> Tests(string folder, PictureFolders folders, Func<LabelledPicture, string> usual)
    {
        IReadOnlyDictionary<string, string[]> masks = MaskAssignment.Of(this, folders);
        // Masks are optional, but where some are there the others are missing.
        if (masks.Count == 0 && folders.Pictures.Any(p => p.Defect != TestImage.Good))
            Problem(folder, $"no masks; of the category {Path.GetFileName(folder)} there are image metrics only");
        TestImage[] test =
        [
            .. folders
                .Pictures.Select(p => Test(p.Path, p.Defect, masks.GetValueOrDefault(p.Path) ?? (masks.Count > 0 ? [usual(p)] : [])))
                .OfType<TestImage>(),
        ];
        return test;
    }

    /// <summary>One test picture with its mask where that is usable; null where the picture itself is not.</summary>
    /// <param name="file">The picture.</param>
    /// <param name="defect">Its defect's name.</param>
    /// <param name="masks">The files of its mask; empty where none is expected.</param>
    public TestImage? Test(string file, string defect, IReadOnlyList<string> masks)
    {
        if (Header(file, "left out") is not { } picture)
            return null;
        bool usable = defect != TestImage.Good && masks.Count > 0 && IsUsable(picture, file, masks);
        return new TestImage(file, Id(file), defect, usable ? masks : []);
    }

    /// <summary>A mask; null, with a problem, where it can't be read.</summary>
    /// <param name="masks">Its files.</param>
    /// <param name="follows">What follows then.</param>
    public DefectMask? ReadMask(IReadOnlyList<string> masks, string follows) => Guarded(masks[0], follows, _ => DefectMask.Read(masks));

    private bool IsUsable(ImageHeader picture, string file, IReadOnlyList<string> masks)
    {
        string mask = masks[0];
        if (!File.Exists(mask))
        {
            Problem(file, $"its mask {Id(mask)} is missing; {ImageMetricsOnly}");
            return false;
        }

        if (ReadMask(masks, ImageMetricsOnly) is not { } read)
            return false;
        if (read.Width != picture.Width || read.Height != picture.Height)
        {
            Problem(
                mask,
                $"the mask has {read.Width}x{read.Height} pixels, its picture {Id(file)} has {picture.Width}x{picture.Height}; "
                    + $"{ImageMetricsOnly}"
            );
            return false;
        }

        if (read.Between > Photograph)
        {
            Problem(
                mask,
                $"{Percent(read.Between)} of the pixels are neither dark nor bright, as in a photograph and not in a mask; "
                    + $"{ImageMetricsOnly}. If its folder is a kind of defect, rename it: by its name it is read as masks"
            );
            return false;
        }

        if (!read.Defect.Contains(true))
            Problem(mask, "the mask is empty; all pixels of its picture count as normal");
        if (read.IsLossy)
            Note(mask, "lossy", "the mask is a JPEG, which is lossy: pixels above half of its largest value are taken as the defect");
        else if (read.Between > 0)
            Note(
                mask,
                "values",
                $"the mask has more than two values ({Percent(read.Between)} of its pixels are in between); every pixel above 0 is "
                    + "taken as the defect"
            );
        if (read.Covered > 0.5)
            Note(mask, "coverage", $"the mask marks {Percent(read.Covered)} of the picture as defective; is it inverted?");
        return true;
    }

    private static string Percent(double share) =>
        share is > 0 and < 0.001
            ? "less than 0.1 %"
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{100 * share:0.#} %");

    private ImageHeader? Header(string file, string follows) => Guarded(file, follows, path => ImageCodec.ReadHeader(path));

    private T? Guarded<T>(string file, string follows, Func<string, T> read)
        where T : class
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
    private static string Short(string message, string file) =>
        message
            .Replace(file, Path.GetFileName(file), StringComparison.Ordinal)
            .Replace(Path.GetDirectoryName(file) + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private static bool IsPicture(string file) => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    private static DatasetProblem[] Sorted(IEnumerable<DatasetProblem> lines) =>
        [.. lines.OrderBy(p => p.Id, StringComparer.Ordinal).ThenBy(p => p.What, StringComparer.Ordinal)];
}
