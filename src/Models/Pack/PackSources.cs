namespace ClipFusion.Models.Pack;

/// <summary>What published weights a pack was made from.</summary>
internal static class PackSources
{
    private static readonly string[] Extensions = [".json", ".safetensors", ".txt"];

    /// <summary>Name and checksums of the files of a weight folder.</summary>
    public static SourceEntry Describe(
        string part,
        string folder,
        WeightOrigin? origin,
        PackWeights weights,
        CancellationToken cancellation
    ) => new(part, NameOf(folder), origin?.Licence, origin?.Url, Files(folder, cancellation)) { Weights = weights };

    /// <summary>The last part of a path.</summary>
    public static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    /// <summary>Checksums of the configuration, vocabulary and weight files of a folder.</summary>
    public static FileEntry[] Files(string folder, CancellationToken cancellation) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(f => Extensions.Contains(Path.GetExtension(f)))
                .Order(StringComparer.Ordinal)
                .Select(f => PackFiles.Hash(folder, f, cancellation)),
        ];
}
