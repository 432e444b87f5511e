using ClipFusion.Models.Pack;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Onnx;

namespace ClipFusion.Tests.Models.Pack;

/// <summary>The backbone that comes with the program.</summary>
[Trait("speed", "slow")]
public sealed class ResNet18Tests : IDisposable
{
    private static readonly float[] Means = [103.06f, 115.90f, 123.15f];

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(Precision.Float32, 2e-5)]
    [InlineData(Precision.Float16, 5e-3)]
    public void Layers_AtTheFilesOwnSize_AreThoseOfTheFile(Precision precision, double limit)
    {
        const int Size = 224;
        using PackBackbone backbone = ResNet18.Open(Size, localMean: 1);
        PackManifest manifest = Build(backbone, precision);
        using GraphInputs inputs = new GraphInputs(4).Pixels(1, Size);
        using var graph = new PackGraph(_folder["pack", "backbone_image.debug.onnx"]);
        var found = graph.Run(inputs.Values);
        (string Name, float[] Values)[] own = RunFile(inputs.Values[GraphNames.Pixels], Size);
        Assert.Equal(own.Select(o => o.Name), manifest.RequireBackbone().Layers.Select(l => l.Name));
        for (int i = 0; i < own.Length; i++)
        {
            float[] values = found[GraphNames.Raw(GraphNames.BackboneFeatures(i))].Values;
            double difference = Math.Sqrt(own[i].Values.Zip(values, (a, b) => ((double)a - b) * ((double)a - b)).Sum()),
                norm = Math.Sqrt(own[i].Values.Sum(v => (double)v * v));
            Assert.True(difference <= limit * norm, $"{own[i].Name}: {difference / norm:e1} off, allowed {limit:e0}");
        }
    }

    [Fact]
    public void Pack_OfTheDefaults_HasBothLayersItsTermsAndAFifthOfTheFile()
    {
        using PackBackbone backbone = ResNet18.Open();
        PackManifest manifest = Build(backbone);
        BackbonePart part = manifest.RequireBackbone();
        Assert.Equal(("resnet18", 320), (part.Kind, part.ImageSize));
        Assert.Equal([new("ReLU315_Output_0", 128, 40), new BackboneLayer("ReLU347_Output_0", 256, 20)], part.Layers);
        SourceEntry source = Assert.Single(manifest.Sources);
        Assert.Equal(("backbone", "resnet18", "MIT"), (source.Part, source.Name, source.Licence));
        Assert.Contains("Microsoft.ML.DnnImageFeaturizer.ResNet18/0.23.1", source.Url, StringComparison.Ordinal);
        Assert.Equal("resnet18.onnx", source.Files.Single().Path);
        Assert.InRange(manifest.Files.Sum(f => f.Size), 10_000_000, 13_000_000);
        Assert.Equal("resnet18-fp32", manifest.Name);
        Assert.Empty(PackVerifier.Verify(_folder["pack"], cancellation: TestContext.Current.CancellationToken).Problems);
    }

    [Theory]
    [InlineData(100, null, "a multiple of 16 pixels")]
    [InlineData(320, "ReLU1", "ReLU283_Output_0, ReLU315_Output_0")]
    [InlineData(336, "ReLU379_Output_0", "a multiple of 32 pixels")]
    public void Open_WithOptionsThatDoNotFit_SaysWhatIsExpected(int size, string? output, string expected)
    {
        var e = Assert.Throws<PackException>(() => ResNet18.Open(size, output is null ? null : [output]));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAnotherFileOrNone_AsksForAnInstallation()
    {
        byte[] bytes = File.ReadAllBytes(ResNet18.DefaultFile);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(_folder["resnet18.onnx"], bytes);
        foreach (string file in (string[])["resnet18.onnx", "missing.onnx"])
        {
            var e = Assert.Throws<PackException>(() => ResNet18.Open(_folder[file], null, null, 3));
            Assert.Contains(file, e.Message, StringComparison.Ordinal);
            Assert.Contains("install it again", e.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private PackManifest Build(PackBackbone backbone, Precision precision = Precision.Float32) =>
        PackBuilder.Build(
            new PackParts(null, null, backbone),
            _folder["pack"],
            new PackOptions(precision),
            cancellation: TestContext.Current.CancellationToken
        );

    private static (string Name, float[] Values)[] RunFile(OrtValue pixels, int size)
    {
        ReadOnlySpan<byte> rgb = pixels.GetTensorDataAsSpan<byte>();
        var picture = new float[3 * size * size];
        for (int c = 0; c < 3; c++)
        for (int i = 0; i < size * size; i++)
            picture[c * size * size + i] = rgb[3 * i + 2 - c] - Means[c];
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(ResNet18.DefaultFile));
        string[] names = ["ReLU315_Output_0", "ReLU347_Output_0"];
        model.IrVersion = 8;
        model.Graph.ValueInfo.Clear();
        model.Graph.Output.Clear();
        model.Graph.Output.AddRange(names.Select(n => TinyOnnx.Info(n, 1, null, null, null)));
        using var session = new InferenceSession(model.ToByteArray());
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(picture, [1, 3, size, size]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, new Dictionary<string, OrtValue> { [session.InputNames[0]] = input }, names);
        return [.. names.Select((n, i) => (n, outputs[i].GetTensorDataAsSpan<float>().ToArray()))];
    }
}
