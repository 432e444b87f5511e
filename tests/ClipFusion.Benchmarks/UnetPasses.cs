using System.Diagnostics;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Providers;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Benchmarks;

/// <summary>The UNet's share of a query, as the product runs it and naively, on one random latent.</summary>
internal sealed class UnetPasses : IDisposable
{
    private readonly ModelPack _pack;
    private readonly DiffusionPart _part;
    private readonly DiffusionPlan _plan;
    private readonly DiffusionPlan[] _single;
    private readonly OrtValue _latent;
    private readonly NetworkSession _plain;

    public UnetPasses(ModelPack pack, Recipe recipe)
    {
        (_pack, _part) = (pack, pack.Manifest.RequireDiffusion());
        TextPrompts prompts = TextPrompts.Create(pack, recipe, default);
        _plan = DiffusionPlan.ForQuery(_part, prompts, recipe, features: true, fullGraph: false);
        // One prompt at one timestep through every block, once for each that a query needs.
        int last = _part.Decoder.Count - 1;
        Recipe One(int timestep) => recipe with { LanguageTimestep = timestep, TimestepBlocks = [new TimestepBlock(timestep, last)] };
        _single =
        [
            .. recipe
                .States.Select(_ => recipe.LanguageTimestep)
                .Concat(recipe.TimestepBlocks.Skip(1).Select(t => t.Timestep))
                .Select(t => DiffusionPlan.ForReference(_part, prompts, One(t))),
        ];
        var random = new Random(1);
        float[] z =
        [
            .. Enumerable
                .Range(0, _part.LatentChannels * _part.LatentSize * _part.LatentSize)
                .Select(_ => (float)(random.NextDouble() - 0.5)),
        ];
        _latent = OrtValue.CreateTensorValueFromMemory(z, [1, _part.LatentChannels, _part.LatentSize, _part.LatentSize]);
        GraphEntry plain = pack.Manifest.Graphs.First(g => g is { Name: GraphNames.MapDiff, Target: GraphTarget.TensorRt });
        var cpu = new CpuProvider(new SessionSettings());
        _plain = new NetworkSession(plain.Name, LoadedGraph.Open(cpu, new GraphFile(pack.Folder, plain.Name, [plain], long.MaxValue)));
    }

    /// <summary>Seconds of one run of all rows.</summary>
    public double Batched() => Time(_pack.Session(GraphNames.MapDiff), [_plan]);

    /// <summary>Seconds of a full pass for each prompt and timestep.</summary>
    public double OneByOne(bool plainOperators) => Time(plainOperators ? _plain : _pack.Session(GraphNames.MapDiff), _single);

    public void Dispose()
    {
        _plan.Dispose();
        foreach (DiffusionPlan plan in _single)
            plan.Dispose();
        _latent.Dispose();
        _plain.Dispose();
    }

    private double Time(NetworkSession session, IEnumerable<DiffusionPlan> plans)
    {
        var clock = Stopwatch.StartNew();
        foreach (DiffusionPlan plan in plans)
        {
            var inputs = new Dictionary<string, OrtValue>(plan.Inputs) { [GraphNames.Latent] = _latent };
            string[] outputs =
            [
                GraphNames.StateMaps,
                GraphNames.StateMapsUnnormalized,
                .. plan.Features.Select(f => GraphNames.Features(f.At.Block)).Distinct(),
            ];
            using NetworkOutputs o = session.Run(inputs, outputs, default);
        }

        return clock.Elapsed.TotalSeconds;
    }
}
