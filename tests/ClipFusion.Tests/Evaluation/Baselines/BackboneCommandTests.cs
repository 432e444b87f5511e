using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Models.Graph;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.Evaluation.Protocol;

namespace ClipFusion.Tests.Evaluation.Baselines;

/// <summary><c>evaluate --patchcore-backbone</c>.</summary>
[Trait("speed", "slow")]
public sealed class BackboneCommandTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task Evaluate_Backbone_IsARowOfItsOwnWhoseOutputsAreKept()
    {
        using var set = new EvaluationSet("cable");
        string folder = tiny.Scratch();
        // Upper case and a space: row names are file names.
        string[] options =
        [
            "--baselines",
            "patchcore",
            "--patchcore-backbone",
            TinyBackbone.Write(Path.Combine(tiny.Scratch(), "My Net.onnx")),
        ];

        CliRun first = await RunAsync(set, folder, options);
        Directory.Delete(Path.Combine(folder, "runs"), recursive: true);
        CliRun second = await RunAsync(set, folder, options);

        Assert.True(first.Code == ExitCode.Clean, first.Error);
        Assert.Contains("| patchcore-my-net | 1 | ", first.Output, StringComparison.Ordinal);
        // The paper's PatchCore is on another network: nothing of it stands beside this row, as it does beside the pack's.
        Assert.Matches(@"\| patchcore \| 1 \| [0-9.]+ \(88\.8, ", first.Output);
        Assert.DoesNotMatch(@"\| patchcore-my-net \| 1 \| .*\(", first.Output);
        Assert.Contains("(0 runs)", second.Error, StringComparison.Ordinal);
        Assert.Equal(first.Output, second.Output);
        JsonElement run = JsonElement.Parse(
            await File.ReadAllBytesAsync(
                Path.Combine(folder, "runs", "cable", "patchcore-my-net-k1-seed0.json"),
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal(5, run.GetProperty("images").GetArrayLength());
        Assert.True(run.GetProperty("metrics").TryGetProperty("pixel_auroc", out _));

        // Another of its outputs alone is another method of the same name: its runs are made again.
        CliRun third = await RunAsync(set, folder, [.. options, "--patchcore-outputs", "far", "--patchcore-name", "My Net"]);
        Assert.NotEqual(first.Output, third.Output);
        Assert.Contains("| patchcore-my-net | 1 | ", third.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no such file", "missing")]
    [InlineData("ONNX Runtime can't use it", "broken")]
    [InlineData("is float [N, 3, 16, 16]; one input, float32 [1, 3, S, S]", "dynamic")]
    [InlineData("is uint8 [1, 3, 16, 16]", "bytes")]
    [InlineData("has 2 inputs (picture, other)", "two")]
    [InlineData("output 'y' is [1, 3]; feature maps [1, C, h, w] are expected", "vectors")]
    [InlineData("has no float32 output 'middle'; there are near, pooled, far", "good", "--patchcore-outputs", "middle")]
    [InlineData("output 'pooled' is [1, 6]", "good", "--patchcore-outputs", "pooled,near")]
    [InlineData("resized to 12 have no centre of 16 x 16", "good", "--patchcore-resize", "12")]
    [InlineData("three numbers above 0", "good", "--patchcore-std", "1,0,1")]
    [InlineData("three numbers from 0", "good", "--patchcore-mean", "1,1")]
    public async Task Evaluate_BackboneThatDoesNotFit_IsNamedBeforeAnythingElse(string mention, string kind, params string[] options)
    {
        using var set = new EvaluationSet();
        string file = Path.Combine(tiny.Scratch(), $"{kind}.onnx"),
            folder = Path.Combine(tiny.Scratch(), "out");
        Write(kind, file);

        CliRun run = await RunAsync(set, folder, ["--patchcore-backbone", file, .. options]);

        run.AssertBadArguments(mention);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Evaluate_BackboneOptionWithoutOne_IsNamed()
    {
        using var set = new EvaluationSet();
        (await RunAsync(set, tiny.Scratch(), "--patchcore-name", "x")).AssertBadArguments(
            "--patchcore-name: belongs to --patchcore-backbone"
        );
    }

    private static void Write(string kind, string file)
    {
        if (kind == "good")
            TinyBackbone.Write(file);
        if (kind == "broken")
            File.WriteAllText(file, "no network");
        if (kind is "missing" or "good" or "broken")
            return;
        var g = new GraphBuilder("backbone", GraphTarget.OnnxRuntime);
        Value x = g.Input("picture", kind == "bytes" ? ElementType.UInt8 : ElementType.Float32, kind == "dynamic" ? "N" : 1, 3, 16, 16);
        if (kind == "two")
            g.Add(x, g.Input("other", ElementType.Float32, 1, 3, 16, 16));
        g.Output("y", kind == "vectors" ? g.Mean(g.Mean(x, 3), 2) : g.Cast(x, ElementType.Float32));
        g.Save(file);
    }

    private Task<CliRun> RunAsync(EvaluationSet set, string folder, params string[] options) =>
        CliRun.RunAsync([
            "evaluate",
            set.Root,
            "--pack",
            tiny.Folder,
            "--out",
            folder,
            "--k",
            "1",
            "--seeds",
            "0",
            "--profiles",
            "patchclip",
            "--threads",
            "1",
            .. options,
        ]);
}
