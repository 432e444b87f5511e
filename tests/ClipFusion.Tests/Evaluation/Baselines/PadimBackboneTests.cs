using ClipFusion.Cli;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Protocol;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary>PaDiM on the pack's backbone and on the ResNet-18 that comes with the program.</summary>
[Trait("speed", "slow")]
public sealed class PadimBackboneTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Evaluate_PackWithABackbone_HasARowOnItUnlessAnotherNetworkIsGiven()
    {
        using var set = new EvaluationSet();
        string folder = tiny.Scratch(),
            pack = BackbonePack.Alone(tiny.Scratch());
        CliRun own = await RunAsync(set, pack, folder);
        Assert.True(own.Code == ExitCode.Clean, own.Error);
        Assert.Contains("| padim | 1 | ", own.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("padim-clip", own.Output, StringComparison.Ordinal);
        Assert.Contains("padim: on the features of the pack's backbone", own.Output, StringComparison.Ordinal);

        CliRun other = await RunAsync(set, pack, folder, "--padim-backbone", "resnet18");
        Assert.True(other.Code == ExitCode.Clean, other.Error);
        Assert.Contains("| padim | 1 | ", other.Output, StringComparison.Ordinal);
        Assert.Contains("its weights are those of resnet18.onnx; the paper's figures", other.Output, StringComparison.Ordinal);
        Assert.NotEqual(Row(own), Row(other));

        (await RunAsync(set, pack, folder, "--padim-backbone", "resnet18", "--padim-layers", "a")).AssertBadArguments("--padim-layers");

        static string Row(CliRun run) => run.Output.Split('\n').First(l => l.StartsWith("| padim ", StringComparison.Ordinal));
    }

    [Fact]
    public void ResNet18_Layers_AreThoseOfThePaperAndItsOwnWeights()
    {
        using Backbone backbone = Backbone.OpenResNet18(threads: 1);
        Assert.Equal(224, backbone.InputSize);
        float[] pixels = BackbonePixels.Normalized(Enumerable.Repeat((byte)200, 3 * 224 * 224).ToArray(), 224 * 224, backbone.Options);
        // Blue first, and nothing but the means taken off.
        Assert.Equal(
            [200 - 103.06f, 200 - 115.90f, 200 - 123.15f],
            [pixels[0], pixels[224 * 224], pixels[2 * 224 * 224]],
            (a, b) => Math.Abs(a - b) < 1e-3
        );
        using NetworkOutputs said = backbone.Run(pixels, TestContext.Current.CancellationToken);
        Assert.Equal(
            [
                [1, 64, 56, 56],
                [1, 128, 28, 28],
                [1, 256, 14, 14],
            ],
            backbone.Outputs.Select(o => said.Shape(o))
        );
        // The 448 channels that the authors' list of 100 is drawn from.
        Assert.Equal(448, backbone.Outputs.Sum(o => said.Shape(o)[1]));
        Assert.All(backbone.Outputs, o => Assert.True(said.Floats(o).ToArray().All(v => v >= 0)));
    }

    [Fact]
    public void PackBackbone_Features_AreThePacksOwnRowsByChannel()
    {
        using var folder = new TemporaryFolder();
        using ModelPack pack = ModelPack.Open(BackbonePack.Alone(folder["pack"]));
        var store = new NetworkStore(folder["networks"], pack, []);
        BackbonePart part = pack.Manifest.RequireBackbone();
        int grid = part.Layers[0].GridSize,
            first = part.Layers[0].Channels;
        // The last channel of the first layer, and the first one of the second, in this order.
        using var source = new PadimPack(pack, new PadimChannels(0, [first - 1, first]), Recipe.Default("widget"), store);
        var picture = new Picture(TinyPack.Query2, "2", "widget");
        PatchFeatures found = source.Features(picture, TestContext.Current.CancellationToken);
        Assert.Equal((grid, grid, part.ImageSize), (found.Height, found.Width, source.InputSize));
        using var networks = new ObjectNetworks(
            pack,
            Recipe.Default("widget") with
            {
                Profile = Profile.Backbone,
                Branches = Branches.BackboneVision,
            },
            store,
            fewShot: true,
            TestContext.Current.CancellationToken
        );
        using StoredOutputs said = networks.Backbone(picture, 0, TestContext.Current.CancellationToken);
        for (int cell = 0; cell < grid * grid; cell++)
        {
            Assert.Equal(said.Tensors.Floats(GraphNames.BackboneFeatures(0))[(cell * first) + first - 1], found.Rows[2 * cell]);
            (int y, int x) = (cell / grid, cell % grid);
            int own = part.Layers[1].GridSize,
                nearest = (y * own / grid * own) + (x * own / grid);
            Assert.Equal(
                said.Tensors.Floats(GraphNames.BackboneFeatures(1))[nearest * part.Layers[1].Channels],
                found.Rows[(2 * cell) + 1]
            );
        }
    }

    private static Task<CliRun> RunAsync(EvaluationSet set, string pack, string folder, params string[] options) =>
        CliRun.RunAsync([
            "evaluate",
            set.Root,
            "--pack",
            pack,
            "--out",
            folder,
            "--k",
            "1",
            "--seeds",
            "0",
            "--baselines",
            "padim",
            "--threads",
            "1",
            .. options,
        ]);
}
