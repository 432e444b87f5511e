namespace ClipFusion.Models.Weights;

/// <summary>Which file of a folder holds a network's weights, by the names under which weights are published.</summary>
internal static class WeightFiles
{
    private static readonly string[] Pickles = [".bin", ".pt", ".pth", ".ckpt"];

    /// <summary>
    /// The weights of a base name, first of: <c>BASE.safetensors</c>, <c>BASE.safetensors.index.json</c>, and the same two of the
    /// half-precision variant,
    /// <c>BASE.fp16.safetensors</c> and <c>BASE.safetensors.index.fp16.json</c>. Null if there is none.
    /// </summary>
    public static string? Find(string folder, string baseName)
    {
        string[] candidates =
        [
            $"{baseName}.safetensors",
            $"{baseName}.safetensors.index.json",
            $"{baseName}.fp16.safetensors",
            $"{baseName}.safetensors.index.fp16.json",
        ];
        return candidates.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>What to tell somebody whose folder has no weights, and why a pickle in it does not count: unpickling runs code from the
    /// file.</summary>
    public static string Missing(string folder, string baseName)
    {
        string expected = $"{Path.Combine(folder, baseName)}.safetensors (or its .index.json, or {baseName}.fp16.safetensors)";
        string[] pickles = Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder)
                    .Where(f => Pickles.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
                    .Select(f => Path.GetFileName(f))
                    .Order(StringComparer.Ordinal)
                    .Take(4),
            ]
            : [];
        return pickles.Length == 0
            ? expected
            : $"{expected}; {string.Join(", ", pickles)} was found, but weights are taken as safetensors only, never as a pickle: "
                + "convert it or download the safetensors file";
    }
}
