namespace ClipFusion.Evaluation.Datasets;

/// <summary>What prompts call the object in a category's folder.</summary>
public static class ObjectWords
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["chewinggum"] = "chewing gum",
        ["pcb"] = "printed circuit board",
    };

    /// <summary>The word: underscores become spaces, a trailing number goes, and abbreviations are spelled out (pcb1: printed circuit
    /// board).</summary>
    /// <param name="folder">The folder's name; not empty.</param>
    public static string Of(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string word = folder.Replace('_', ' ').Trim().ToLowerInvariant();
        string bare = word.TrimEnd("0123456789 ".ToCharArray());
        if (bare.Length == 0)
            bare = word;
        return Known.GetValueOrDefault(bare, bare);
    }
}
