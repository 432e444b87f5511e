namespace ClipFusion.Evaluation.Datasets;

/// <summary>A folder <c>good</c> and one folder per defect, with or without masks.</summary>
internal static class FolderLayout
{
    /// <summary>The categories below a root; the root itself where it has good parts.</summary>
    public static string[] CategoryFolders(string root) => IsCategory(root) ? [root] : [.. DatasetFiles.Folders(root).Where(IsCategory)];

    public static IEnumerable<Category> Read(DatasetFiles files)
    {
        string[] folders = CategoryFolders(files.Root);
        return folders.Select(f => ReadCategory(files, f, files.MasksBeside(f, folders.Length == 1)));
    }

    private static bool IsCategory(string folder) => DatasetFiles.GoodFolders(folder).Length > 0;

    private static Category ReadCategory(DatasetFiles files, string folder, string[] masksBeside)
    {
        string name = Path.GetFileName(folder);
        PictureFolders folders = PictureFolders.Read(files, folder, masksBeside);
        IReadOnlyList<TestImage> test = files.Tests(
            folder,
            folders,
            p => Path.Combine(Path.GetDirectoryName(p.Path)!, $"{Path.GetFileNameWithoutExtension(p.Path)}_mask.png")
        );
        return new Category(
            name,
            ObjectWords.Of(name),
            [.. test.Where(t => !t.IsAnomalous).Select(t => new ReferenceImage(t.Path, t.Id))],
            test
        );
    }
}
