using System.Text.Json;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Weights;
using ClipFusion.OnnxInference.Sessions;
using ClipFusion.Tests.Cli;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>WinCLIP against anomalib's on the same weights.</summary>
public sealed class WinClipGoldenTests : IClassFixture<TinyPack>, IDisposable
{
    private const float Tolerance = 2e-5f;

    private readonly JsonElement _golden = JsonElement.Parse(File.ReadAllBytes(Fixtures.Path("winclip", "winclip.json")));
    private readonly SafetensorsFile _tensors = SafetensorsFile.Open(Fixtures.Path("winclip", "winclip.safetensors"));
    private readonly ModelPack _pack;
    private readonly WinClipNetworks _networks;

    public WinClipGoldenTests(TinyPack tiny)
    {
        _pack = ModelPack.Open(tiny.Folder);
        _networks = new WinClipNetworks(_pack, Recipe.Default("widget"));
    }

    [Fact]
    public void Prompts_OfAWidget_AreTheGoldenOnes()
    {
        Assert.Equal(Texts("normal_prompts"), WinClipPrompts.Normal("widget"));
        Assert.Equal(Texts("anomalous_prompts"), WinClipPrompts.Anomalous("widget"));
    }

    [Fact]
    public void Features_OfEveryPicture_AreTheGoldenOnes()
    {
        float[] text = [.. Text(WinClipPrompts.Normal("widget")), .. Text(WinClipPrompts.Anomalous("widget"))];
        Same(Golden("text"), text);
        WinClipFeatures[] images = Encode("images");
        Same(Golden("image_embedding"), [.. images.SelectMany(i => i.Image)]);
        Same(Golden("windows.0"), [.. images.SelectMany(i => i.Windows[0])]);
        Same(Golden("windows.1"), [.. images.SelectMany(i => i.Windows[1])]);
    }

    [Fact]
    public void ZeroShot_EveryPicture_HasTheGoldenScoreAndMap()
    {
        WinClip method = Method();
        (float Score, float[] Map)[] found = [.. Encode("images").Select(method.ZeroShot)];
        Same(Golden("zero.score"), [.. found.Select(f => f.Score)]);
        Same(Golden("zero.map"), [.. found.SelectMany(f => Enlarged(f.Map))]);
    }

    [Fact]
    public void FewShot_TwoReferences_HasTheGoldenScoreAndMap()
    {
        WinClip method = Method();
        WinClipFeatures[] references = Encode("references");
        (float Score, float[] Map)[] found = [.. Encode("images").Select(i => method.FewShot(i, references))];
        Same(Golden("few.score"), [.. found.Select(f => f.Score)]);
        Same(Golden("few.map"), [.. found.SelectMany(f => Enlarged(f.Map))]);
    }

    public void Dispose()
    {
        _tensors.Dispose();
        _pack.Dispose();
    }

    private WinClip Method() => new(_networks.Grid, Text(WinClipPrompts.Normal("widget")), Text(WinClipPrompts.Anomalous("widget")));

    private float[] Text(string[] prompts) => _networks.Mean(prompts, TestContext.Current.CancellationToken);

    private float[] Golden(string name) => _tensors.ReadFloats(name);

    private string[] Texts(string name) => [.. _golden.GetProperty(name).EnumerateArray().Select(p => p.GetString()!)];

    private WinClipFeatures[] Encode(string list) =>
        [
            .. Texts(list)
                .Select(file =>
                {
                    using NetworkOutputs outputs = _networks
                        .Encode(ImageCodec.DecodeStored(Fixtures.Path("tiny-a", file)).View, TestContext.Current.CancellationToken)
                        .Outputs;
                    return WinClipNetworks.Features(outputs);
                }),
        ];

    private float[] Enlarged(float[] map)
    {
        float[] large = new float[240 * 240];
        BilinearResize.Resize(map, _networks.Grid, _networks.Grid, large, 240, 240);
        return large;
    }

    private static void Same(float[] golden, float[] found)
    {
        Assert.Equal(golden.Length, found.Length);
        Assert.InRange(golden.Zip(found, (a, b) => Math.Abs(a - b)).Max(), 0, Tolerance);
    }
}
