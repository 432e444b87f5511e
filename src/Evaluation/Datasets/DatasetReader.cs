namespace ClipFusion.Evaluation.Datasets;

/// <summary>Finds out what lies in a folder and reads it.</summary>
public static class DatasetReader
{
    /// <summary>Reads a data set: every picture is checked to be whole and every mask is looked at, so that nothing is found missing hours
    /// later.</summary>
    /// <param name="root">The data set's folder.</param>
    /// <param name="layout">How it is laid out; null = find out.</param>
    /// <exception cref="DatasetException">There is no data set of such a layout, or no category of it can be used.</exception>
    public static Dataset Read(string root, DatasetLayout? layout = null)
    {
        if (!Directory.Exists(root))
            throw new DatasetException($"{root}: there is no such folder");
        var files = new DatasetFiles(root);
        DatasetLayout used =
            layout
            ?? Detect(files.Root)
            ?? throw new DatasetException(
                $"{root}: no data set is recognised; expected are CATEGORY/train/good (MVTec-AD), {VisaLayout.SplitFile} (VisA) or a "
                    + "folder 'good' (plain)"
            );
        Category[] categories = used switch
        {
            DatasetLayout.Mvtec => [.. MvtecLayout.Read(files)],
            DatasetLayout.Visa => [.. VisaLayout.Read(files)],
            _ => [.. FolderLayout.Read(files)],
        };
        Category[] usable = [.. categories.Where(c => c.Test.Count > 0).OrderBy(c => c.Name, StringComparer.Ordinal)];
        foreach (Category empty in categories.Except(usable))
            files.Problem(Path.Combine(files.Root, empty.Name), "no test picture can be used; the category is left out");
        return usable.Length > 0
            ? new Dataset(files.Name, used, usable, files.Problems, files.Notes)
            : throw new DatasetException(
                $"{root}: no category with test pictures, read as "
                    + $"{used}{string.Concat(files.Problems.Take(3).Select(p => $"; {p.Id}: {p.What}"))}"
            );
    }

    private static DatasetLayout? Detect(string root)
    {
        if (File.Exists(Path.Combine(root, VisaLayout.SplitFile)))
            return DatasetLayout.Visa;
        if (MvtecLayout.CategoryFolders(root).Length > 0)
            return DatasetLayout.Mvtec;
        return FolderLayout.CategoryFolders(root).Length > 0 ? DatasetLayout.Folder : null;
    }
}
