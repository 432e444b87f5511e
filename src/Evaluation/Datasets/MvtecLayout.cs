namespace ClipFusion.Evaluation.Datasets;

/// <summary>MVTec-AD's folders.</summary>
internal static class MvtecLayout
{
    /// <summary>The categories below a root; the root itself where it is one.</summary>
    public static string[] CategoryFolders(string root) => IsCategory(root) ? [root] : [.. DatasetFiles.Folders(root).Where(IsCategory)];

    public static IEnumerable<Category> Read(DatasetFiles files) => CategoryFolders(files.Root).Select(f => ReadCategory(files, f));

    private static bool IsCategory(string folder) => Directory.Exists(Path.Combine(folder, "train", TestImage.Good)) && Directory.Exists(Path.Combine(folder, "test"));

    private static Category ReadCategory(DatasetFiles files, string folder)
    {
        string name = Path.GetFileName(folder);
        var test = new List<TestImage>();
        // Good first, so that a category's first pictures are the same whatever its defects are called.
        foreach (string defects in DatasetFiles.Folders(Path.Combine(folder, "test")).OrderBy(f => Path.GetFileName(f) != TestImage.Good))
        {
            string defect = Path.GetFileName(defects);
            test.AddRange(files.Pictures(defects).Select(p => files.Test(p, defect, MaskOf(folder, defect, p))).OfType<TestImage>());
        }

        return new Category(name, ObjectWords.Of(name), files.References(files.Pictures(Path.Combine(folder, "train", TestImage.Good))), test);
    }

    private static string MaskOf(string folder, string defect, string picture) => Path.Combine(folder, "ground_truth", defect, $"{Path.GetFileNameWithoutExtension(picture)}_mask.png");
}
