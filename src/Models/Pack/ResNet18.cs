using System.Security.Cryptography;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.ForeignGraphs;
using Google.Protobuf;
using Onnx;

namespace ClipFusion.Models.Pack;

/// <summary>
/// The backbone that comes with the program: a ResNet-18 trained on ImageNet, from the package Microsoft.ML.DnnImageFeaturizer.ResNet18.
/// Its file lies beside the program.
/// </summary>
public static class ResNet18
{
    /// <summary>Its kind in a pack, and its name on the command line.</summary>
    public const string Name = "resnet18";

    private const int UsualSize = 320;
    private const int FileBytes = 63_653_533;
    private const string Sha256 = "e2552f19db2dfdb01b3669537b6a0f1b44da38d18279535492ed5dfc2ef1ff8f";

    /// <summary>What it takes from blue, green and red of 0 to 255.</summary>
    public static IReadOnlyList<double> Means { get; } = [103.06, 115.90, 123.15];

    /// <summary>Licence and address of the weights.</summary>
    internal static readonly WeightOrigin Terms = new(
        "MIT",
        "https://www.nuget.org/packages/Microsoft.ML.DnnImageFeaturizer.ResNet18/0.23.1"
    );

    /// <summary>BGR of 0 to 255 minus the means of the package's own mean picture; constants in its place are ours.</summary>
    private static readonly BackboneInput Input = new([.. Means.Select(m => m / 255)], [1 / 255.0, 1 / 255.0, 1 / 255.0], true);

    /// <summary>The outputs of its four groups of blocks: channels, and pixels of the picture a cell.</summary>
    private static readonly (string Name, int Channels, int Stride)[] Groups =
    [
        ("ReLU283_Output_0", 64, 4),
        ("ReLU315_Output_0", 128, 8),
        ("ReLU347_Output_0", 256, 16),
        ("ReLU379_Output_0", 512, 32),
    ];

    private static readonly string[] UsualOutputs = [Groups[1].Name, Groups[2].Name];

    /// <summary>The file beside the program.</summary>
    public static string DefaultFile => Path.Combine(AppContext.BaseDirectory, "backbones", "resnet18.onnx");

    /// <summary>Reads the file beside the program.</summary>
    /// <param name="size">Side of the square input in pixels; null for 320.</param>
    /// <param name="outputs">Outputs of its groups of blocks; null for the second and the third.</param>
    /// <param name="localMean">1 or 3.</param>
    /// <exception cref="PackException">The file is missing or another one, or the options don't fit it.</exception>
    public static PackBackbone Open(int? size = null, IReadOnlyList<string>? outputs = null, int localMean = 3) =>
        Open(DefaultFile, size, outputs, localMean);

    /// <summary>The same network with the maps of its first three groups as outputs: the layers that PaDiM takes.</summary>
    /// <returns>An ONNX file: one input [1, 3, 224, 224], blue, green, red of 0 to 255 minus <see cref="Means"/>; maps
    /// [1, 64, 56, 56], [1, 128, 28, 28] and [1, 256, 14, 14].</returns>
    /// <exception cref="PackException">The file is missing or another one.</exception>
    public static byte[] Layers()
    {
        ModelProto model = ModelProto.Parser.ParseFrom(Read(DefaultFile));
        model.Graph.Output.Clear();
        foreach ((string name, _, _) in Groups.SkipLast(1))
        {
            var type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float } };
            model.Graph.Output.Add(new ValueInfoProto { Name = name, Type = type });
        }

        return model.ToByteArray();
    }

    internal static PackBackbone Open(string path, int? size, IReadOnlyList<string>? outputs, int localMean)
    {
        int side = size ?? UsualSize;
        string[] wanted = [.. outputs ?? UsualOutputs];
        if (wanted.FirstOrDefault(o => Groups.All(g => g.Name != o)) is { } other)
            throw new PackException($"{Name}: no output is named '{other}', expected {string.Join(", ", Groups.Select(g => g.Name))}");
        var groups = wanted.Distinct(StringComparer.Ordinal).Select(o => Groups.First(g => g.Name == o)).ToArray();
        // An odd side on the way would leave the two ways through a block one cell apart.
        int coarsest = groups.Select(g => g.Stride).DefaultIfEmpty(1).Max();
        if (side < coarsest || side % coarsest != 0)
            throw new PackException($"backbone size {side}: a multiple of {coarsest} pixels is expected for these layers of {Name}");
        return OnnxBackbone.Open(
            () => ForeignGraph.Parse(path, Read(path)),
            new OnnxOptions(side, wanted, Input, localMean),
            Name,
            [.. groups.Select(g => new ForeignLayer(true, g.Channels, side / g.Stride))]
        );
    }

    private static byte[] Read(string path)
    {
        const string Expected = "expected the file that comes with the program; install it again";
        try
        {
            byte[] bytes = RegularFile.ReadAllBytes(path, FileBytes);
            string found = Convert.ToHexStringLower(SHA256.HashData(bytes));
            return found == Sha256 ? bytes : throw new PackException($"{path}: sha256 {found}, {Expected} (sha256 {Sha256})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PackException($"{e.Message}, {Expected}", e);
        }
    }
}
