using ClipFusion.Models.Tokenizer;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Checkpoints;

/// <summary>
/// A folder with Stable Diffusion as published: <c>unet/</c>, <c>vae/</c> and <c>text_encoder/</c>, each with <c>config.json</c> and
/// weights, and <c>tokenizer/</c> with <c>vocab.json</c> and <c>merges.txt</c>.
/// <c>model_index.json</c>, the scheduler and everything else are not needed and not read. Owns the open weight files.
/// </summary>
public sealed class DiffusionFolder : IDisposable
{
    private readonly WeightSet _unet;
    private readonly WeightSet _vae;
    private readonly WeightSet _textEncoder;

    private DiffusionFolder(
        string path,
        UnetConfig unet,
        VaeConfig vae,
        DiffusionTextConfig textEncoder,
        ClipTokenizer tokenizer,
        WeightSet[] weights
    )
    {
        Path = path;
        Unet = unet;
        Vae = vae;
        TextEncoder = textEncoder;
        Tokenizer = tokenizer;
        (_unet, _vae, _textEncoder) = (weights[0], weights[1], weights[2]);
    }

    /// <summary>The folder as given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The denoiser's architecture; its text width is the text encoder's, its latent the autoencoder's.</summary>
    public UnetConfig Unet { get; }

    /// <summary>The autoencoder's architecture.</summary>
    public VaeConfig Vae { get; }

    /// <summary>The text encoder's architecture.</summary>
    public DiffusionTextConfig TextEncoder { get; }

    /// <summary>The folder's tokeniser; all its ids fit the text encoder.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>The denoiser's weights under diffusers' names; valid until <see cref="Dispose"/>.</summary>
    public IWeights UnetWeights => _unet;

    /// <summary>The autoencoder's weights under diffusers' names; valid until <see cref="Dispose"/>.</summary>
    public IWeights VaeWeights => _vae;

    /// <summary>The text encoder's weights under transformers' names; valid until <see cref="Dispose"/>.</summary>
    public IWeights TextEncoderWeights => _textEncoder;

    /// <summary>The tokeniser's vocabulary file.</summary>
    public string VocabularyFile => System.IO.Path.Combine(Path, "tokenizer", "vocab.json");

    /// <summary>The tokeniser's merge file.</summary>
    public string MergesFile => System.IO.Path.Combine(Path, "tokenizer", "merges.txt");

    /// <summary>Opens the folder; checks configurations and how they fit together, tokeniser and weight files' headers, but not yet which
    /// tensors there are.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FolderException">Files are missing (all are named), or a configuration is malformed or unsupported, or two do not
    /// fit.</exception>
    /// <exception cref="VocabularyException">A tokeniser file is malformed.</exception>
    /// <exception cref="WeightException">A weight file is damaged.</exception>
    public static DiffusionFolder Open(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = new FolderFiles(folder);
        string unetFile = files.Require("unet", "config.json"),
            unetWeights = files.RequireWeights("unet", "diffusion_pytorch_model");
        string vaeFile = files.Require("vae", "config.json"),
            vaeWeights = files.RequireWeights("vae", "diffusion_pytorch_model");
        string textFile = files.Require("text_encoder", "config.json"),
            textWeights = files.RequireWeights("text_encoder", "model");
        string vocabulary = files.Require("tokenizer", "vocab.json"),
            merges = files.Require("tokenizer", "merges.txt");
        files.ThrowIfMissing();

        UnetConfig unet = UnetConfigFile.Read(unetFile);
        VaeConfig vae = VaeConfigFile.Read(vaeFile);
        DiffusionTextConfig text = DiffusionTextConfigFile.Read(textFile);
        ClipTokenizer tokenizer = ClipTokenizer.Load(vocabulary, merges);
        Fit(
            unet.CrossAttentionDim == text.Width,
            unetFile,
            "cross_attention_dim",
            unet.CrossAttentionDim,
            $"the text encoder's hidden_size, {text.Width}"
        );
        Fit(vae.LatentChannels == 4, vaeFile, "latent_channels", vae.LatentChannels, "the 4 latent channels of the UNet");
        Fit(
            tokenizer.VocabularySize <= text.VocabularySize,
            vocabulary,
            "largest id",
            tokenizer.VocabularySize - 1,
            $"ids below the text encoder's vocab_size, {text.VocabularySize}"
        );
        return new DiffusionFolder(
            folder,
            unet,
            vae,
            text,
            tokenizer,
            OpenWeights((unetWeights, "diffusion_pytorch_model"), (vaeWeights, "diffusion_pytorch_model"), (textWeights, "model"))
        );
    }

    /// <summary>Closes the weight files.</summary>
    public void Dispose()
    {
        _unet.Dispose();
        _vae.Dispose();
        _textEncoder.Dispose();
    }

    private static void Fit(bool fits, string file, string key, int found, string supported)
    {
        if (!fits)
            throw new FolderException($"{file}: {key}: found {found}, supported: {supported}.");
    }

    private static WeightSet[] OpenWeights(params (string Folder, string BaseName)[] parts)
    {
        var open = new List<WeightSet>();
        try
        {
            foreach ((string folder, string baseName) in parts)
                open.Add(WeightSet.Open(folder, baseName));
            return [.. open];
        }
        catch
        {
            open.ForEach(set => set.Dispose());
            throw;
        }
    }
}
