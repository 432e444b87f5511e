using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>PatchCore on the features of the CLIP tower's original stream, at the pack's blocks.</summary>
internal sealed class PatchCoreMethod : IMethod
{
    /// <summary>Standard deviation of the map's smoothing in cells of a 240 x 240 map: the paper's 4 pixels.</summary>
    private const double Smoothing = 4;

    private readonly ObjectNetworks _networks;
    private readonly Recipe _recipe;
    private readonly NetworkStore _store;
    private readonly double _share;
    private readonly int _grid;

    /// <summary>The method.</summary>
    /// <param name="pack">Its networks; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <param name="share">Share of the bank's rows that the coreset keeps, above 0, at most 1.</param>
    public PatchCoreMethod(ModelPack pack, Recipe recipe, NetworkStore store, double share)
    {
        _recipe = PictureSettings.Of(recipe) with
        {
            Profile = Profile.PatchClip,
            Branches = Branches.ClipVision,
            FeatureStream = ClipStream.Original,
            LanguageStream = ClipStream.Original,
        };
        (_store, _share, _grid) = (store, share, pack.Manifest.Clip.GridSize);
        _networks = new ObjectNetworks(pack, _recipe, store, fewShot: true, CancellationToken.None);
    }

    public IReadOnlyList<string> Rows { get; } = ["patchcore"];

    public bool Supports(int shots) => shots > 0;

    public string Fingerprint(string objectWord) => FormattableString.Invariant($"patchcore {_store.Pack} {_recipe.Revision} coreset:{_share}");

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation) => _networks.PrepareReference(picture, cancellation);

    public Func<Picture, Judgement[]> Enroll(string objectWord, IReadOnlyList<Picture> references, CancellationToken cancellation)
    {
        float[][] rows = [.. references.Select(r => Features(r).Rows)];
        var method = new PatchCore([.. rows.SelectMany(r => r)], rows[0].Length / (_grid * _grid), _share);
        return picture =>
        {
            (float[] features, Region covered) = Features(picture);
            (float score, float[] map) = method.Judge(features);
            return [new Judgement(score, covered, (height, width, destination) =>
            {
                BilinearResize.Resize(map, _grid, _grid, destination, height, width);
                GaussianSmoothing.Smooth(destination, height, width, GaussianSmoothing.SigmaFor(Smoothing, height, width));
            })];
        };

        (float[] Rows, Region Covered) Features(Picture picture)
        {
            (float[][] layers, Region covered) = _networks.ClipFeatures(picture, cancellation);
            return (PatchCore.LocallyAware(layers, _grid), covered);
        }
    }

    public void Dispose() => _networks.Dispose();
}
