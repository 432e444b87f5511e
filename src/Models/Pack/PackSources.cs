namespace ClipFusion.Models.Pack;

/// <summary>What published weights a pack was made from.</summary>
internal static class PackSources
{
    private static readonly string[] Extensions = [".json", ".safetensors", ".txt"];

    /// <summary>Name and checksums of the files of a weight folder.</summary>
    public static SourceEntry Describe(string part, string folder, WeightOrigin? origin, CancellationToken cancellation)
    {
        FileEntry[] files =
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(f => Extensions.Contains(Path.GetExtension(f)))
                .Order(StringComparer.Ordinal)
                .Select(f => PackFiles.Hash(folder, f, cancellation)),
        ];
        return new SourceEntry(
            part,
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            origin?.Licence,
            origin?.Url,
            files
        );
    }
}
