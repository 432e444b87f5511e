namespace ClipFusion.Evaluation.Datasets;

/// <summary>How a data set's folders are laid out.</summary>
public enum DatasetLayout
{
    /// <summary>MVTec-AD: <c>CATEGORY/train/good</c>, <c>CATEGORY/test/DEFECT</c>, <c>CATEGORY/ground_truth/DEFECT/NAME_mask.png</c>; a single category's folder will do.</summary>
    Mvtec,

    /// <summary>VisA as published: pictures where <c>split_csv/1cls.csv</c> says.</summary>
    Visa,

    /// <summary>Plain: <c>good</c> and any other folders; masks, if any, as <c>NAME_mask.png</c> beside a picture or under <c>ground_truth/DEFECT</c>.</summary>
    Folder,
}

/// <summary>One picture of a test set.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Id">Path from the data set's root, with slashes: what results call it.</param>
/// <param name="Defect">The defect's name; <see cref="Good"/> for none.</param>
/// <param name="Mask">The defect's mask, checked to be a picture of the same size; null for a good picture and where there is none.</param>
public sealed record TestImage(string Path, string Id, string Defect, string? Mask)
{
    /// <summary>The name of no defect.</summary>
    public const string Good = "good";

    /// <summary>Whether anything is wrong with what it shows.</summary>
    public bool IsAnomalous => Defect != Good;

    /// <summary>Whether every pixel's truth is known.</summary>
    public bool HasPixelTruth => !IsAnomalous || Mask is not null;
}

/// <summary>A picture that a memory bank may be made from.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Id">Path from the data set's root, with slashes.</param>
public sealed record ReferenceImage(string Path, string Id);

/// <summary>One kind of object.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="ObjectWord">What prompts call it.</param>
/// <param name="References">Good pictures to draw references from, by name. In a plain folder they are test pictures too: those drawn are then left out of the test.</param>
/// <param name="Test">The test set: good ones first, then by defect and name.</param>
public sealed record Category(string Name, string ObjectWord, IReadOnlyList<ReferenceImage> References, IReadOnlyList<TestImage> Test)
{
    /// <summary>Whether pixel metrics can be computed: some defect has a mask.</summary>
    public bool HasMasks => Test.Any(t => t.Mask is not null);
}

/// <summary>Something that is wrong with a data set; the rest of it is used.</summary>
/// <param name="Id">The file or folder from the data set's root.</param>
/// <param name="What">What is wrong and what follows from it.</param>
public sealed record DatasetProblem(string Id, string What);

/// <summary>A data set on disk.</summary>
/// <param name="Name">The root folder's name.</param>
/// <param name="Layout">How it was read.</param>
/// <param name="Categories">By name.</param>
/// <param name="Problems">Everything that was left out, and why.</param>
public sealed record Dataset(string Name, DatasetLayout Layout, IReadOnlyList<Category> Categories, IReadOnlyList<DatasetProblem> Problems);
