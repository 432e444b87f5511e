namespace ClipFusion.Evaluation.Datasets;

/// <summary>A picture of a category before its mask is known.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Defect">The defect's name, or <see cref="TestImage.Good"/>.</param>
internal sealed record LabelledPicture(string Path, string Defect)
{
    /// <summary>Whether a mask of this name belongs to it: its name without ending, or with it.</summary>
    public bool IsCalled(string name) =>
        name.Equals(System.IO.Path.GetFileNameWithoutExtension(Path), StringComparison.OrdinalIgnoreCase)
        || name.Equals(System.IO.Path.GetFileName(Path), StringComparison.OrdinalIgnoreCase);
}

/// <summary>Folders named after what their pictures show, and the masks among, in and beside them.</summary>
internal sealed class PictureFolders
{
    private readonly DatasetFiles _files;
    private readonly List<LabelledPicture> _pictures = [];
    private readonly List<MaskFile> _masks = [];

    private PictureFolders(DatasetFiles files) => _files = files;

    /// <summary>The pictures, good ones first, then by folder and name.</summary>
    public IReadOnlyList<LabelledPicture> Pictures => _pictures;

    /// <summary>Everything that looks like a mask.</summary>
    public IReadOnlyList<MaskFile> Masks => _masks;

    /// <summary>Reads a folder of such folders.</summary>
    /// <param name="files">The data set.</param>
    /// <param name="parent">The folder with one folder per defect; one or several may be good.</param>
    /// <param name="outside">Folders of masks elsewhere.</param>
    public static PictureFolders Read(DatasetFiles files, string parent, string[] outside)
    {
        var read = new PictureFolders(files);
        string[] folders = DatasetFiles.Folders(parent);
        string[] inside =
        [
            .. folders.Where(f => MaskNames.IsFolder(Path.GetFileName(f)) && !read.IsDefectAfterAll(f, [.. outside, .. folders])),
        ];
        string[] rest = [.. folders.Except(inside)];
        string[] masks = [.. rest.Where(f => read.OwnerFolder(f, rest) is not null)];
        // Good first, so that a category's first pictures are the same whatever its defects are called.
        foreach (string folder in rest.Except(masks).OrderBy(f => !DatasetFiles.IsGood(f)))
            read.AddPictures(folder);
        string[] defects = [.. rest.Except(masks).Select(f => Path.GetFileName(f)!)];
        foreach (string folder in masks)
            read.AddMasks(folder, MaskPlace.OfDefect, read.OwnerFolder(folder, rest));
        foreach (string folder in (string[])[.. outside, .. inside])
            read.AddMaskRoot(folder, defects);
        return read;
    }

    /// <summary>A folder of good pictures alone.</summary>
    public static PictureFolders ReadGood(DatasetFiles files, IEnumerable<string> folders)
    {
        var read = new PictureFolders(files);
        foreach (string folder in folders)
            read.AddPictures(folder);
        return read;
    }

    /// <summary>A defect may be called 'label': then the masks' own folder has a folder of that name.</summary>
    private bool IsDefectAfterAll(string folder, string[] others)
    {
        string name = Path.GetFileName(folder);
        string? masks = others
            .Where(o => o != folder && MaskNames.IsFolder(Path.GetFileName(o)))
            .Select(o => DatasetFiles.Subfolder(o, name))
            .FirstOrDefault(f => f is not null);
        if (masks is not null)
            _files.Note(
                folder,
                folder,
                $"its name is that of a folder of masks; it is read as a kind of defect, because {_files.Id(masks)} has its masks"
            );
        return masks is not null;
    }

    /// <summary>The folder beside it whose masks it holds, by its name ('crack_mask' beside 'crack'); null for none.</summary>
    private string? OwnerFolder(string folder, string[] beside)
    {
        string name = Path.GetFileName(folder);
        string[] owners = [.. new[] { MaskNames.OwnerBySuffix(name), MaskNames.OwnerByPrefix(name) }.OfType<string>()];
        string? found = owners
            .Select(o => beside.Select(f => Path.GetFileName(f)).FirstOrDefault(f => o.Equals(f, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(f => f is not null);
        if (found is null && MaskNames.OwnerBySuffix(name) is { } missing)
            _files.Note(
                folder,
                folder,
                $"its name ends as that of a folder of masks; it is read as a kind of defect, because there is no folder '{missing}' "
                    + "beside it"
            );
        return found;
    }

    private void AddPictures(string folder)
    {
        string name = Path.GetFileName(folder),
            defect = DatasetFiles.IsGood(folder) ? TestImage.Good : name;
        string[] all = _files.Pictures(folder);
        HashSet<string> stems = [.. all.Select(f => Path.GetFileNameWithoutExtension(f)!.ToUpperInvariant())];
        foreach (string file in all)
        {
            string stem = Path.GetFileNameWithoutExtension(file);
            if (
                MaskNames.OwnerBySuffix(stem) is not null
                || (MaskNames.OwnerByPrefix(stem) is { } owner && stems.Contains(owner.ToUpperInvariant()))
            )
                _masks.Add(MaskFile.Of(file, MaskPlace.BesidePicture, name));
            else
                _pictures.Add(new LabelledPicture(file, defect));
        }

        foreach (string sub in DatasetFiles.Folders(folder))
        {
            if (MaskNames.IsFolder(Path.GetFileName(sub)))
                AddMasks(sub, MaskPlace.InDefectFolder, name);
            else if (_files.Pictures(sub) is { Length: > 0 } unread)
                _files.Problem(sub, $"a folder inside that of '{name}'; its {unread.Length} pictures are left out");
        }
    }

    /// <summary>Masks by defect, or one per name for all.</summary>
    private void AddMaskRoot(string root, string[] defects)
    {
        foreach (string folder in DatasetFiles.Folders(root))
        {
            string name = Path.GetFileName(folder);
            if (Array.Find(defects, d => d.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } defect)
                AddMasks(folder, MaskPlace.OfDefect, defect);
            else if (DatasetFiles.IsGood(folder))
                AddMasks(folder, MaskPlace.OfDefect, name);
            else if (name.Equals("test", StringComparison.OrdinalIgnoreCase))
                AddMaskRoot(folder, defects);
            else
                _masks.AddRange(_files.Pictures(folder).Select(f => MaskFile.OfFolder(f, MaskPlace.OfAll, null)));
        }

        _masks.AddRange(_files.Pictures(root).Select(f => MaskFile.Of(f, MaskPlace.OfAll, null)));
    }

    private void AddMasks(string folder, MaskPlace place, string? defect)
    {
        _masks.AddRange(_files.Pictures(folder).Select(f => MaskFile.Of(f, place, defect)));
        foreach (string one in DatasetFiles.Folders(folder))
            _masks.AddRange(_files.Pictures(one).Select(f => MaskFile.OfFolder(f, place, defect)));
    }
}
