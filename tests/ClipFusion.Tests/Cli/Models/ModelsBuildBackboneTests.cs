using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.Models.Pack;

namespace ClipFusion.Tests.Cli.Models;

/// <summary><c>models build --backbone</c>, with all other verbs of packs on what it makes.</summary>
[Trait("speed", "slow")]
public sealed class ModelsBuildBackboneTests(BuiltPacks built) : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private static string Dino { get; } = Fixtures.Path("dino-a", "dino");

    private string Target => _root["packs", "pack"];

    [Fact]
    public async Task Build_OfResNet18Alone_MakesAPackThatIsListedAndVerified()
    {
        CliRun build = await BuildAsync("--backbone", "resnet18");
        Assert.True(build.Code == ExitCode.Clean, build.Error);
        PackManifest pack = PackVerifier.ReadManifest(Target);
        Assert.Equal((null, null, "resnet18"), (pack.Clip, pack.Diffusion, pack.RequireBackbone().Kind));
        Assert.Equal((PackWeights.Published, true), (pack.KnownWeights, pack.HasGoldens));

        CliRun list = await CliRun.RunAsync("models", "list", "--in", _root["packs"]);
        Assert.Contains("backbone resnet18 320 px, layers ReLU315_Output_0,ReLU347_Output_0", list.Output, StringComparison.Ordinal);
        JsonElement json = (await CliRun.RunAsync("models", "list", "--in", _root["packs"], "--json")).Json.Single();
        Assert.Equal(JsonValueKind.Null, json.GetProperty("clip").ValueKind);
        Assert.Equal(320, json.GetProperty("backbone").GetProperty("imageSize").GetInt32());

        CliRun verify = await CliRun.RunAsync("models", "verify", Target);
        Assert.True(verify.Code == ExitCode.Clean, verify.Error);
        Assert.Matches(@"(?m)^    good features_backbone_1 ", verify.Output);
    }

    [Fact]
    public async Task Build_BesideCLIPAndDiffusion_HasAllThreeAndWeighsNothing()
    {
        string[] three = ["--clip", TinyPack.Clip, "--diffusion", built.SmallDiffusion, "--backbone", Dino, "--backbone-size", "70"];
        Assert.Equal(ExitCode.Clean, (await BuildAsync([.. three, "--name", "three"])).Code);
        PackManifest pack = PackVerifier.ReadManifest(Target);
        Assert.Equal(["clip", "diffusion", "backbone"], pack.Sources.Select(s => s.Part));
        Assert.Equal((0.0, 70, "dinov2"), (pack.RequireBackbone().Weight, pack.RequireBackbone().ImageSize, pack.RequireBackbone().Kind));
        Assert.NotNull(pack.Clip);
        Assert.Equal(ExitCode.Clean, (await CliRun.RunAsync("models", "verify", Target)).Code);
    }

    [Fact]
    public async Task Build_OfAnOnnxFile_TakesItsOptions()
    {
        string file = TinyOnnx.Model().Write(_root["net.onnx"]);
        CliRun build = await BuildAsync(
            ["--backbone", file, "--backbone-outputs", "a,tokens", "--backbone-size", "64", "--backbone-channels", "bgr"],
            ["--backbone-mean", "0.5,0.5,0.5", "--backbone-std", "1,1,1", "--backbone-local-mean", "3", "--backbone-weight", "0.5"]
        );
        Assert.True(build.Code == ExitCode.Clean, build.Error);
        BackbonePart part = PackVerifier.ReadManifest(Target).RequireBackbone();
        Assert.Equal(("onnx", 64, 0.5), (part.Kind, part.ImageSize, part.Weight));
        Assert.Equal(["a", "tokens"], part.Layers.Select(l => l.Name));
        Assert.Equal(ExitCode.Clean, (await CliRun.RunAsync("models", "verify", Target)).Code);
    }

    [Fact]
    public async Task Build_OfOriginalDinoWeights_TakesItsOptions()
    {
        CliRun build = await BuildAsync(
            ["--backbone", Fixtures.Path("dino-a", "original"), "--backbone-heads", "3", "--backbone-size", "98"],
            ["--backbone-blocks", "1,4", "--backbone-features", "raw", "--backbone-position-offset", "0", "--precision", "float16"]
        );
        Assert.True(build.Code == ExitCode.Clean, build.Error);
        Assert.Equal(["1", "4"], PackVerifier.ReadManifest(Target).RequireBackbone().Layers.Select(l => l.Name));
    }

    [Theory]
    [InlineData("--backbone resnet18 --backbone-blocks 3", "--backbone-blocks: not for resnet18")]
    [InlineData("--backbone resnet18 --backbone-mean 0,0,0", "--backbone-mean: not for resnet18")]
    [InlineData("--backbone resnet18 --backbone-size 300", "a multiple of 16 pixels")]
    [InlineData("--backbone resnet18 --backbone-weight -1", "backbone weight -1")]
    [InlineData("--backbone resnet18 --vv-start 2", "--vv-start: not for a pack without CLIP")]
    [InlineData("--backbone DINO --backbone-outputs a", "--backbone-outputs: not for a DINOv2 folder")]
    [InlineData("--backbone DINO --backbone-size 100", "a multiple of the patch, 14 pixels")]
    [InlineData("--backbone DINO --backbone-blocks 2,x", "--backbone-blocks 2,x: block numbers")]
    [InlineData("--backbone DINO --backbone-blocks 5", "blocks 1 to 4")]
    [InlineData("--backbone /nowhere/at.all", "a DINOv2 folder, an ONNX file or resnet18 is expected")]
    [InlineData("--backbone dinov2_vits14_pretrain.pth", "safetensors only, never as a pickle")]
    [InlineData("--backbone-size 320", "--backbone is expected too")]
    [InlineData("--starter --backbone resnet18", "--starter and --backbone")]
    [InlineData("--clip CLIP --backbone resnet18", "--diffusion DIR")]
    public async Task Build_OptionDoesNotFit_ExitsWith2AndLeavesNothing(string options, string mentions)
    {
        string[] words =
        [
            .. options
                .Split(' ')
                .Select(w =>
                    w == "DINO" ? Dino
                    : w == "CLIP" ? TinyPack.Clip
                    : w
                ),
        ];
        (await BuildAsync(words)).AssertBadArguments(mentions);
        Assert.False(Directory.Exists(Target));
    }

    [Theory]
    [InlineData("--backbone-mean 1,2", "three numbers")]
    [InlineData("--backbone-std 1,0,1", "the deviations above 0")]
    [InlineData("--backbone-heads 2", "--backbone-heads: not for an ONNX file")]
    [InlineData("--backbone-outputs nothing", "no value is named 'nothing'")]
    public async Task Build_OptionDoesNotFitAnOnnxFile_ExitsWith2(string options, string mentions) =>
        (await BuildAsync(["--backbone", TinyOnnx.Model().Write(_root["net.onnx"]), .. options.Split(' ')])).AssertBadArguments(mentions);

    [Fact]
    public async Task Pull_OfDinoV3_SaysWhyNot() =>
        (await CliRun.RunAsync("models", "pull", "dinov3-vits16", "--to", _root["weights"])).AssertBadArguments("DINOv3 licence");

    public void Dispose() => _root.Dispose();

    private Task<CliRun> BuildAsync(params string[][] options) => BuildAsync([.. options.SelectMany(o => o)]);

    private Task<CliRun> BuildAsync(params string[] options) => CliRun.RunAsync(["models", "build", "--out", Target, .. options]);
}
