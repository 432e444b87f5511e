namespace ClipFusion.Evaluation.Datasets;

/// <summary>What masks and their folders are called: one of a few words, in any case.</summary>
internal static class MaskNames
{
    /// <summary>Longest first: of <c>a_ground_truth</c> the picture is <c>a</c>.</summary>
    private static readonly string[] Words = ["ground_truth", "ground-truth", "groundtruth", "labels", "label", "masks", "mask", "gt"];

    /// <summary>Whether a folder of this name holds masks.</summary>
    public static bool IsFolder(string name) => Words.Contains(name.Replace(' ', '_'), StringComparer.OrdinalIgnoreCase);

    /// <summary>What a name with a mask's ending belongs to (<c>000</c> of <c>000_Mask</c>); null where it has no such ending.</summary>
    public static string? OwnerBySuffix(string name)
    {
        string? word = Array.Find(
            Words,
            w => name.Length > w.Length + 1 && name.EndsWith(w, StringComparison.OrdinalIgnoreCase) && IsSeparator(name[^(w.Length + 1)])
        );
        return word is null ? null : name[..^(word.Length + 1)];
    }

    /// <summary>What a name that begins as a mask's belongs to (<c>000</c> of <c>mask_000</c>); null where it does not. Weaker than an
    /// ending: parts that are masks may be called so.</summary>
    public static string? OwnerByPrefix(string name)
    {
        string? word = Array.Find(
            Words,
            w => name.Length > w.Length + 1 && name.StartsWith(w, StringComparison.OrdinalIgnoreCase) && IsSeparator(name[w.Length])
        );
        return word is null ? null : name[(word.Length + 1)..];
    }

    private static bool IsSeparator(char letter) => letter is '_' or '-' or '.' or ' ';
}
