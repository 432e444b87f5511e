using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Checkpoints;

/// <summary>
/// A folder with a DINOv2 model: as Hugging Face publishes it (<c>config.json</c> and <c>model.safetensors</c> or shards), or with the
/// original repository's names, then also without a configuration. Owns the open weight files.
/// </summary>
public sealed class DinoFolder : IDisposable
{
    private const string ConfigName = "config.json",
        BaseName = "model",
        Extension = ".safetensors";

    private const int UsualHeadWidth = 64;

    private readonly WeightSet _stored;

    private DinoFolder(string path, DinoConfig config, WeightSet stored, IWeights weights) =>
        (Path, Config, _stored, Weights) = (path, config, stored, weights);

    /// <summary>The folder as given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>The architecture.</summary>
    public DinoConfig Config { get; }

    /// <summary>The weights under Hugging Face's names without a prefix; valid until <see cref="Dispose"/>.</summary>
    public IWeights Weights { get; }

    /// <summary>Opens the folder; checks the configuration, the weight files' headers and the tensors that say sizes.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="heads">Attention heads, for weights without a configuration whose heads have not 64 channels; null else.</param>
    /// <exception cref="FolderException">Files are missing, or the configuration is malformed or unsupported.</exception>
    /// <exception cref="WeightException">A weight file is damaged, or a tensor that says a size is missing or of another shape.</exception>
    public static DinoFolder Open(string folder, int? heads = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string configFile = System.IO.Path.Combine(folder, ConfigName);
        string baseName = BaseNameIn(folder);
        DinoConfig? config = File.Exists(configFile) ? DinoConfigFile.Read(configFile) : null;
        if (config is not null && heads is { } given && given != config.Heads)
            throw new FolderException($"{configFile}: num_attention_heads: found {config.Heads}, supported: {given}, as the option says.");
        WeightSet stored = WeightSet.Open(folder, baseName);
        try
        {
            DinoWeights weights =
                DinoWeights.Of(stored)
                ?? throw new WeightException(
                    $"{stored.Files[0]}: neither 'embeddings.cls_token' (Hugging Face's name) nor 'cls_token' (the original one) is there, "
                        + "expected the tensors of a DINOv2 model."
                );
            if (config is null && !weights.IsOriginal)
                throw new FolderException($"{folder}: files are missing, expected:{Environment.NewLine}  {configFile}");
            config ??= FromShapes(folder, weights, heads);
            return new DinoFolder(folder, Sized(stored.Files[0], config, weights), stored, weights);
        }
        catch
        {
            stored.Dispose();
            throw;
        }
    }

    /// <summary>Closes the weight files.</summary>
    public void Dispose() => _stored.Dispose();

    /// <summary>Original weights are often converted under their own name, so that a folder's only weight file is taken whatever it is
    /// called.</summary>
    private static string BaseNameIn(string folder)
    {
        if (Directory.Exists(folder) && WeightFiles.Find(folder, BaseName) is null)
        {
            string[] files = [.. Directory.EnumerateFiles(folder, $"*{Extension}").Take(2)];
            if (files.Length == 1)
                return System.IO.Path.GetFileName(files[0])[..^Extension.Length];
        }

        var wanted = new FolderFiles(folder);
        wanted.RequireWeights("", BaseName);
        wanted.ThrowIfMissing();
        return BaseName;
    }

    private static DinoConfig FromShapes(string folder, DinoWeights weights, int? heads)
    {
        int width = Length(folder, weights, "embeddings.cls_token", 2),
            patch = Length(folder, weights, "embeddings.patch_embeddings.projection.weight", 3);
        int registers = weights.Contains("embeddings.register_tokens") ? Length(folder, weights, "embeddings.register_tokens", 1) : 0;
        if (heads is null && width % UsualHeadWidth != 0)
            throw new FolderException(
                $"{folder}: {width} channels are not heads of {UsualHeadWidth}; there is no {ConfigName}, so the number of "
                    + "heads is expected (--backbone-heads N)"
            );
        int count = heads ?? width / UsualHeadWidth;
        if (count < 1 || width % count != 0)
            throw new FolderException($"{folder}: {count} heads, expected a divisor of the {width} channels (--backbone-heads N)");
        return new DinoConfig(
            width,
            Math.Max(1, weights.OriginalBlocks),
            count,
            patch,
            0,
            registers,
            0,
            weights.Contains("encoder.layer.0.mlp.weights_in.weight"),
            1e-6,
            registers > 0 ? DinoPositions.WithRegisters : DinoPositions.Plain
        );
    }

    /// <summary>With the sizes that only tensors say.</summary>
    private static DinoConfig Sized(string file, DinoConfig config, DinoWeights weights)
    {
        int rows = Length(file, weights, "embeddings.position_embeddings", 1);
        int grid = (int)Math.Sqrt(rows - 1);
        if (grid < 1 || grid * grid != rows - 1)
            throw new WeightException(
                $"{file}: tensor 'embeddings.position_embeddings' has {rows} rows, expected one for the class token and a square number."
            );
        string first = config.IsGated ? "encoder.layer.0.mlp.weights_in.weight" : "encoder.layer.0.mlp.fc1.weight";
        int hidden = Length(file, weights, first, 0);
        if (config.IsGated && hidden % 2 != 0)
            throw new WeightException($"{file}: tensor '{first}' has {hidden} rows, expected two halves.");
        return config with { TrainedGrid = grid, HiddenWidth = config.IsGated ? hidden / 2 : hidden };
    }

    private static int Length(string where, DinoWeights weights, string tensor, int axis)
    {
        IReadOnlyList<long> shape =
            weights.ShapeOf(tensor) ?? throw new WeightException($"{where}: tensor '{weights.StoredName(tensor)}' is missing.");
        const int MaxLength = 1 << 20;
        return axis < shape.Count && shape[axis] is > 0 and <= MaxLength
            ? (int)shape[axis]
            : throw new WeightException(
                $"{where}: tensor '{weights.StoredName(tensor)}' has shape {Shapes.Text(shape)}, expected 1 to {MaxLength} along axis "
                    + $"{axis}."
            );
    }
}
