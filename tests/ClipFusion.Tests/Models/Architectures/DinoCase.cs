using System.Text.Json.Nodes;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Models.Architectures;

/// <summary>A golden set of DINOv2: its settings, its pictures and its tensors.</summary>
internal sealed class DinoCase
{
    private readonly JsonObject _settings;
    private readonly (string File, string Role)[] _images;

    public DinoCase(string name)
    {
        Name = name;
        _settings = JsonNode.Parse(File.ReadAllText(Fixtures.Path(name, "golden.json")))!.AsObject();
        _images = [.. _settings["images"]!.AsArray().Select(i => (i!["file"]!.GetValue<string>(), i["role"]!.GetValue<string>()))];
    }

    public string Name { get; }

    public int Size => Number("dino_image_size");

    public int[] OtherSizes => [.. _settings["other_sizes"]!.AsArray().Select(s => s!.GetValue<int>())];

    public int Patch => Number("dino_patch");

    public int TrainedGrid => Number("dino_trained_size") / Patch;

    public int Registers => Number("dino_registers");

    public int[] Blocks => [.. _settings["dino_blocks"]!.AsArray().Select(b => b!.GetValue<int>())];

    public bool IsRaw => _settings["dino_features"]!.GetValue<string>() == "raw";

    public DinoPositions Positions =>
        new(_settings["dino_interpolate_offset"]!.GetValue<double>(), _settings["dino_interpolate_antialias"]!.GetValue<bool>());

    public string[] References => [.. _images.Where(i => i.Role == "reference").Select(i => Fixtures.Path(Name, i.File))];

    public (string Golden, string Path)[] Queries =>
        [.. _images.Select((i, n) => (i, n)).Where(x => x.i.Role == "query").Select(x => ($"q{x.n}", Fixtures.Path(Name, x.i.File)))];

    public SafetensorsFile Golden => SafetensorsFile.Open(Fixtures.Path(Name, "golden.safetensors"));

    public SafetensorsFile GoldenSizes => SafetensorsFile.Open(Fixtures.Path(Name, "golden.sizes.safetensors"));

    private int Number(string key) => _settings[key]!.GetValue<int>();

    /// <summary>Heads, which original weights do not say.</summary>
    public int Heads
    {
        get
        {
            using DinoFolder folder = DinoFolder.Open(Fixtures.Path(Name, "dino"));
            return folder.Config.Heads;
        }
    }

    /// <summary>Builds a pack of this model alone.</summary>
    /// <param name="target">The pack's folder.</param>
    /// <param name="size">Side of its pictures.</param>
    /// <param name="precision">Element type.</param>
    /// <param name="folder">The weights; null takes those in Hugging Face's layout.</param>
    /// <param name="heads">Heads of weights without a configuration.</param>
    public PackManifest Build(string target, int size, Precision precision = Precision.Float32, string? folder = null, int? heads = null)
    {
        using var backbone = DinoBackbone.Create(
            DinoFolder.Open(folder ?? Fixtures.Path(Name, "dino"), heads),
            new DinoOptions(size, Blocks, IsRaw)
        );
        return PackBuilder.Build(
            new PackParts(null, null, backbone),
            target,
            new PackOptions(precision),
            cancellation: TestContext.Current.CancellationToken
        );
    }

    /// <summary>A picture as the network takes it, uint8 [1, S, S, 3].</summary>
    public static byte[] Squeezed(string path, int size)
    {
        var pixels = new byte[size * size * 3];
        new PillowResampler().Resize(ImageCodec.Decode(path).View, size, size, ResampleFilter.Bicubic, pixels);
        return pixels;
    }

    /// <summary>Runs a graph on a picture.</summary>
    public static Dictionary<string, (long[] Shape, float[] Values)> Run(PackGraph graph, string picture, int size)
    {
        using GraphInputs inputs = new GraphInputs(0).Add(GraphNames.Pixels, Squeezed(picture, size), 1, size, size, 3);
        return graph.Run(inputs.Values);
    }

    /// <summary>Per layer the map of a query against references: (1 - the greatest cosine) / 2.</summary>
    /// <param name="query">Per layer the unit features.</param>
    /// <param name="references">Per reference and layer the unit features.</param>
    /// <param name="width">Channels.</param>
    public static float[][] Maps(float[][] query, float[][][] references, int width) =>
        [
            .. query.Select(
                (features, layer) =>
                    features
                        .Chunk(width)
                        .Select(q => (float)((1 - references.SelectMany(r => r[layer].Chunk(width)).Max(r => Dot(q, r))) / 2))
                        .ToArray()
            ),
        ];

    /// <summary>The mean map at another size.</summary>
    public static float[] Mean(float[][] maps, int size)
    {
        var mean = new float[size * size];
        foreach (float[] map in maps)
        {
            int grid = (int)Math.Sqrt(map.Length);
            var enlarged = new float[size * size];
            BilinearResize.Resize(map, grid, grid, enlarged, size, size);
            for (int i = 0; i < mean.Length; i++)
                mean[i] += enlarged[i] / maps.Length;
        }

        return mean;
    }

    /// <summary>Largest value at 240, and the mean of the greatest hundredth on the grid.</summary>
    public static float[] Scores(float[][] maps)
    {
        float[] mean = [.. Enumerable.Range(0, maps[0].Length).Select(i => maps.Average(m => m[i]))];
        return [Mean(maps, 240).Max(), mean.OrderDescending().Take(Math.Max(1, mean.Length / 100)).Average()];
    }

    private static double Dot(float[] a, float[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }
}
