namespace ClipFusion.Evaluation.Datasets;

/// <summary>A folder <c>good</c> and one folder per defect, with or without masks.</summary>
internal static class FolderLayout
{
    private const string MaskSuffix = "_mask", MaskFolder = "ground_truth";

    /// <summary>The categories below a root; the root itself where it has good parts.</summary>
    public static string[] CategoryFolders(string root) => IsCategory(root) ? [root] : [.. DatasetFiles.Folders(root).Where(IsCategory)];

    public static IEnumerable<Category> Read(DatasetFiles files) => CategoryFolders(files.Root).Select(f => ReadCategory(files, f));

    private static bool IsCategory(string folder) => Directory.Exists(Path.Combine(folder, TestImage.Good));

    private static Category ReadCategory(DatasetFiles files, string folder)
    {
        string name = Path.GetFileName(folder);
        string[] good = files.Pictures(Path.Combine(folder, TestImage.Good));
        var defects = new List<(string Picture, string Defect, string? Mask)>();
        foreach (string defectFolder in DatasetFiles.Folders(folder).Where(f => Path.GetFileName(f) is not (TestImage.Good or MaskFolder)))
        {
            string defect = Path.GetFileName(defectFolder);
            defects.AddRange(files.Pictures(defectFolder).Where(p => !IsMask(p)).Select(p => (p, defect, MaskOf(folder, defect, p))));
        }

        // Masks are optional, but where some are there the others are missing.
        bool masks = defects.Any(d => d.Mask is not null);
        if (!masks && defects.Count > 0) files.Problem(folder, $"no masks; of the category {name} there are image metrics only");
        TestImage?[] test =
        [
            .. good.Select(p => files.Test(p, TestImage.Good, null)),
            .. defects.Select(d => files.Test(d.Picture, d.Defect, d.Mask ?? (masks ? Beside(d.Picture) : null))),
        ];
        TestImage[] readable = [.. test.OfType<TestImage>()];
        return new Category(name, ObjectWords.Of(name), [.. readable.Where(t => !t.IsAnomalous).Select(t => new ReferenceImage(t.Path, t.Id))], readable);
    }

    private static bool IsMask(string file) => Path.GetFileNameWithoutExtension(file).EndsWith(MaskSuffix, StringComparison.Ordinal);

    private static string Beside(string picture) => Path.Combine(Path.GetDirectoryName(picture)!, $"{Path.GetFileNameWithoutExtension(picture)}{MaskSuffix}.png");

    private static string? MaskOf(string folder, string defect, string picture)
    {
        string beside = Beside(picture);
        return new[] { beside, Path.Combine(folder, MaskFolder, defect, Path.GetFileName(beside)) }.FirstOrDefault(File.Exists);
    }
}
