using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>Features of the CLIP tower's original stream, at the pack's blocks.</summary>
internal sealed class ClipPatches : IPatchSource
{
    private readonly ObjectNetworks _networks;
    private readonly int _grid;

    /// <summary>The source.</summary>
    /// <param name="pack">Its networks; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    public ClipPatches(ModelPack pack, Recipe recipe, INetworkStore store)
    {
        Recipe settings = PictureSettings.Of(recipe) with
        {
            Profile = Profile.PatchClip,
            Branches = Branches.ClipVision,
            FeatureStream = ClipStream.Original,
            LanguageStream = ClipStream.Original,
        };
        (_grid, Fingerprint) = (pack.Manifest.RequireClip().GridSize, $"patchcore {store.Pack} {settings.Revision}");
        _networks = new ObjectNetworks(pack, settings, store, fewShot: true, CancellationToken.None);
    }

    public string Row => "patchcore";

    public string Fingerprint { get; }

    // Of ViT-B-16-plus-240, and what maps of every tower are smoothed by.
    public int InputSize => 240;

    public void Prepare(Picture picture, CancellationToken cancellation) => _networks.PrepareReference(picture, cancellation);

    public PatchFeatures Features(Picture picture, CancellationToken cancellation)
    {
        StoredNetworks said = _networks.For(picture);
        float[][] layers = _networks.Inspector.ClipFeatures(said, cancellation);
        return new PatchFeatures(PatchCore.LocallyAware(layers, _grid), _grid, _grid, said.Covered);
    }

    public void Dispose() => _networks.Dispose();
}
