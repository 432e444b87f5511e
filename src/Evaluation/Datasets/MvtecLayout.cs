namespace ClipFusion.Evaluation.Datasets;

/// <summary>MVTec-AD's folders, as MVTec LOCO, BTAD and MPDD have them too.</summary>
internal static class MvtecLayout
{
    /// <summary>The categories below a root; the root itself where it is one.</summary>
    public static string[] CategoryFolders(string root) => IsCategory(root) ? [root] : [.. DatasetFiles.Folders(root).Where(IsCategory)];

    public static IEnumerable<Category> Read(DatasetFiles files)
    {
        string[] folders = CategoryFolders(files.Root);
        return folders.Select(f => ReadCategory(files, f, files.MasksBeside(f, folders.Length == 1)));
    }

    private static bool IsCategory(string folder) => Train(folder).Length > 0 && Test(folder) is not null;

    private static string[] Train(string folder) =>
        DatasetFiles.Subfolder(folder, "train") is { } train ? DatasetFiles.GoodFolders(train) : [];

    private static string? Test(string folder) => DatasetFiles.Subfolder(folder, "test");

    private static Category ReadCategory(DatasetFiles files, string folder, string[] masksBeside)
    {
        string name = Path.GetFileName(folder);
        PictureFolders train = PictureFolders.ReadGood(files, Train(folder));
        // The masks of good pictures mark nothing, or are said to.
        MaskAssignment.Of(files, train);
        string[] masks = [.. DatasetFiles.Folders(folder).Where(f => MaskNames.IsFolder(Path.GetFileName(f))), .. masksBeside];
        IReadOnlyList<TestImage> test = files.Tests(
            folder,
            PictureFolders.Read(files, Test(folder)!, masks),
            p => Path.Combine(folder, "ground_truth", p.Defect, $"{Path.GetFileNameWithoutExtension(p.Path)}_mask.png")
        );
        return new Category(name, ObjectWords.Of(name), files.References(train.Pictures.Select(p => p.Path)), test);
    }
}
