using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Methods;

/// <summary>The product's own method: steps 3 to 6 as its inspector takes them, over stored outputs of the networks. Its profiles share
/// everything but the fusion.</summary>
internal sealed class ClipFusionMethod : IMethod
{
    private readonly ModelPack _pack;
    private readonly Recipe _recipe;
    private readonly RecipeRow[] _rows;
    private readonly INetworkStore _store;
    private readonly bool _fewShot;
    private readonly int _threads;
    private readonly Dictionary<string, ObjectNetworks> _networks = new(StringComparer.Ordinal);
    private readonly ThreadLocal<FusionResult> _fused = new();

    /// <summary>The method with any rows that the same networks serve.</summary>
    /// <param name="pack">Its networks; shared, not owned.</param>
    /// <param name="recipe">What the networks see, settled for the pack; the object is filled in.</param>
    /// <param name="rows">At least one, settled; each uses no branch that <paramref name="recipe"/> does not.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <param name="fewShot">Whether any run has references; else the denoiser's features are left out.</param>
    /// <param name="threads">Threads of the bank search.</param>
    public ClipFusionMethod(ModelPack pack, Recipe recipe, IReadOnlyList<RecipeRow> rows, INetworkStore store, bool fewShot, int threads)
    {
        (_pack, _recipe, _rows, _store, _fewShot, _threads) = (
            pack,
            recipe,
            [.. rows],
            store,
            fewShot && (recipe.UsedBranches & Branches.Compared) != 0,
            threads
        );
        Rows = [.. rows.Select(r => r.Name)];
    }

    public IReadOnlyList<string> Rows { get; }

    public bool Supports(int shots) => shots == 0 ? (_recipe.UsedBranches & Branches.Language) != 0 : _fewShot;

    public string Fingerprint(string objectWord) => $"{_store.Pack} {(_recipe with { Object = objectWord }).Revision} features:{_fewShot}";

    public void EnsurePrompts(string objectWord) => PromptLengths.Ensure(_pack, _recipe with { Object = objectWord });

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation)
    {
        ObjectNetworks networks = Networks(picture.ObjectWord, cancellation);
        if (role == PictureRole.Query)
            networks.PrepareQuery(picture, cancellation);
        else
            networks.PrepareReference(picture, cancellation);
    }

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        ReferenceBanks? banks = null;
        if (references.Count > 0)
        {
            var builder = new ReferenceBanksBuilder(_pack.Manifest, _recipe);
            foreach (Picture reference in references)
            {
                // In one bank for all objects each reference was seen under its own object's words.
                ObjectNetworks own = Networks(reference.ObjectWord, cancellation);
                own.Inspector.AddReference(own.ForReference(reference), builder, cancellation);
            }

            banks = builder.ToBanks(_threads, cancellation);
        }

        ObjectNetworks networks = Networks(objectWord, cancellation);
        // Pictures are judged on all threads at once, so each search takes one.
        var comparison = new Comparison(banks);
        return picture =>
        {
            StoredNetworks said = networks.For(picture);
            BranchMaps maps = networks.Inspector.RunPatchClip(said, comparison, cancellation: cancellation);
            maps = networks.Inspector.RunBackbone(maps, said, comparison, cancellation: cancellation);
            maps = networks.Inspector.RunMapDiff(maps, said, comparison, cancellation: cancellation);
            return
            [
                .. _rows.Select(row =>
                    Judge(row.Recipe with { Object = objectWord }, row.Change?.Invoke(picture, maps) ?? maps, said.Covered)
                ),
            ];
        };
    }

    public void Dispose()
    {
        foreach (ObjectNetworks networks in _networks.Values)
            networks.Dispose();
        _fused.Dispose();
    }

    private Judgement Judge(Recipe recipe, BranchMaps maps, Region covered)
    {
        // The score does not depend on the map's size. Of each picture only the maps on their native grids are kept.
        float score = Fuse(recipe, maps, 1, 1).Score;
        return new Judgement(
            score,
            covered,
            (height, width, destination) => Fuse(recipe, maps, height, width).Map.Values.CopyTo(destination)
        );
    }

    private FusionResult Fuse(Recipe recipe, BranchMaps maps, int height, int width)
    {
        FusionResult fused =
            _fused.Value is { } last && last.Height == height && last.Width == width ? last : new FusionResult(height, width);
        Fusion.Fuse(recipe, maps, fused);
        return _fused.Value = fused;
    }

    private ObjectNetworks Networks(string objectWord, CancellationToken cancellation)
    {
        if (!_networks.TryGetValue(objectWord, out ObjectNetworks? networks))
            _networks[objectWord] = networks = new ObjectNetworks(
                _pack,
                _recipe with
                {
                    Object = objectWord,
                },
                _store,
                _fewShot,
                cancellation
            );
        return networks;
    }
}
