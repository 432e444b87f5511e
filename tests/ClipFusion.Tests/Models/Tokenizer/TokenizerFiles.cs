using ClipFusion.Models.Tokenizer;

namespace ClipFusion.Tests.Models.Tokenizer;

/// <summary>The vocabularies that tests use: the small one of the fixtures, CLIP's own, and broken ones written to a temporary
/// folder.</summary>
internal static class TokenizerFiles
{
    private static readonly Lazy<ClipTokenizer> LazyTiny = new(() => LoadFrom(Fixtures.Path("tiny-a", "sd", "tokenizer")));
    private static readonly Lazy<ClipTokenizer> LazyClip = new(LoadClip);

    public static ClipTokenizer Tiny => LazyTiny.Value;

    public static ClipTokenizer Clip => LazyClip.Value;

    public static ClipTokenizer LoadFrom(string folder) =>
        ClipTokenizer.Load(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));

    private static ClipTokenizer LoadClip()
    {
        string folder = Environment.GetEnvironmentVariable("CLIPFUSION_CLIP_VOCABULARY") is { Length: > 0 } named
            ? named
            : Path.GetFullPath(Path.Combine(Fixtures.Root, "..", "..", "artifacts", "clip-vocabulary"));
        Assert.True(
            File.Exists(Path.Combine(folder, "vocab.json")) && File.Exists(Path.Combine(folder, "merges.txt")),
            $"CLIP's own vocabulary is not in {folder}: run tests/clip-vocabulary.sh artifacts/clip-vocabulary in the repository's "
                + "root, or point CLIPFUSION_CLIP_VOCABULARY at a folder with vocab.json and merges.txt."
        );
        return LoadFrom(folder);
    }
}
