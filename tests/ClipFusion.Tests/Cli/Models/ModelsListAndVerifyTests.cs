using System.Text.Json;
using ClipFusion.Cli;
using ClipFusion.Models.Pack;
using ClipFusion.Tests.OnnxInference;

namespace ClipFusion.Tests.Cli.Models;

[Trait("speed", "slow")]
public sealed class ModelsListAndVerifyTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    [Fact]
    public async Task List_FolderWithPacks_ShowsReadableAndUnreadableOnes()
    {
        string data = tiny.Scratch(),
            models = Path.Combine(data, "models");
        Directory.CreateDirectory(Path.Combine(models, "weights"));
        string broken = Directory.CreateDirectory(Path.Combine(models, "broken")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(broken, "pack.json"),
            """{"schema":"clipfusion.pack/1"}""",
            TestContext.Current.CancellationToken
        );
        Directory.Move(tiny.Copy(), Path.Combine(models, "good"));

        CliRun text = await CliRun.RunAsync("models", "list", "--data", data);
        Assert.Equal(ExitCode.Clean, text.Code);
        Assert.Matches(@"(?m)^broken +unreadable: .*pack\.json", text.Output);
        Assert.Matches(@"(?m)^tiny +float32 +\d+\.\d MiB +clip 240 px, blocks 2,4 of 4 +diffusion 128 px", text.Output);
        Assert.Contains("notice: Random weights.", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("weights ", text.Output, StringComparison.Ordinal);

        CliRun json = await CliRun.RunAsync("models", "list", "--in", models, "--json");
        Assert.Equal(2, json.Json.Count);
        Assert.Equal(broken, json.Json[0].GetProperty("folder").GetString());
        Assert.Contains("pack.json", json.Json[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        JsonElement good = json.Json[1];
        Assert.Equal(
            ("tiny", "float32", "Random weights."),
            (good.GetProperty("name").GetString(), good.GetProperty("precision").GetString(), good.GetProperty("notice").GetString())
        );
        Assert.Equal(240, good.GetProperty("clip").GetProperty("imageSize").GetInt32());
        Assert.Equal(16, good.GetProperty("diffusion").GetProperty("latentSize").GetInt32());
    }

    [Fact]
    public async Task List_NoPacks_IsCleanAndSaysWhereItLooked()
    {
        CliRun list = await CliRun.RunAsync("models", "list", "--data", tiny.Scratch());
        Assert.Equal((ExitCode.Clean, ""), (list.Code, list.Output));
        Assert.Contains("no packs in", list.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_FolderMissing_ExitsWith2() =>
        (await CliRun.RunAsync("models", "list", "--in", "/nowhere")).AssertBadArguments("/nowhere");

    [Fact]
    public async Task Verify_SeveralFilesWrong_ListsEveryProblem()
    {
        string pack = tiny.Copy();
        TinyPack.Flip(Path.Combine(pack, "unet.weights"));
        File.Delete(Path.Combine(pack, "clip_text.onnx"));
        await File.AppendAllTextAsync(Path.Combine(pack, "clip.merges.txt"), "x", TestContext.Current.CancellationToken);

        CliRun text = await CliRun.RunAsync("models", "verify", pack);
        Assert.Equal((ExitCode.Failed, ""), (text.Code, text.Output));
        Assert.Equal(3, text.Errors.Count);
        JsonElement json = (await CliRun.RunAsync("models", "verify", pack, "--json")).Json.Single();
        Assert.False(json.GetProperty("ok").GetBoolean());
        Assert.Equal(
            ["clip.merges.txt", "clip_text.onnx", "unet.weights"],
            json.GetProperty("problems").EnumerateArray().Select(p => p.GetString()!.Split(':')[0])
        );
    }

    [Fact]
    public async Task Verify_PackAsBuilt_IsCleanAndTellsProviderReasonAndErrorOfEveryOutput()
    {
        CliRun text = await CliRun.RunAsync("models", "verify", tiny.Folder);
        Assert.Equal(ExitCode.Clean, text.Code);
        Assert.StartsWith("tiny: ", text.Output, StringComparison.Ordinal);
        Assert.Matches(
            @"(?m)^  vae_encoder: cpu \(tensorrt: this ONNX Runtime \(\d+\.\d+\.\d+\) was built without it; cuda: .*\)\n"
                + @"    good latent \S+ \(limit 2.0e-3\)$",
            text.Output
        );
        JsonElement json = (await CliRun.RunAsync("models", "verify", tiny.Folder, "--json", "--provider", "cpu")).Json.Single();
        Assert.True(json.GetProperty("ok").GetBoolean());
        JsonElement unet = json.GetProperty("networks").EnumerateArray().Single(n => n.GetProperty("graph").GetString() == "mapdiff");
        Assert.Equal(("cpu", JsonValueKind.Null), (unet.GetProperty("provider").GetString(), unet.GetProperty("why").ValueKind));
        Assert.All(unet.GetProperty("outputs").EnumerateArray(), o => Assert.InRange(o.GetProperty("error").GetDouble(), 0, 1e-5));
        Assert.Empty(
            (await CliRun.RunAsync("models", "verify", tiny.Folder, "--json", "--files-only"))
                .Json.Single()
                .GetProperty("networks")
                .EnumerateArray()
        );
    }

    [Fact]
    public async Task Verify_NamedProviderThatIsNotThere_IsAProblemOfEveryGraph()
    {
        CliRun text = await CliRun.RunAsync("models", "verify", tiny.Folder, "--provider", "cuda");
        Assert.Equal(ExitCode.Failed, text.Code);
        Assert.Equal(PackVerifier.ReadManifest(tiny.Folder).Graphs.Select(g => g.Name).Distinct().Count(), text.Errors.Count);
        Assert.All(text.Errors, e => Assert.Contains("cuda: this ONNX Runtime", e, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_WithALibraryThatIsTooOld_IsABadArgumentAndRunsNothing()
    {
        string old = NativeStub.Compile(tiny.Scratch(), "libonnxruntime.so", OnnxRuntimeLibraryTests.Old);
        (await CliRun.RunAsync("models", "verify", tiny.Folder, "--onnx-runtime", old)).AssertBadArguments(
            "ONNX Runtime 1.19.2 is too old"
        );
    }

    [Fact]
    public async Task Run_WithALibraryThatIsTooOld_IsABadConfigurationBeforeAnythingStarts()
    {
        string folder = tiny.Scratch(),
            config = Path.Combine(folder, "clipfusion.json");
        NativeStub.Compile(folder, "libonnxruntime.so", OnnxRuntimeLibraryTests.Old);
        await File.WriteAllTextAsync(
            config,
            """
            {"device": "box", "dataFolder": "data", "modelPack": "pack", "stations": [{"name": "line1", "camera": {"kind": "simulated"}}], "mqtt": {"host": "127.0.0.1"},
             "accelerator": {"onnxRuntime": "libonnxruntime.so"}}
            """,
            TestContext.Current.CancellationToken
        );
        (await CliRun.RunAsync("run", "--config", config)).AssertBadArguments("ONNX Runtime 1.19.2 is too old");
        Assert.False(Directory.Exists(Path.Combine(folder, "data")));
        CliRun check = await CliRun.RunAsync("config", "check", config);
        Assert.Equal(ExitCode.BadArguments, check.Code);
        Assert.Contains("$.accelerator.onnxRuntime: ", check.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_NoManifest_IsAProblemAndNoFolderABadArgument()
    {
        CliRun empty = await CliRun.RunAsync("models", "verify", tiny.Scratch());
        Assert.Equal(ExitCode.Failed, empty.Code);
        Assert.Contains("no pack.json", Assert.Single(empty.Errors), StringComparison.Ordinal);
        (await CliRun.RunAsync("models", "verify", "/nowhere")).AssertBadArguments("/nowhere");
    }
}
