using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Methods;

/// <summary>The product's networks under the words of one object, each picture's outputs kept in a store.</summary>
internal sealed class ObjectNetworks : IDisposable
{
    private const string ClipPart = "clip", QueryPart = "diffusion-query", LanguagePart = "diffusion-language", ReferencePart = "diffusion-reference";

    private readonly Recipe _recipe;
    private readonly NetworkStore _store;
    private readonly Preparation _preparation;
    private readonly PatchClip _patchClip;
    private readonly MapDiff _mapDiff;
    private readonly DiffusionPlan? _query;
    private readonly DiffusionPlan? _reference;

    public ObjectNetworks(ModelPack pack, Recipe recipe, NetworkStore store, bool fewShot, CancellationToken cancellation)
    {
        (_recipe, _store) = (recipe, store);
        TextPrompts prompts = TextPrompts.Create(pack, recipe, cancellation);
        _preparation = new Preparation(pack, recipe, new PillowResampler());
        _patchClip = new PatchClip(pack, recipe, prompts);
        _mapDiff = new MapDiff(pack, recipe);
        bool features = fewShot && Uses(Branches.DiffVision);
        if (Uses(Branches.Diff)) _query = DiffusionPlan.ForQuery(pack.Manifest.Diffusion, prompts, recipe, features, fullGraph: false);
        if (features) _reference = DiffusionPlan.ForReference(pack.Manifest.Diffusion, prompts, recipe);
    }

    /// <summary>What CLIP's networks see: no words.</summary>
    private Recipe ClipSettings => PictureSettings.Of(_recipe) with
    {
        LanguageStream = _recipe.LanguageStream,
        FeatureStream = _recipe.FeatureStream,
    };

    /// <summary>What the denoiser sees.</summary>
    private Recipe DiffusionSettings => PictureSettings.Of(_recipe, _recipe.Object) with
    {
        States = _recipe.States,
        GenericState = _recipe.GenericState,
        StatePrompt = _recipe.StatePrompt,
        ReferencePrompt = _recipe.ReferencePrompt,
        TokenNormalization = _recipe.TokenNormalization,
        QueryFeaturePrompt = _recipe.QueryFeaturePrompt,
        LanguageTimestep = _recipe.LanguageTimestep,
        TimestepBlocks = _recipe.TimestepBlocks,
        Branches = _recipe.UsedBranches & Branches.Diff,
    };

    public void PrepareQuery(Picture picture, CancellationToken cancellation)
    {
        if (Uses(Branches.Clip)) _store.Ensure(picture, ClipPart, ClipSettings, RunClip(cancellation));
        if (_query is not null) _store.Ensure(picture, PartOf(_query), DiffusionSettings, RunDiffusion(_query, cancellation));
    }

    public void PrepareReference(Picture picture, CancellationToken cancellation)
    {
        if (Uses(Branches.ClipVision)) _store.Ensure(picture, ClipPart, ClipSettings, RunClip(cancellation));
        if (_reference is not null) _store.Ensure(picture, PartOf(_reference), DiffusionSettings, RunDiffusion(_reference, cancellation));
    }

    /// <summary>CLIP's features of each block, and the part of the picture that they cover.</summary>
    public (float[][] Blocks, Region Covered) ClipFeatures(Picture picture, CancellationToken cancellation)
    {
        using StoredOutputs clip = Clip(picture, cancellation);
        return (_patchClip.ReferenceRows(clip.Tensors), clip.Covered);
    }

    /// <summary>Adds a reference's features.</summary>
    public void AddReference(Picture picture, ReferenceRows rows, CancellationToken cancellation)
    {
        if (Uses(Branches.ClipVision))
        {
            rows.AddClip(ClipFeatures(picture, cancellation).Blocks, static _ => null);
        }

        if (_reference is null) return;
        using StoredOutputs features = Diffusion(picture, _reference, cancellation);
        rows.AddDiffusion(MapDiff.ReferenceRows(features.Tensors, _reference), static _ => null);
    }

    /// <summary>Steps 4 and 5 as the inspector takes them.</summary>
    public (BranchMaps Maps, Region Covered) Maps(Picture picture, ReferenceBanks? banks, BankSearch search)
    {
        var maps = new BranchMaps();
        Region covered = default;
        if (Uses(Branches.Clip))
        {
            using StoredOutputs clip = Clip(picture, search.Cancellation);
            covered = clip.Covered;
            if (Uses(Branches.ClipLanguage))
            {
                (AnomalyMap map, float score) = _patchClip.Language(clip.Tensors);
                maps = maps with { ClipLanguage = map, ClipLanguageScore = score };
            }

            if (Uses(Branches.ClipVision) && banks is not null) maps = maps with { ClipVision = _patchClip.Vision(clip.Tensors, banks.Clip, search) };
        }

        if (_query is null) return (maps, covered);
        using StoredOutputs diffusion = Diffusion(picture, _query, search.Cancellation);
        if (Uses(Branches.DiffLanguage))
        {
            (AnomalyMap[] states, AnomalyMap[] unnormalized) = _mapDiff.Language(diffusion.Tensors, _query);
            maps = maps with { DiffLanguage = states, DiffLanguageUnnormalized = unnormalized };
        }

        if (_reference is not null && banks is not null) maps = maps with { DiffVision = _mapDiff.Vision(diffusion.Tensors, _query, banks.Diffusion, search) };
        return (maps, diffusion.Covered);
    }

    public void Dispose()
    {
        _query?.Dispose();
        _reference?.Dispose();
    }

    private bool Uses(Branches branches) => (_recipe.UsedBranches & branches) != 0;

    private StoredOutputs Clip(Picture picture, CancellationToken cancellation) => _store.Get(picture, ClipPart, ClipSettings, RunClip(cancellation));

    private StoredOutputs Diffusion(Picture picture, DiffusionPlan plan, CancellationToken cancellation) => _store.Get(picture, PartOf(plan), DiffusionSettings, RunDiffusion(plan, cancellation));

    private string PartOf(DiffusionPlan plan) => plan == _reference ? ReferencePart : plan.IsLanguageOnly ? LanguagePart : QueryPart;

    private NetworkRun RunClip(CancellationToken cancellation) => frame =>
    {
        var prepared = new PreparedImage();
        _preparation.Run(frame, clip: true, diffusion: false, prepared);
        return (_patchClip.Encode(prepared.Clip, staysOnDevice: false, null, cancellation), prepared.Region);
    };

    private NetworkRun RunDiffusion(DiffusionPlan plan, CancellationToken cancellation) => frame =>
    {
        var prepared = new PreparedImage();
        _preparation.Run(frame, clip: false, diffusion: true, prepared);
        using NetworkOutputs latent = _mapDiff.Encode(prepared.Diffusion, isRead: false, cancellation);
        return (_mapDiff.Denoise(latent, plan, staysOnDevice: false, null, cancellation), prepared.Region);
    };
}
