using ClipFusion.Evaluation.Datasets;
using ClipFusion.Evaluation.Protocol;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.Tests.Cli;
using ClipFusion.Tests.OnnxInference;

namespace ClipFusion.Tests.Evaluation.Protocol;

/// <summary>An evaluation whose networks run on what pretends to be a GPU.</summary>
[Trait("speed", "slow")]
public sealed class AcceleratedEvaluationTests(TinyPack tiny) : IClassFixture<TinyPack>
{
    private static readonly EvaluationOptions Options = new()
    {
        Shots = [0, 1],
        Seeds = [0],
        Profiles = [Profile.PatchClip],
    };

    [Fact]
    public void Run_EngineIsStillToBeBuilt_IsBuiltFirstAndNamedInTheTables()
    {
        using var set = new EvaluationSet();
        var tensorRt = new PretendProvider(ExecutionProvider.TensorRt) { Builds = true };
        string folder = tiny.Scratch();
        using ModelPack pack = Pack(tensorRt, new PretendProvider(ExecutionProvider.Cuda), new PretendProvider(ExecutionProvider.Cpu));
        Run(set, pack, folder, Path.Combine(folder, "networks"));
        Assert.Contains("clip_image", tensorRt.Opened);
        Assert.All(pack.Providers, d => Assert.Equal(ExecutionProvider.TensorRt, d.Provider));
        Assert.Contains(
            "on tensorrt: clip_image, clip_text",
            File.ReadAllText(Path.Combine(folder, "results.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Run_SameStoreOnAnotherProvider_TakesNothingFromTheFirst()
    {
        using var set = new EvaluationSet();
        string store = tiny.Scratch();
        using ModelPack gpu = Pack(
                new PretendProvider(ExecutionProvider.TensorRt) { WhyNot = "not here" },
                new PretendProvider(ExecutionProvider.Cuda),
                new PretendProvider(ExecutionProvider.Cpu)
            ),
            cpu = ModelPack.Open(tiny.Folder);
        int runs = Run(set, gpu, tiny.Scratch(), store);
        Assert.True(runs > 0);
        Assert.Equal(runs, Run(set, cpu, tiny.Scratch(), store));
        Assert.Equal(0, Run(set, gpu, tiny.Scratch(), store));
    }

    private static int Run(EvaluationSet set, ModelPack pack, string folder, string store) =>
        EvaluationSession
            .Run(DatasetReader.Read(set.Root), pack, Options, folder, store, cancellation: TestContext.Current.CancellationToken)
            .Cost.NetworkRuns;

    private ModelPack Pack(params PretendProvider[] providers) =>
        ModelPack.OpenWith(
            tiny.Folder,
            new ProviderSettings(ProviderChoices.All(ProviderChoice.Auto)),
            ProviderSet.Of(providers, tiny.Scratch())
        );
}
