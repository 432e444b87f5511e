using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Methods;

/// <summary>The product's inspector under the words of one object, over a store that keeps what its networks say of each picture.</summary>
internal sealed class ObjectNetworks : IDisposable
{
    private const string ClipPart = "clip",
        QueryPart = "diffusion-query",
        LanguagePart = "diffusion-language",
        ReferencePart = "diffusion-reference",
        BackbonePart = "backbone";

    private readonly INetworkStore _store;
    private readonly Preparation _preparation;
    private readonly bool _fewShot;

    /// <summary>Makes the inspector.</summary>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="recipe">What the networks see.</param>
    /// <param name="store">Keeps what they say.</param>
    /// <param name="fewShot">Whether any run has references: the denoiser's pass then gives features for every picture, so that one pass
    /// serves all runs.</param>
    /// <param name="cancellation">Ends the encoding of the words.</param>
    public ObjectNetworks(ModelPack pack, Recipe recipe, INetworkStore store, bool fewShot, CancellationToken cancellation)
    {
        (_store, _fewShot) = (store, fewShot);
        _preparation = new Preparation(pack.Manifest, recipe, new PillowResampler());
        Inspector = Inspector.Create(pack, recipe, featuresAlways: fewShot, cancellation: cancellation);
    }

    /// <summary>Steps 5 and 6.</summary>
    public Inspector Inspector { get; }

    private Recipe Recipe => Inspector.Recipe;

    /// <summary>Step 4 for a picture, from the store where it is there.</summary>
    public StoredNetworks For(Picture picture) => new(this, picture);

    /// <summary>The same for a reference: as it lies, and turned where the recipe wants that.</summary>
    public IReadOnlyList<StoredNetworks> ForReference(Picture picture) =>
        [.. Enumerable.Range(0, Inspector.ReferenceTurns).Select(turn => new StoredNetworks(this, picture, turn))];

    /// <summary>Runs the networks that an image to be judged needs, or finds that they were.</summary>
    public void PrepareQuery(Picture picture, CancellationToken cancellation)
    {
        if (Uses(Branches.Clip))
            Prepare(picture, Clip(cancellation));
        if (Uses(Branches.Diff))
            Prepare(picture, Diffusion(Inspector.QueryPlan(_fewShot && Uses(Branches.DiffVision)), cancellation));
        if (_fewShot && Uses(Branches.BackboneVision))
            Prepare(picture, Backbone(0, cancellation));
    }

    /// <summary>Runs the networks that a reference image needs, or finds that they were.</summary>
    public void PrepareReference(Picture picture, CancellationToken cancellation)
    {
        if (Uses(Branches.ClipVision))
            Prepare(picture, Clip(cancellation));
        if (_fewShot && Uses(Branches.DiffVision))
            Prepare(picture, Diffusion(Inspector.ReferencePlan, cancellation));
        for (int turn = 0; _fewShot && Uses(Branches.BackboneVision) && turn < Inspector.ReferenceTurns; turn++)
            Prepare(picture, Backbone(turn, cancellation));
    }

    /// <summary>What the image tower says of a picture.</summary>
    public StoredOutputs Clip(Picture picture, CancellationToken cancellation) => Get(picture, Clip(cancellation));

    /// <summary>What the denoiser says of a picture.</summary>
    public StoredOutputs Diffusion(Picture picture, DiffusionPlan plan, CancellationToken cancellation) =>
        Get(picture, Diffusion(plan, cancellation));

    /// <summary>What the backbone says of a picture that was turned clockwise by so many quarters.</summary>
    public StoredOutputs Backbone(Picture picture, int turn, CancellationToken cancellation) => Get(picture, Backbone(turn, cancellation));

    public void Dispose() => Inspector.Dispose();

    private bool Uses(Branches branches) => (Recipe.UsedBranches & branches) != 0;

    private void Prepare(Picture picture, Network network) => _store.Prepare(picture, network.Part, KeyOf(network), network.Run);

    private StoredOutputs Get(Picture picture, Network network) => _store.Get(picture, network.Part, KeyOf(network), network.Run);

    private string KeyOf(Network network) => $"{_store.Pack} {network.Settings.Revision}";

    private Network Clip(CancellationToken cancellation) =>
        new(
            ClipPart,
            // No words: CLIP's image tower does not see them.
            PictureSettings.Of(Recipe) with
            {
                LanguageStream = Recipe.LanguageStream,
                FeatureStream = Recipe.FeatureStream,
            },
            Run(Branches.Clip, networks => networks.RunClip(staysOnDevice: false, null, cancellation))
        );

    private Network Diffusion(DiffusionPlan plan, CancellationToken cancellation) =>
        new(
            plan.IsReference ? ReferencePart
                : plan.IsLanguageOnly ? LanguagePart
                : QueryPart,
            PictureSettings.OfDenoiser(Recipe) with
            {
                ReferencePrompt = Recipe.ReferencePrompt,
                QueryFeaturePrompt = Recipe.QueryFeaturePrompt,
                TimestepBlocks = Recipe.TimestepBlocks,
                Branches = Recipe.UsedBranches & Branches.Diff,
            },
            Run(Branches.Diff, networks => networks.RunDiffusion(plan, staysOnDevice: false, null, cancellation))
        );

    private Network Backbone(int turn, CancellationToken cancellation) =>
        new(
            turn == 0 ? BackbonePart : FormattableString.Invariant($"{BackbonePart}-turned-{90 * turn}"),
            PictureSettings.Of(Recipe),
            Run(Branches.BackboneVision, networks => networks.RunBackbone(staysOnDevice: false, null, cancellation), turn)
        );

    private NetworkRun Run(Branches branches, Func<PackNetworks, NetworkOutputs> run, int turn = 0) =>
        frame =>
        {
            var prepared = new PreparedImage();
            _preparation.Run(frame, branches, prepared, quarterTurns: turn);
            using PackNetworks networks = Inspector.NetworksFor(prepared);
            return (run(networks), prepared.Region);
        };

    /// <summary>What runs for a picture.</summary>
    /// <param name="Part">What the store calls it.</param>
    /// <param name="Settings">The settings that it sees, all others at their defaults.</param>
    /// <param name="Run">Runs it.</param>
    private sealed record Network(string Part, Recipe Settings, NetworkRun Run);
}
