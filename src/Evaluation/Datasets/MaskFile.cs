namespace ClipFusion.Evaluation.Datasets;

/// <summary>Where masks are looked for; of a picture's masks in several places the first place's are taken.</summary>
internal enum MaskPlace
{
    /// <summary><c>DEFECT/NAME_mask.png</c>.</summary>
    BesidePicture,

    /// <summary><c>DEFECT/mask/NAME.png</c>.</summary>
    InDefectFolder,

    /// <summary><c>ground_truth/DEFECT/NAME.png</c> or <c>DEFECT_mask/NAME.png</c>.</summary>
    OfDefect,

    /// <summary><c>mask/NAME.png</c>, whatever the defect.</summary>
    OfAll,
}

/// <summary>A file that looks like a mask.</summary>
/// <param name="Path">The file.</param>
/// <param name="Place">Where it was found.</param>
/// <param name="Defect">The folder of its picture; null where the place does not say.</param>
/// <param name="Owners">What its picture may be called without ending, the likeliest first.</param>
/// <param name="Set">Files with an equal set are one mask together: the folder of one picture, or the file itself.</param>
internal sealed record MaskFile(string Path, MaskPlace Place, string? Defect, IReadOnlyList<string> Owners, string Set)
{
    /// <summary>A file of its own.</summary>
    public static MaskFile Of(string path, MaskPlace place, string? defect)
    {
        string stem = System.IO.Path.GetFileNameWithoutExtension(path);
        string[] owners = [.. new[] { stem, MaskNames.OwnerBySuffix(stem), MaskNames.OwnerByPrefix(stem) }.OfType<string>()];
        return new MaskFile(path, place, defect, owners, path);
    }

    /// <summary>One of several in a picture's own folder.</summary>
    public static MaskFile OfFolder(string path, MaskPlace place, string? defect)
    {
        string folder = System.IO.Path.GetDirectoryName(path)!;
        return new MaskFile(path, place, defect, [System.IO.Path.GetFileName(folder)], folder);
    }

    /// <summary>Whether its name says that it is a mask, and not its folder's alone.</summary>
    public bool IsNamed => Owners.Count > 1;
}
