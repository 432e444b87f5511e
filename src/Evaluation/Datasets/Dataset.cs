namespace ClipFusion.Evaluation.Datasets;

/// <summary>How a data set's folders are laid out.</summary>
public enum DatasetLayout
{
    /// <summary>MVTec-AD: <c>CATEGORY/train/good</c>, <c>CATEGORY/test/DEFECT</c>, masks such as
    /// <c>CATEGORY/ground_truth/DEFECT/NAME_mask.png</c>; a single category's folder will do.</summary>
    Mvtec,

    /// <summary>VisA as published: pictures where <c>split_csv/1cls.csv</c> says.</summary>
    Visa,

    /// <summary>Plain: <c>good</c> and any other folders; masks, if any, beside a picture or in a folder of masks.</summary>
    Folder,
}

/// <summary>One picture of a test set.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Id">Path from the data set's root, with slashes: what results call it.</param>
/// <param name="Defect">The defect's name; <see cref="Good"/> for none.</param>
/// <param name="Masks">The defect's mask, checked to be of the same size; several files are one mask together. Empty for a good picture and
/// where there is none.</param>
public sealed record TestImage(string Path, string Id, string Defect, IReadOnlyList<string> Masks)
{
    /// <summary>The name of no defect.</summary>
    public const string Good = "good";

    /// <summary>Whether anything is wrong with what it shows.</summary>
    public bool IsAnomalous => Defect != Good;

    /// <summary>Whether every pixel's truth is known.</summary>
    public bool HasPixelTruth => !IsAnomalous || Masks.Count > 0;
}

/// <summary>A picture that a memory bank may be made from.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Id">Path from the data set's root, with slashes.</param>
public sealed record ReferenceImage(string Path, string Id);

/// <summary>One kind of object.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="ObjectWord">What prompts call it.</param>
/// <param name="References">Good pictures to draw references from, by name. In a plain folder they are test pictures too: those drawn are
/// then left out of the test.</param>
/// <param name="Test">The test set: good ones first, then by defect and name.</param>
public sealed record Category(string Name, string ObjectWord, IReadOnlyList<ReferenceImage> References, IReadOnlyList<TestImage> Test)
{
    /// <summary>Whether pixel metrics can be computed: some defect has a mask.</summary>
    public bool HasMasks => Test.Any(t => t.Masks.Count > 0);

    /// <summary>Test pictures that show a defect.</summary>
    public int Defective => Test.Count(t => t.IsAnomalous);

    /// <summary>Of these, those with a mask that is used.</summary>
    public int Masked => Test.Count(t => t.Masks.Count > 0);

    /// <summary>How many references there are, in words.</summary>
    internal string Drawable =>
        $"{References.Count} good pictures to draw from{(MostShots < References.Count ? ", of which one has to be left to judge" : "")}";

    /// <summary>The most references that a run can draw: in a plain folder, where they come out of the test set, one good picture has to be
    /// left to judge.</summary>
    public int MostShots
    {
        get
        {
            HashSet<string> references = [.. References.Select(r => r.Id)];
            return Test.Any(t => !t.IsAnomalous && references.Contains(t.Id)) && Test.All(t => t.IsAnomalous || references.Contains(t.Id))
                ? References.Count - 1
                : References.Count;
        }
    }
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
/// <param name="Notes">What is used and looks odd.</param>
public sealed record Dataset(
    string Name,
    DatasetLayout Layout,
    IReadOnlyList<Category> Categories,
    IReadOnlyList<DatasetProblem> Problems,
    IReadOnlyList<DatasetProblem> Notes
)
{
    /// <summary>How many pictures there are to judge and what is known of them, in a line.</summary>
    public string Counts
    {
        get
        {
            int all = Categories.Sum(c => c.Test.Count),
                defective = Categories.Sum(c => c.Defective),
                masked = Categories.Sum(c => c.Masked);
            return $"{(Categories.Count > 1 ? $"{Categories.Count} categories: " : "")}{defective} of {all} test pictures are "
                + $"defective, {masked} with masks";
        }
    }

    /// <summary>The numbers of references that no run can be made with, a line for each category and number.</summary>
    /// <param name="shots">Numbers of references.</param>
    public IReadOnlyList<string> ShotsLeftOut(IEnumerable<int> shots) =>
        [.. Categories.SelectMany(c => shots.Where(k => k > c.MostShots).Select(k => $"{c.Name}: {c.Drawable}, so no run with {k} shots"))];

    /// <summary>Refuses numbers of references with none of which a run can be made.</summary>
    /// <param name="shots">Numbers of references, at least one.</param>
    /// <exception cref="DatasetException">Every category has too few good pictures for all of them.</exception>
    public void EnsureRuns(IReadOnlyList<int> shots)
    {
        if (Categories.Any(c => shots.Any(k => k <= c.MostShots)))
            return;
        Category most = Categories.MaxBy(c => c.MostShots)!;
        throw new DatasetException(
            $"no run can be made with {string.Join(" or ", shots)} references: {most.Name} has {most.Drawable}; 0 to {most.MostShots} "
                + "are expected"
        );
    }
}
