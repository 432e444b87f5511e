namespace ClipFusion.Evaluation.Baselines;

/// <summary>The eighty prompts that CLIP's authors classify ImageNet by. They are data of theirs (MIT), in
/// <c>imagenet-templates.txt</c>.</summary>
internal static class ImageNetTemplates
{
    private const string Place = "{}";

    private static readonly string[] Templates = Read();

    /// <summary>A phrase in every template.</summary>
    public static string[] Around(string phrase) => [.. Templates.Select(t => t.Replace(Place, phrase, StringComparison.Ordinal))];

    private static string[] Read()
    {
        using Stream stream = typeof(ImageNetTemplates).Assembly.GetManifestResourceStream("imagenet-templates.txt")!;
        using var reader = new StreamReader(stream);
        return
        [
            .. reader
                .ReadToEnd()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(line => !line.StartsWith('#')),
        ];
    }
}
