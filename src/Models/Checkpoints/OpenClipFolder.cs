using ClipFusion.Models.Tokenizer;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Checkpoints;

/// <summary>
/// A folder with an OpenCLIP model as published: <c>open_clip_config.json</c>, <c>open_clip_model.safetensors</c> (or shards),
/// <c>vocab.json</c>, <c>merges.txt</c>. Owns the open weight files.
/// </summary>
public sealed class OpenClipFolder : IDisposable
{
    private readonly WeightSet _weights;

    private OpenClipFolder(string path, OpenClipConfig config, ClipTokenizer tokenizer, WeightSet weights)
    {
        Path = path;
        Config = config;
        Tokenizer = tokenizer;
        _weights = weights;
    }

    /// <summary>The folder as given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The architecture.</summary>
    public OpenClipConfig Config { get; }

    /// <summary>The folder's tokeniser; all its ids fit the text tower.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>Both towers' weights under OpenCLIP's state-dict names; valid until <see cref="Dispose"/>.</summary>
    public IWeights Weights => _weights;

    /// <summary>The tokeniser's vocabulary file.</summary>
    public string VocabularyFile => System.IO.Path.Combine(Path, "vocab.json");

    /// <summary>The tokeniser's merge file.</summary>
    public string MergesFile => System.IO.Path.Combine(Path, "merges.txt");

    /// <summary>Opens the folder; checks configuration, tokeniser and weight files' headers, but not yet which tensors there are.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FolderException">Files are missing (all are named), or the configuration is malformed or unsupported.</exception>
    /// <exception cref="VocabularyException">A tokeniser file is malformed.</exception>
    /// <exception cref="WeightException">A weight file is damaged.</exception>
    public static OpenClipFolder Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = new FolderFiles(folder);
        string configFile = files.Require("open_clip_config.json");
        string weights = files.RequireWeights("", "open_clip_model");
        string vocabulary = files.Require("vocab.json"),
            merges = files.Require("merges.txt");
        files.ThrowIfMissing();

        OpenClipConfig config = OpenClipConfigFile.Read(configFile);
        ClipTokenizer tokenizer = ClipTokenizer.Load(vocabulary, merges);
        if (tokenizer.VocabularySize > config.Text.VocabularySize)
            throw new FolderException(
                $"{vocabulary}: the largest id is {tokenizer.VocabularySize - 1}, supported: ids below text_cfg.vocab_size, "
                    + $"{config.Text.VocabularySize}."
            );
        return new OpenClipFolder(folder, config, tokenizer, WeightSet.Open(weights, "open_clip_model"));
    }

    /// <summary>Closes the weight files.</summary>
    public void Dispose() => _weights.Dispose();
}
