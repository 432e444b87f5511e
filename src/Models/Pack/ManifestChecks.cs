using System.Globalization;

namespace ClipFusion.Models.Pack;

/// <summary>
/// Whether a manifest's values can be those of a pack at all. A manifest may come from anywhere, and its sizes become sizes of memory:
/// whatever passes here can be multiplied and allocated. Whether the graphs really have these sizes is seen when they run.
/// </summary>
internal sealed class ManifestChecks
{
    /// <summary>Most cells along a side of a map.</summary>
    public const int MaxGrid = 1024;

    /// <summary>Longest feature vector.</summary>
    public const int MaxChannels = 65_536;

    private const int MaxSide = 16_384,
        MaxTokens = 4096,
        MaxList = 4096,
        MaxText = 1024;

    // Values of the largest tensor: 1 GiB of float32.
    private const long MaxValues = 1L << 28;

    private readonly List<string> _problems = [];

    /// <summary>Everything that is wrong, each as JSON path, what was found and what is expected; empty for nothing.</summary>
    public static IReadOnlyList<string> Of(PackManifest manifest)
    {
        var checks = new ManifestChecks();
        checks.Text("$.name", manifest.Name);
        if (manifest.Notice is { } notice)
            checks.Text("$.notice", notice);
        if (manifest.Clip is { } clip)
            checks.Clip(clip);
        if (manifest.Diffusion is { } diffusion)
            checks.Diffusion(diffusion);
        if (manifest.Backbone is { } backbone)
            checks.Backbone(backbone);
        if (manifest.Clip is null != manifest.Diffusion is null)
            checks.Found("$.diffusion", manifest.Diffusion is null ? "none" : "one", "both CLIP and a diffusion model, or neither");
        if (manifest is { Clip: null, Diffusion: null, Backbone: null })
            checks.Found("$", "no network", "CLIP and a diffusion model, a backbone, or all three");
        checks.Graphs(manifest.Graphs);
        checks.Defaults(manifest.MethodDefaults);
        checks.Files("$.files", manifest.Files);
        for (int i = 0; i < checks.Count("$.sources", manifest.Sources, 0); i++)
            checks.Files($"$.sources[{i}].files", manifest.Sources[i].Files);
        return checks._problems;
    }

    private void Clip(ClipPart clip)
    {
        const string at = "$.clip.";
        Range(at + "imageSize", clip.ImageSize, 1, MaxSide);
        Range(at + "gridSize", clip.GridSize, 1, MaxGrid);
        Range(at + "layers", clip.Layers, 1, MaxList);
        Range(at + "width", clip.Width, 1, MaxChannels);
        Range(at + "embedDim", clip.EmbedDim, 1, MaxChannels);
        Range(at + "vvStart", clip.VvStart, 1, MaxList);
        Range(at + "contextLength", clip.ContextLength, 1, MaxTokens);
        if (!(float.IsFinite(clip.LogitScale) && clip.LogitScale > 0))
            Found(at + "logitScale", clip.LogitScale, "a finite number above 0");
        int blocks = Count(at + "blocks", clip.Blocks, 1);
        for (int i = 0; i < blocks; i++)
        {
            Range($"{at}blocks[{i}]", clip.Blocks[i], 1, clip.Layers);
            if (i > 0 && clip.Blocks[i] <= clip.Blocks[i - 1])
                Found($"{at}blocks[{i}]", clip.Blocks[i], "ascending numbers");
        }

        Product(at + "gridSize", "values of a feature map", clip.GridSize, clip.GridSize, Math.Max(clip.Width, clip.EmbedDim));
    }

    private void Diffusion(DiffusionPart diffusion)
    {
        const string at = "$.diffusion.";
        Range(at + "imageSize", diffusion.ImageSize, 1, MaxSide);
        Range(at + "latentSize", diffusion.LatentSize, 1, MaxGrid);
        Range(at + "latentChannels", diffusion.LatentChannels, 1, MaxChannels);
        Range(at + "contextWidth", diffusion.ContextWidth, 1, MaxChannels);
        Range(at + "contextLength", diffusion.ContextLength, 1, MaxTokens);
        Product(at + "latentSize", "values of a latent", diffusion.LatentSize, diffusion.LatentSize, diffusion.LatentChannels);
        Product(at + "contextWidth", "values of a text context", diffusion.ContextLength, diffusion.ContextWidth, 1);
        int blocks = Count(at + "decoder", diffusion.Decoder, 1);
        for (int i = 0; i < blocks; i++)
        {
            Range($"{at}decoder[{i}].channels", diffusion.Decoder[i].Channels, 1, MaxChannels);
            Range($"{at}decoder[{i}].gridSize", diffusion.Decoder[i].GridSize, 1, MaxGrid);
            Product(
                $"{at}decoder[{i}].gridSize",
                "values of a feature map",
                diffusion.Decoder[i].GridSize,
                diffusion.Decoder[i].GridSize,
                diffusion.Decoder[i].Channels
            );
        }

        Range(at + "lastMappedBlock", diffusion.LastMappedBlock, 0, Math.Max(0, blocks - 1));
        Names(at + "mappedLayers", diffusion.MappedLayers, 1);
    }

    private void Backbone(BackbonePart backbone)
    {
        const string at = "$.backbone.";
        Text(at + "kind", backbone.Kind);
        Range(at + "imageSize", backbone.ImageSize, 1, MaxSide);
        if (!(double.IsFinite(backbone.Weight) && backbone.Weight >= 0))
            Found(at + "weight", backbone.Weight, "a finite number, 0 or more");
        int layers = Count(at + "layers", backbone.Layers, 1);
        for (int i = 0; i < layers; i++)
        {
            (string name, int channels, int grid) = backbone.Layers[i];
            Text($"{at}layers[{i}].name", name);
            Range($"{at}layers[{i}].channels", channels, 1, MaxChannels);
            Range($"{at}layers[{i}].gridSize", grid, 1, MaxGrid);
            Product($"{at}layers[{i}].gridSize", "values of a feature map", grid, grid, channels);
        }
    }

    private void Graphs(IReadOnlyList<GraphEntry> graphs)
    {
        int count = Count("$.graphs", graphs, 1);
        var seen = new HashSet<(string, Graph.GraphTarget, bool)>();
        for (int i = 0; i < count; i++)
        {
            GraphEntry graph = graphs[i];
            Text($"$.graphs[{i}].name", graph.Name);
            Text($"$.graphs[{i}].file", graph.File);
            if (!seen.Add((graph.Name, graph.Target, graph.Debug)))
                Found($"$.graphs[{i}]", $"{graph.Name} for {graph.Target} a second time", "graphs that differ");
            Tensors($"$.graphs[{i}].inputs", graph.Inputs);
            Tensors($"$.graphs[{i}].outputs", graph.Outputs);
        }

        foreach (string name in graphs.Select(g => g.Name).Distinct(StringComparer.Ordinal))
            if (!graphs.Any(g => g.Name == name && !g.Debug))
                Found("$.graphs", $"{name} with its debug variant alone", "the graph that is run");
    }

    private void Tensors(string path, IReadOnlyList<TensorEntry> tensors)
    {
        for (int i = 0; i < Count(path, tensors, 1); i++)
        {
            Text($"{path}[{i}].name", tensors[i].Name);
            Names($"{path}[{i}].shape", tensors[i].Shape, 0);
        }
    }

    private void Defaults(MethodDefaults defaults)
    {
        const string at = "$.methodDefaults.";
        if (!(double.IsFinite(defaults.Temperature) && defaults.Temperature > 0))
            Found(at + "temperature", defaults.Temperature, "a finite number above 0");
        Range(at + "languageTimestep", defaults.LanguageTimestep, 0, 999);
        Share(at + "alphaSegmentation", defaults.AlphaSegmentation);
        Share(at + "alphaClassification", defaults.AlphaClassification);
        for (int i = 0; i < Count(at + "timestepBlocks", defaults.TimestepBlocks, 0); i++)
        {
            if (defaults.TimestepBlocks[i] is not [var timestep, var block])
            {
                Found($"{at}timestepBlocks[{i}]", $"{defaults.TimestepBlocks[i].Count} numbers", "a timestep and a decoder block");
                continue;
            }

            Range($"{at}timestepBlocks[{i}][0]", timestep, 0, 999);
            // A small network may have fewer blocks than the method's default names; recipes are checked against what there is.
            Range($"{at}timestepBlocks[{i}][1]", block, 0, MaxList);
        }
    }

    private void Files(string path, IReadOnlyList<FileEntry> files)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < Count(path, files, 0); i++)
        {
            Text($"{path}[{i}].path", files[i].Path);
            if (!seen.Add(files[i].Path))
                Found($"{path}[{i}].path", $"'{files[i].Path}' a second time", "names that differ");
            if (files[i].Size is < 0 or > 1L << 50)
                Found($"{path}[{i}].size", files[i].Size, "0 to 2^50 bytes");
            if (files[i].Sha256.Length != 64 || !files[i].Sha256.All(char.IsAsciiHexDigitLower))
                Found($"{path}[{i}].sha256", $"'{Shown(files[i].Sha256)}'", "64 lower-case hexadecimal digits");
        }
    }

    private void Names(string path, IReadOnlyList<string> names, int least)
    {
        for (int i = 0; i < Count(path, names, least); i++)
            Text($"{path}[{i}]", names[i]);
    }

    /// <summary>How many there are; none where there are too few or too many, so that nobody goes through them.</summary>
    private int Count<T>(string path, IReadOnlyList<T> list, int least)
    {
        if (list.Count >= least && list.Count <= MaxList)
            return list.Count;
        Found(path, $"{list.Count} entries", $"{least} to {MaxList}");
        return 0;
    }

    private void Text(string path, string text)
    {
        if (text.Length is 0 or > MaxText || text.Any(char.IsControl))
            Found(path, $"'{Shown(text)}'", $"1 to {MaxText} characters, none of them a control character");
    }

    private void Range(string path, long value, long from, long to)
    {
        if (value < from || value > to)
            Found(path, value, $"{from} to {to}");
    }

    private void Share(string path, double value)
    {
        if (!(value >= 0 && value <= 1))
            Found(path, value, "0 to 1");
    }

    /// <summary>Factors that are out of range have been said; here only what they make together counts.</summary>
    private void Product(string path, string what, long a, long b, long c)
    {
        if (a is < 1 or > MaxSide || b is < 1 or > MaxSide || c is < 1 or > MaxChannels || a * b * c <= MaxValues)
            return;
        Found(path, $"{a * b * c} {what}", $"at most {MaxValues}");
    }

    private void Found<T>(string path, T found, string expected)
    {
        // One problem is enough to refuse a pack; a list without end helps nobody.
        if (_problems.Count < 20)
            _problems.Add(string.Create(CultureInfo.InvariantCulture, $"{path}: found {found}, expected {expected}"));
    }

    private static string Shown(string text) => new([.. text.Take(40).Select(c => char.IsControl(c) ? '?' : c)]);
}
