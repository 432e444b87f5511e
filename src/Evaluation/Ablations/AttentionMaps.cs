using System.Collections.Concurrent;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Architectures;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Ablations;

/// <summary>Cross-attention maps of other components of the denoiser than the method's, each picture's kept in a store.</summary>
/// <param name="pack">A pack with <see cref="GraphNames.MapDiffParts"/>; shared, not owned.</param>
/// <param name="recipe">States, prompts and the language timestep; the object is filled in.</param>
/// <param name="store">Keeps what the network says.</param>
/// <param name="ran">What runs the network, where that is not the CPU; else empty.</param>
internal sealed class AttentionMaps(ModelPack pack, Recipe recipe, INetworkStore store, string ran) : IDisposable
{
    private const string Part = "diffusion-parts";

    private static readonly string[] Outputs =
    [
        .. GraphNames.MappedParts.SelectMany(p => (string[])[GraphNames.StateMapsOf(p), GraphNames.StateMapsUnnormalizedOf(p)]),
    ];

    private readonly ConcurrentDictionary<string, Lazy<Inspector>> _inspectors = new(StringComparer.Ordinal);

    /// <summary>Runs the network on a picture, or finds that it was.</summary>
    public void Prepare(Picture picture, CancellationToken cancellation)
    {
        Inspector inspector = InspectorOf(picture.ObjectWord, cancellation);
        store.Prepare(picture, Part, KeyOf(inspector), Run(inspector, cancellation));
    }

    /// <summary>A picture's maps with these language maps instead of the method's.</summary>
    public BranchMaps Replace(Picture picture, BranchMaps maps, DenoiserParts parts)
    {
        Inspector inspector = InspectorOf(picture.ObjectWord, CancellationToken.None);
        using StoredOutputs stored = store.Get(picture, Part, KeyOf(inspector), Run(inspector, CancellationToken.None));
        int size = pack.Manifest.RequireDiffusion().LatentSize;
        AnomalyMap[] Take(string output) =>
            [
                .. inspector
                    .QueryPlan(features: false)
                    .LanguageRows.Select(row => new AnomalyMap(size, size, stored.Tensors.Row(output, row).ToArray())),
            ];
        return maps with
        {
            DiffLanguage = Take(GraphNames.StateMapsOf(parts)),
            DiffLanguageUnnormalized = Take(GraphNames.StateMapsUnnormalizedOf(parts)),
        };
    }

    public void Dispose()
    {
        foreach (Lazy<Inspector> inspector in _inspectors.Values.Where(p => p.IsValueCreated))
            inspector.Value.Dispose();
    }

    private Inspector InspectorOf(string objectWord, CancellationToken cancellation) =>
        _inspectors
            .GetOrAdd(
                objectWord,
                word => new Lazy<Inspector>(() =>
                {
                    Recipe settings = PictureSettings.OfDenoiser(recipe with { Object = word }) with
                    {
                        Profile = Profile.MapDiff,
                        Branches = Branches.DiffLanguage,
                    };
                    return Inspector.Create(pack, settings, cancellation: cancellation);
                })
            )
            .Value;

    private string KeyOf(Inspector inspector) => $"{store.Pack} {inspector.Recipe.Revision} {ran}";

    private NetworkRun Run(Inspector inspector, CancellationToken cancellation) =>
        frame =>
        {
            var prepared = new PreparedImage();
            new Preparation(pack.Manifest, inspector.Recipe, new PillowResampler()).Run(frame, Branches.Diff, prepared);
            using PackNetworks networks = inspector.NetworksFor(prepared);
            return (
                networks.RunDenoiserParts(GraphNames.MapDiffParts, inspector.QueryPlan(features: false), Outputs, cancellation),
                prepared.Region
            );
        };
}
