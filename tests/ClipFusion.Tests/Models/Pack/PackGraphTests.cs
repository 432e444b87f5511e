using System.Globalization;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using Onnx;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>What the graph files of a pack promise to every runtime.</summary>
public sealed class PackGraphTests(TinyPacks packs)
{
    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Float16)]
    public async Task EveryGraph_OfAPack_PassesTheOnnxChecker(Precision precision)
    {
        Assert.Equal(Graphs(precision).Count(), await CheckedAsync(packs.Folder(precision)));
    }

    [Theory]
    [InlineData("dino-a", Precision.Float32)]
    [InlineData("dino-c", Precision.Float16)]
    [InlineData("resnet18", Precision.Float32)]
    [InlineData("resnet18", Precision.Float16)]
    public async Task EveryGraph_OfABackbone_PassesTheOnnxChecker(string kind, Precision precision)
    {
        using var folder = new TemporaryFolder();
        using PackBackbone backbone =
            kind == ResNet18.Name ? ResNet18.Open() : DinoBackbone.Create(DinoFolder.Open(Fixtures.Path(kind, "dino")), new DinoOptions());
        PackManifest manifest = PackBuilder.Build(
            new PackParts(null, null, backbone),
            folder["pack"],
            new PackOptions(precision),
            cancellation: TestContext.Current.CancellationToken
        );
        Assert.Equal(manifest.Graphs.Count, await CheckedAsync(folder["pack"]));
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Float16)]
    public void WeightFiles_OfAPack_HoldEveryTensorOnceAlignedWithoutOverlap(Precision precision)
    {
        string folder = packs.Folder(precision);
        var tensors = Graphs(precision).SelectMany(g => g.Graph.Initializer).Where(i => i.ExternalData.Count > 0).Select(Place).ToList();
        Assert.NotEmpty(tensors);
        Assert.Equal(
            Directory.EnumerateFiles(folder, "*.weights").Select(f => Path.GetFileName(f)).Order(),
            tensors.Select(t => t.File).Distinct().Order()
        );
        foreach (var file in tensors.GroupBy(t => t.File))
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(folder, file.Key));
            (long Offset, long Length)[] spans = [.. file.Select(t => (t.Offset, t.Length)).Distinct().Order()];
            long end = 0;
            foreach ((long offset, long length) in spans)
            {
                Assert.Equal(0, offset % 64);
                Assert.True(offset >= end, $"{file.Key}: a tensor at {offset} overlaps one that ends at {end}");
                Assert.True(
                    bytes.AsSpan((int)end, (int)(offset - end)).IndexOfAnyExcept((byte)0) < 0 && offset - end < 4096,
                    $"{file.Key}: bytes {end} to {offset} belong to no tensor"
                );
                end = offset + length;
            }

            Assert.Equal(bytes.Length, end);
            string[] contents =
            [
                .. spans
                    .Where(s => s.Length >= 128)
                    .Select(s =>
                        Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.AsSpan((int)s.Offset, (int)s.Length)))
                    ),
            ];
            Assert.Equal(contents.Length, contents.Distinct().Count());
        }
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Float16)]
    public void GraphFiles_OfAPack_CarryNoLargeConstants(Precision precision) =>
        Assert.All(
            Graphs(precision),
            g =>
                Assert.True(
                    g.Graph.Initializer.Sum(i => i.RawData.Length) < 64 << 10,
                    $"{g.Graph.Name} carries {g.Graph.Initializer.Sum(i => i.RawData.Length)} bytes of constants"
                )
        );

    [Fact]
    public void Outputs_OfEveryRunningGraph_AreTheMethodsAlone()
    {
        PackManifest manifest = PackVerifier
            .Verify(packs.Folder(Precision.Float32), cancellation: TestContext.Current.CancellationToken)
            .Manifest;
        string[] features = [.. TinyPacks.ClipBlocks.SelectMany(b => new[] { GraphNames.FeaturesVv(b), GraphNames.FeaturesOriginal(b) })];
        var expected = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            [GraphNames.ClipImage] = [GraphNames.Class, GraphNames.PatchesVv, GraphNames.PatchesOriginal, .. features],
            [GraphNames.ClipText] = [GraphNames.Embeddings],
            [GraphNames.WinClipImage] = [GraphNames.Class, GraphNames.Patches, GraphNames.Windows(2), GraphNames.Windows(3)],
            [GraphNames.WinClipText] = [GraphNames.Raw(GraphNames.Embeddings)],
            [GraphNames.ClipTokensImage] = [.. TinyPacks.ClipBlocks.Select(b => GraphNames.Raw(GraphNames.FeaturesOriginal(b)))],
            [GraphNames.ClipStreamsImage] =
            [
                GraphNames.Raw(GraphNames.Class),
                GraphNames.Raw(GraphNames.ClassUnnormed),
                .. Enumerable
                    .Range(1, manifest.RequireClip().Layers)
                    .SelectMany(b =>
                        (string[])
                            [
                                GraphNames.Raw(GraphNames.FeaturesOriginal(b)),
                                GraphNames.Raw(GraphNames.FeaturesAttended(b)),
                                GraphNames.Raw(GraphNames.EmbeddingsVv(b)),
                            ]
                    ),
            ],
            [GraphNames.ClipLearnedText] = [GraphNames.Raw(GraphNames.Embeddings)],
            [GraphNames.MaskClipImage] = [GraphNames.Raw(GraphNames.PatchesOriginal)],
            [GraphNames.TransMmImage] = [GraphNames.Relevance],
            [GraphNames.TransMmLastImage] = [GraphNames.Relevance],
            [GraphNames.DiffusionText] = [GraphNames.Context],
            [GraphNames.VaeEncoder] = [GraphNames.Latent],
            [GraphNames.MapDiff] =
            [
                GraphNames.StateMaps,
                GraphNames.StateMapsUnnormalized,
                .. Enumerable.Range(0, 3).Select(GraphNames.Features),
            ],
            [GraphNames.MapDiffLanguage] = [GraphNames.StateMaps, GraphNames.StateMapsUnnormalized],
            [GraphNames.MapDiffParts] =
            [
                .. GraphNames.MappedParts.SelectMany(p => new[] { GraphNames.StateMapsOf(p), GraphNames.StateMapsUnnormalizedOf(p) }),
            ],
        };
        Assert.Equal(expected.Keys.Order(), manifest.Graphs.Select(g => g.Name).Distinct().Order());
        foreach (GraphEntry entry in manifest.Graphs)
        {
            ModelProto model = PackGraph.Parse(Path.Combine(packs.Folder(Precision.Float32), entry.File));
            Assert.Equal(model.Graph.Output.Select(o => o.Name), entry.Outputs.Select(o => o.Name));
            Assert.Equal(model.Graph.Input.Select(o => o.Name), entry.Inputs.Select(o => o.Name));
            if (!entry.Debug)
                Assert.Equal(expected[entry.Name].Order(), entry.Outputs.Select(o => o.Name).Order());
        }
    }

    /// <summary>Shows every graph of a pack to Debian's python3-onnx, and tells how many there were.</summary>
    private static async Task<int> CheckedAsync(string pack)
    {
        const string Script =
            "import sys, glob, onnx\nfor f in sorted(glob.glob(sys.argv[1] + '/*.onnx')): onnx.checker.check_model(f); print(f)";
        (int code, string output, string errors) = await Programs.RunAsync(
            "/usr/bin/python3",
            ["-c", Script, pack],
            TestContext.Current.CancellationToken
        );
        Assert.True(code == 0, $"the ONNX checker (Debian's python3-onnx) refused a graph after {output}: {errors}");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    private IEnumerable<ModelProto> Graphs(Precision precision) =>
        Directory.EnumerateFiles(packs.Folder(precision), "*.onnx").Select(PackGraph.Parse);

    private static (string File, long Offset, long Length) Place(TensorProto tensor)
    {
        Dictionary<string, string> data = tensor.ExternalData.ToDictionary(e => e.Key, e => e.Value);
        long element = tensor.DataType == (int)TensorProto.Types.DataType.Float16 ? 2 : 4,
            length = long.Parse(data["length"], CultureInfo.InvariantCulture);
        Assert.Equal(tensor.Dims.Aggregate(element, (a, b) => a * b), length);
        return (data["location"], long.Parse(data["offset"], CultureInfo.InvariantCulture), length);
    }
}
