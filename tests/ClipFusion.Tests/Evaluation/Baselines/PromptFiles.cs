using ClipFusion.Models.Weights;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>Files of learned prompts with made-up vectors.</summary>
internal static class PromptFiles
{
    /// <summary>Contexts for every object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textWidth">Wt.</param>
    /// <param name="contexts">n.</param>
    public static string PromptAd(string path, int textWidth, int contexts = 3)
    {
        SafetensorsWriter.Write(path, [Noise("normal_ctx", 1, 2, contexts, textWidth), Noise("abnormal_ctx", 2, 3, 1, textWidth)]);
        return path;
    }

    /// <summary>Prompts of pictures.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textWidth">Wt.</param>
    /// <param name="ids">What results call the pictures.</param>
    public static string Iipad(string path, int textWidth, IEnumerable<string> ids)
    {
        SafetensorsWriter.Write(
            path,
            [
                .. ids.SelectMany(
                    (id, i) =>
                        (SafetensorsEntry[])
                            [
                                Noise($"{id}/positive", 3 * i, 4, textWidth),
                                Noise($"{id}/negative", (3 * i) + 1, 4, textWidth),
                                Noise($"{id}/query", (3 * i) + 2, 3, 5),
                            ]
                ),
            ]
        );
        return path;
    }

    /// <summary>Every picture of a data set in MVTec's layout, as results call it.</summary>
    public static IEnumerable<string> PicturesOf(string root) =>
        Directory
            .EnumerateFiles(root, "*.png", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(root, f))
            .Where(f => !f.Contains("ground_truth", StringComparison.Ordinal));

    private static SafetensorsEntry Noise(string name, int seed, params int[] shape)
    {
        var random = new Random(seed);
        float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (random.NextSingle() - 0.5f) / 10)];
        return SafetensorsEntry.Of(name, values, [.. shape.Select(s => (long)s)]);
    }
}
