using System.Collections.Concurrent;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Networks;
using ClipFusion.Models.Pack;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Evaluation.Ablations;

/// <summary>Cross-attention maps of other components of the denoiser than the method's, each picture's kept in a store.</summary>
/// <param name="pack">A pack with <see cref="GraphNames.MapDiffParts"/>; shared, not owned.</param>
/// <param name="recipe">States, prompts and the language timestep; the object is filled in.</param>
/// <param name="store">Keeps what the network says.</param>
/// <param name="ran">What runs the network, where that is not the CPU; else empty.</param>
internal sealed class AttentionMaps(ModelPack pack, Recipe recipe, NetworkStore store, string ran) : IDisposable
{
    private const string Part = "diffusion-parts";

    private static readonly string[] Outputs = [.. GraphNames.MappedParts.SelectMany(p => (string[])[GraphNames.StateMapsOf(p), GraphNames.StateMapsUnnormalizedOf(p)])];

    private readonly ConcurrentDictionary<string, Lazy<DiffusionPlan>> _plans = new(StringComparer.Ordinal);
    private readonly int _size = pack.Manifest.Diffusion.LatentSize;

    /// <summary>Runs the network on a picture, or finds that it was.</summary>
    public void Prepare(Picture picture, CancellationToken cancellation) => store.Ensure(picture, Part, Key(picture), Run(picture, Plan(picture.ObjectWord, cancellation), cancellation));

    /// <summary>A picture's maps with these language maps instead of the method's.</summary>
    public BranchMaps Replace(Picture picture, BranchMaps maps, DenoiserParts parts)
    {
        DiffusionPlan plan = Plan(picture.ObjectWord, CancellationToken.None);
        using StoredOutputs stored = store.Get(picture, Part, Key(picture), Run(picture, plan, CancellationToken.None));
        AnomalyMap[] Take(string output) => [.. plan.LanguageRows.Select(row => new AnomalyMap(_size, _size, stored.Tensors.Row(output, row).ToArray()))];
        return maps with { DiffLanguage = Take(GraphNames.StateMapsOf(parts)), DiffLanguageUnnormalized = Take(GraphNames.StateMapsUnnormalizedOf(parts)) };
    }

    public void Dispose()
    {
        foreach (Lazy<DiffusionPlan> plan in _plans.Values.Where(p => p.IsValueCreated)) plan.Value.Dispose();
    }

    private DiffusionPlan Plan(string objectWord, CancellationToken cancellation) => _plans.GetOrAdd(objectWord, word => new Lazy<DiffusionPlan>(() =>
    {
        Recipe words = Settings(word);
        return DiffusionPlan.ForQuery(pack.Manifest.Diffusion, TextPrompts.Create(pack, words, cancellation), words, features: false, fullGraph: false);
    })).Value;

    /// <summary>What this network sees, all other settings at their defaults.</summary>
    private Recipe Settings(string objectWord) => PictureSettings.Of(recipe, objectWord) with
    {
        States = recipe.States,
        GenericState = recipe.GenericState,
        StatePrompt = recipe.StatePrompt,
        TokenNormalization = recipe.TokenNormalization,
        LanguageTimestep = recipe.LanguageTimestep,
        Profile = Profile.MapDiff,
        Branches = Branches.DiffLanguage,
    };

    private string Key(Picture picture) => $"{store.Pack} {Settings(picture.ObjectWord).Revision} {ran}";

    private NetworkRun Run(Picture picture, DiffusionPlan plan, CancellationToken cancellation) => frame =>
    {
        Recipe settings = Settings(picture.ObjectWord);
        var prepared = new PreparedImage();
        new Preparation(pack, settings, new PillowResampler()).Run(frame, clip: false, diffusion: true, prepared);
        // Brought down, since this graph may run elsewhere than the VAE.
        using NetworkOutputs latent = new MapDiff(pack, settings).Encode(prepared.Diffusion, isRead: true, cancellation);
        var inputs = new Dictionary<string, OrtValue>(plan.Inputs, StringComparer.Ordinal) { [GraphNames.Latent] = latent[GraphNames.Latent] };
        return (pack.Session(GraphNames.MapDiffParts).Run(inputs, Outputs, cancellation), prepared.Region);
    };
}
