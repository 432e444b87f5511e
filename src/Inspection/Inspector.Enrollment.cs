using ClipFusion.Imaging;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection;

/// <summary>Reference images: their features, and the banks that are used from then on.</summary>
public sealed partial class Inspector
{
    /// <summary>Starts an enrolment: reference images are added to what is returned one by one, and <see cref="Use"/> takes its
    /// banks.</summary>
    /// <param name="scope">Among which rows a recipe's coreset is chosen.</param>
    public ReferenceBanksBuilder StartEnrollment(CoresetScope scope = CoresetScope.AllImages) => new(Pack.Manifest, Recipe, scope);

    /// <summary>Steps 3 and 4 of a reference image; its features go into banks.</summary>
    /// <param name="frame">The picture; borrowed.</param>
    /// <param name="into">Receives the features.</param>
    /// <param name="betweenRuns">Called between two runs of networks, so that something more urgent can go first; null for nothing.</param>
    /// <param name="cancellation">Ends a running network; nothing of the image is added then.</param>
    /// <exception cref="ArgumentException">The frame does not fit the recipe.</exception>
    /// <exception cref="NetworkException">A network failed.</exception>
    public void AddReference(
        ImageView frame,
        ReferenceBanksBuilder into,
        Action? betweenRuns = null,
        CancellationToken cancellation = default
    )
    {
        PackNetworks[] turns = [];
        try
        {
            for (int turn = 0; turn < ReferenceTurns; turn++)
            {
                var image = new PreparedImage();
                // The paper's branches see a reference as it lies.
                _preparation.Run(
                    frame,
                    Recipe.UsedBranches & (turn == 0 ? Branches.Compared : Branches.BackboneVision),
                    image,
                    turn,
                    cancellation
                );
                turns = [.. turns, new PackNetworks(Pack, Recipe, image, betweenRuns, goesOn: turn > 0)];
            }

            AddReference(turns, into, cancellation);
        }
        finally
        {
            foreach (PackNetworks networks in turns)
                networks.Dispose();
        }
    }

    /// <summary>How often a reference is encoded: 4 where the recipe wants it turned too, else 1.</summary>
    public int ReferenceTurns => Recipe.ReferenceTurns && Recipe.UsedBranches.HasFlag(Branches.BackboneVision) ? 4 : 1;

    /// <summary>Step 4 of a reference image; its features go into banks.</summary>
    /// <param name="turns">Step 4 for the image, as it lies and then, where the recipe wants it, turned by one quarter after the other; the
    /// backbone alone is asked about those.</param>
    /// <param name="into">Receives the features.</param>
    /// <param name="cancellation">Ends a running network; nothing of the image is added then.</param>
    /// <exception cref="NetworkException">A network failed.</exception>
    public void AddReference(IReadOnlyList<IImageNetworks> turns, ReferenceBanksBuilder into, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(turns);
        ArgumentNullException.ThrowIfNull(into);
        if (turns.Count != ReferenceTurns)
            throw new ArgumentException($"{turns.Count} turns of a reference image; {ReferenceTurns} are expected", nameof(turns));
        IImageNetworks networks = turns[0];
        float[][]? clip = null,
            diffusion = null;
        float[][][] backbone = [];
        if (Recipe.UsedBranches.HasFlag(Branches.ClipVision))
            clip = ClipFeatures(networks, cancellation);
        if (Recipe.UsedBranches.HasFlag(Branches.DiffVision))
        {
            using NetworkOutputs o = networks.RunDiffusion(_reference.Value, staysOnDevice: false, null, cancellation);
            diffusion = MapDiff.ReferenceRows(o, _reference.Value);
        }

        if (Recipe.UsedBranches.HasFlag(Branches.BackboneVision))
            backbone = [.. turns.Select(t => BackboneFeatures(t, cancellation))];

        bool[]? Ignored(int grid) => _ignore?.Ignored(grid, grid, networks.Covered);
        if (clip is not null)
            into.AddClip(clip, Ignored);
        if (diffusion is not null)
            into.AddDiffusion(diffusion, Ignored);
        if (backbone.Length > 0)
            into.AddBackbone(backbone, Ignored);
    }

    private float[][] BackboneFeatures(IImageNetworks networks, CancellationToken cancellation)
    {
        using NetworkOutputs o = networks.RunBackbone(staysOnDevice: false, null, cancellation);
        return _backbone!.ReferenceRows(o);
    }

    /// <summary>CLIP's features of an image at each of the pack's blocks.</summary>
    /// <param name="networks">Step 4 for the image.</param>
    /// <param name="cancellation">Ends a running network.</param>
    /// <returns>Per block cells x width values, each cell of length 1.</returns>
    /// <exception cref="NetworkException">The network failed.</exception>
    public float[][] ClipFeatures(IImageNetworks networks, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(networks);
        using NetworkOutputs o = networks.RunClip(staysOnDevice: false, null, cancellation);
        return _patchClip!.ReferenceRows(o);
    }

    /// <summary>Judges against these banks from now on, or (null) zero-shot.</summary>
    public void Use(ReferenceBanks? banks)
    {
        Comparison = Comparison with { Banks = banks };
        _router.Clear();
        if (banks is null)
            return;
        if (Branches.HasFlag(Branches.ClipVision))
            _router.Prepare(banks, Pack.DeviceOfOpen(GraphNames.ClipImage));
        if (Branches.HasFlag(Branches.DiffVision))
            _router.Prepare(banks, Pack.DeviceOfOpen(GraphNames.MapDiff));
        if (banks.Backbone.Count > 0 && Branches.HasFlag(Branches.BackboneVision))
            _router.Prepare(banks, Pack.DeviceOfOpen(GraphNames.BackboneImage));
    }
}
