using ClipFusion.Imaging;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection;

/// <summary>
/// The method: one frame in, anomaly map and score out, under one recipe and its reference images. Every step returns to its caller, who
/// may stop between two of them, hold what there is for a deadline, or take the networks' answers from elsewhere.
/// <code>
///            3 prepare                4 networks              5 memory bank           6 fuse            7 decide
///   frame -> region, 240 x 240 ----> CLIP image tower -----> per block, eq. 7 --+---> eq. 4, 9-11 ----> threshold
///        |   Prepare                   language, eq. 1 ---- RunPatchClip -------+       ^  Fuse          DecisionRule
///        |                                                                              |
///        +-> region, 512 x 512 ----> VAE -> UNet -----------> per (t, b), eq. 8 --------+
///        |                             states' maps, eq. 6 - RunMapDiff ----------------+
///        |                                                                              |
///        +-> region, S x S --------> backbone --------------> per layer ----------------+
///                                                            RunBackbone
/// </code>
/// </summary>
/// <remarks>
/// Words are encoded once, when the inspector is made. <see cref="RunPatchClip"/>, <see cref="RunMapDiff"/>, <see cref="RunBackbone"/> and
/// <see cref="Fuse"/> may be called from several threads with results of their own. <see cref="Prepare"/>, <c>Inspect</c> and the enrolment
/// use the inspector's buffers, one image at a time, so that the steady state allocates no large objects. Several inspectors may share a
/// pack and its sessions. The file has more than 400 lines because all steps stand here in their order; enrolment has its own.
/// </remarks>
public sealed partial class Inspector : IDisposable
{
    private readonly TextPrompts _prompts;
    private readonly Preparation _preparation;
    private readonly PatchClip? _patchClip;
    private readonly MapDiff? _mapDiff;
    private readonly BackboneVision? _backbone;
    private readonly BankSearchRouter _router;
    private readonly PreparedImage _prepared = new();
    private readonly FusionResult _fused;
    private readonly IgnoreMask? _ignore;
    private readonly bool _featuresAlways;
    private readonly Lazy<DiffusionPlan> _language;
    private readonly Lazy<DiffusionPlan> _query;
    private readonly Lazy<DiffusionPlan> _reference;

    private Inspector(
        ModelPack pack,
        Recipe recipe,
        IgnoreMask? ignore,
        int parallelism,
        bool featuresAlways,
        CancellationToken cancellation
    )
    {
        (Pack, Recipe, _ignore, _featuresAlways, Comparison) = (pack, recipe, ignore, featuresAlways, new Comparison(null, parallelism));
        _prompts = TextPrompts.Create(pack, recipe, cancellation);
        _preparation = new Preparation(pack.Manifest, recipe, new PillowResampler());
        _patchClip = pack.Manifest.Clip is { } clip ? new PatchClip(clip, recipe, _prompts) : null;
        _mapDiff = pack.Manifest.Diffusion is { } diffusion ? new MapDiff(diffusion, recipe) : null;
        _backbone = pack.Manifest.Backbone is { } backbone ? new BackboneVision(backbone) : null;
        _router = new BankSearchRouter(pack.Searches);
        _fused = new FusionResult(recipe.OutputSize, recipe.OutputSize);
        _language = new(() => DiffusionPlan.ForQuery(pack.Manifest.RequireDiffusion(), _prompts, recipe, features: false, pack.IsDebug));
        _query = new(() => DiffusionPlan.ForQuery(pack.Manifest.RequireDiffusion(), _prompts, recipe, features: true, pack.IsDebug));
        _reference = new(() => DiffusionPlan.ForReference(pack.Manifest.RequireDiffusion(), _prompts, recipe));
    }

    /// <summary>The recipe that it judges by, with everything that it leaves to the pack settled (<see cref="PackRecipe"/>).</summary>
    public Recipe Recipe { get; }

    /// <summary>The networks that it judges with.</summary>
    public ModelPack Pack { get; }

    /// <summary>What images are compared with unless told otherwise: the references that were enrolled last.</summary>
    public Comparison Comparison { get; private set; }

    /// <summary>The branches that a frame is judged by: the recipe's, without vision branches as long as there are no references.</summary>
    public Branches Branches => BranchesWith(Comparison.Banks);

    /// <summary>The profile whose own result comes before the last one, so that a deadline can be met with it; null where nothing is
    /// computed after it, or the recipe wants none held.</summary>
    public Profile? HeldProfile
    {
        get
        {
            Branches used = Branches,
                paper = used & Branches.All;
            return PackRecipe.HeldOn(Recipe, Pack.Manifest) switch
            {
                Profile.PatchClip when (used & Branches.Clip) != 0 && (used & Branches.Diff) != 0 => Profile.PatchClip,
                Profile.Backbone when used.HasFlag(Branches.BackboneVision) && paper != 0 => Profile.Backbone,
                _ => null,
            };
        }
    }

    /// <summary>The prompts' token ids and contexts, for a dump.</summary>
    internal TextPrompts Prompts => _prompts;

    /// <summary>Makes an inspector and encodes the recipe's words.</summary>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="recipe">What to look for.</param>
    /// <param name="ignore">The recipe's ignore mask in frame pixels, or null.</param>
    /// <param name="parallelism">Threads of the bank search, at least 1.</param>
    /// <param name="featuresAlways">
    /// Whether the denoiser's pass gives features without references too, so that one stored pass serves both cases. Costs passes that
    /// zero-shot does not need.
    /// </param>
    /// <param name="cancellation">Ends the encoding.</param>
    /// <exception cref="ArgumentException">The recipe asks for what the pack does not have, or a state is not in its prompt.</exception>
    public static Inspector Create(
        ModelPack pack,
        Recipe recipe,
        IgnoreMask? ignore = null,
        int parallelism = 1,
        bool featuresAlways = false,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(pack);
        recipe = PackRecipe.Settle(recipe, pack.Manifest);
        if (pack.Manifest.Diffusion?.Decoder.Count is { } blocks && recipe.TimestepBlocks.Any(t => t.Block >= blocks))
            throw new ArgumentException(
                $"timestepBlocks names decoder block {recipe.TimestepBlocks.Max(t => t.Block)}; pack '{pack.Manifest.Name}' has blocks "
                    + $"0 to {blocks - 1}"
            );
        return new Inspector(pack, recipe, ignore, parallelism, featuresAlways, cancellation);
    }

    /// <summary>The graphs that a recipe needs, so that they can be opened before its turn comes.</summary>
    /// <param name="recipe">The recipe, settled for its pack (<see cref="PackRecipe"/>).</param>
    /// <param name="hasReferences">Whether it has reference images.</param>
    public static IEnumerable<string> GraphsOf(Recipe recipe, bool hasReferences)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Branches used = recipe.UsedBranches & (hasReferences ? Branches.Language | Branches.Compared : Branches.Language);
        if ((used & Branches.Clip) != 0)
            yield return GraphNames.ClipImage;
        if (used.HasFlag(Branches.ClipLanguage))
            yield return GraphNames.ClipText;
        if (used.HasFlag(Branches.BackboneVision))
            yield return GraphNames.BackboneImage;
        if ((used & Branches.Diff) == 0)
            yield break;
        yield return GraphNames.DiffusionText;
        yield return GraphNames.VaeEncoder;
        yield return used.HasFlag(Branches.DiffVision) ? GraphNames.MapDiff : GraphNames.MapDiffLanguage;
    }

    /// <summary>Step 3: from a frame in any format to the bytes that the networks take.</summary>
    /// <param name="frame">The camera's pixels; borrowed.</param>
    /// <param name="trace">Notes the duration; null for nothing.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    /// <returns>The inspector's own buffers, written over by the next frame.</returns>
    /// <exception cref="ArgumentException">The recipe's region is not inside the frame, or its grey levels don't fit the
    /// format.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public PreparedImage Prepare(ImageView frame, InspectionTrace? trace = null, CancellationToken cancellation = default)
    {
        _preparation.Run(frame, Branches, _prepared, cancellation: cancellation);
        trace?.Lap(InspectionStep.Prepare);
        return _prepared;
    }

    /// <summary>Steps 4 and 5 for CLIP: language map and score, distances to the banks of each block (equations 1 and 7).</summary>
    /// <param name="networks">Step 4 for the image.</param>
    /// <param name="comparison">What it is compared with; null for what was enrolled.</param>
    /// <param name="trace">Notes durations; null for nothing.</param>
    /// <param name="cancellation">Ends a running network or search.</param>
    /// <returns>CLIP's maps; none where no branch of CLIP takes part.</returns>
    /// <exception cref="ArgumentException">A network gave something that is not a number, or the reference to leave out is not
    /// there.</exception>
    /// <exception cref="NetworkException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public BranchMaps RunPatchClip(
        IImageNetworks networks,
        Comparison? comparison = null,
        InspectionTrace? trace = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(networks);
        comparison ??= Comparison;
        Branches branches = BranchesWith(comparison.Banks);
        if ((branches & Branches.Clip) == 0)
            return BranchMaps.None;
        int? device = branches.HasFlag(Branches.ClipVision) ? networks.DeviceOf(GraphNames.ClipImage) : null;
        BranchMaps maps = _router.Route(
            comparison,
            device,
            search =>
            {
                using NetworkOutputs o = networks.RunClip(search.IsOnDevice, trace, cancellation);
                var found = new BranchMaps();
                if (branches.HasFlag(Branches.ClipLanguage))
                {
                    (AnomalyMap map, float score) = _patchClip!.Language(o);
                    found = found with { ClipLanguage = map, ClipLanguageScore = score };
                }

                return branches.HasFlag(Branches.ClipVision)
                    ? found with
                    {
                        ClipVision = _patchClip!.Vision(o, comparison.Banks!.Clip, search),
                    }
                    : found;
            },
            cancellation
        );
        trace?.Lap(InspectionStep.ClipBanks);
        return maps;
    }

    /// <summary>Steps 4 and 5 for the diffusion model: the states' maps, distances to the banks of each (timestep, block) (equations 6 and
    /// 8).</summary>
    /// <param name="maps">What there is already; kept.</param>
    /// <param name="networks">Step 4 for the image.</param>
    /// <param name="comparison">What it is compared with; null for what was enrolled.</param>
    /// <param name="trace">Notes durations; null for nothing.</param>
    /// <param name="cancellation">Ends a running network or search.</param>
    /// <returns>The maps with the diffusion model's; unchanged where none of its branches takes part.</returns>
    /// <exception cref="ArgumentException">A network gave something that is not a number, or the reference to leave out is not
    /// there.</exception>
    /// <exception cref="NetworkException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public BranchMaps RunMapDiff(
        BranchMaps maps,
        IImageNetworks networks,
        Comparison? comparison = null,
        InspectionTrace? trace = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(networks);
        comparison ??= Comparison;
        Branches branches = BranchesWith(comparison.Banks);
        if ((branches & Branches.Diff) == 0)
            return maps;
        bool vision = branches.HasFlag(Branches.DiffVision);
        DiffusionPlan plan = QueryPlan(vision);
        maps = _router.Route(
            comparison,
            vision ? networks.DeviceOf(GraphNames.MapDiff) : null,
            search =>
            {
                using NetworkOutputs o = networks.RunDiffusion(plan, search.IsOnDevice, trace, cancellation);
                BranchMaps found = maps;
                if (branches.HasFlag(Branches.DiffLanguage))
                {
                    (AnomalyMap[] states, AnomalyMap[] unnormalized) = _mapDiff!.Language(o, plan);
                    found = found with { DiffLanguage = states, DiffLanguageUnnormalized = unnormalized };
                }

                return vision ? found with { DiffVision = _mapDiff!.Vision(o, plan, comparison.Banks!.Diffusion, search) } : found;
            },
            cancellation
        );
        trace?.Lap(InspectionStep.DiffusionBanks);
        return maps;
    }

    /// <summary>Steps 4 and 5 for the backbone: distances to the banks of each of its layers.</summary>
    /// <param name="maps">What there is already; kept.</param>
    /// <param name="networks">Step 4 for the image.</param>
    /// <param name="comparison">What it is compared with; null for what was enrolled.</param>
    /// <param name="trace">Notes durations; null for nothing.</param>
    /// <param name="cancellation">Ends a running network or search.</param>
    /// <returns>The maps with the backbone's; unchanged where it takes no part.</returns>
    /// <exception cref="ArgumentException">The network gave something that is not a number, or the reference to leave out is not
    /// there.</exception>
    /// <exception cref="NetworkException">The network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public BranchMaps RunBackbone(
        BranchMaps maps,
        IImageNetworks networks,
        Comparison? comparison = null,
        InspectionTrace? trace = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(maps);
        ArgumentNullException.ThrowIfNull(networks);
        comparison ??= Comparison;
        if (!BranchesWith(comparison.Banks).HasFlag(Branches.BackboneVision))
            return maps;
        // Neighbours alone are compared on the host.
        int? device = comparison.Banks!.Backbone.Count > 0 ? networks.DeviceOf(GraphNames.BackboneImage) : null;
        maps = _router.Route(
            comparison,
            device,
            search =>
            {
                using NetworkOutputs o = networks.RunBackbone(search.IsOnDevice, trace, cancellation);
                return maps with { BackboneVision = _backbone!.Vision(o, comparison.Banks, search) };
            },
            cancellation
        );
        trace?.Lap(InspectionStep.BackboneBanks);
        return maps;
    }

    /// <summary>Step 6: the branches' maps become one map and one score (equations 4 and 9 to 11).</summary>
    /// <param name="maps">The maps of every branch that the profile runs.</param>
    /// <param name="profile">The profile whose scale the score is on: the recipe's, or the held one for a deadline.</param>
    /// <param name="covered">What the maps cover, in frame pixels (<see cref="IImageNetworks.Covered"/>).</param>
    /// <param name="into">Is written over; owned by the caller.</param>
    /// <param name="trace">Notes the duration; null for nothing.</param>
    /// <param name="cancellation">Ends it; what was written is undefined then.</param>
    /// <returns><paramref name="into"/>.</returns>
    /// <exception cref="ArgumentException">A branch in use has no map, a map holds something that is not a number, or everything is
    /// ignored.</exception>
    public FusionResult Fuse(
        BranchMaps maps,
        Profile profile,
        Region covered,
        FusionResult into,
        InspectionTrace? trace = null,
        CancellationToken cancellation = default
    )
    {
        Recipe recipe = profile == Recipe.Profile ? Recipe : Recipe with { Profile = profile };
        Fusion.Fuse(recipe, maps, into, _ignore is null ? null : (width, height) => _ignore.Ignored(width, height, covered), cancellation);
        trace?.Lap(InspectionStep.Fuse);
        return into;
    }

    /// <summary>Steps 3 to 6 of one frame in one go, for callers without a deadline.</summary>
    /// <param name="frame">The camera's pixels; borrowed.</param>
    /// <param name="excludeReference">Number of the reference image whose rows are left out (leave-one-out), or null.</param>
    /// <param name="taps">Receives the latent and, with a debug pack, raw tensors; null for none.</param>
    /// <param name="cancellation">Ends a running network or search; what was computed is thrown away.</param>
    /// <exception cref="ArgumentException">The frame does not fit the recipe, or a network gave something that is not a number.</exception>
    /// <exception cref="NetworkException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public InspectionResult Inspect(
        ImageView frame,
        int? excludeReference = null,
        TensorTaps? taps = null,
        CancellationToken cancellation = default
    )
    {
        taps?.Clear();
        var trace = new InspectionTrace(taps);
        PreparedImage image = Prepare(frame, trace, cancellation);
        return Inspect(image, trace, cancellation, excludeReference);
    }

    /// <summary>Steps 4 to 6 of a prepared image in one go.</summary>
    /// <param name="image">Step 3.</param>
    /// <param name="trace">Notes durations and raw tensors.</param>
    /// <param name="cancellation">Ends any step; what was computed is thrown away.</param>
    /// <param name="excludeReference">Number of the reference image whose rows are left out (leave-one-out), or null.</param>
    /// <param name="betweenRuns">Called between two runs of networks, so that something more urgent can go first; null for nothing.</param>
    /// <inheritdoc cref="Inspect(ImageView, int?, TensorTaps?, CancellationToken)" path="/exception"/>
    public InspectionResult Inspect(
        PreparedImage image,
        InspectionTrace trace,
        CancellationToken cancellation,
        int? excludeReference = null,
        Action? betweenRuns = null
    )
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(trace);
        Comparison comparison = excludeReference is null ? Comparison : Comparison with { ExcludeReference = excludeReference };
        using PackNetworks networks = NetworksFor(image, betweenRuns);
        BranchMaps maps = RunPatchClip(networks, comparison, trace, cancellation);
        maps = RunBackbone(maps, networks, comparison, trace, cancellation);
        maps = RunMapDiff(maps, networks, comparison, trace, cancellation);
        FusionResult fused = Fuse(maps, Recipe.Profile, image.Region, _fused, trace, cancellation);
        return new InspectionResult(image, maps, fused, trace.Timings, trace.Taps);
    }

    /// <summary>The pack's networks for a prepared image.</summary>
    /// <param name="image">Not to be written over before what is returned is disposed.</param>
    /// <param name="betweenRuns">Called between two runs, so that something more urgent can go first; null for nothing.</param>
    /// <returns>Owned by the caller.</returns>
    public PackNetworks NetworksFor(PreparedImage image, Action? betweenRuns = null) => new(Pack, Recipe, image, betweenRuns);

    /// <summary>The denoiser's pass of an image to be judged.</summary>
    /// <param name="features">Whether it is compared with references.</param>
    public DiffusionPlan QueryPlan(bool features) =>
        features || (_featuresAlways && Recipe.UsedBranches.HasFlag(Branches.DiffVision)) ? _query.Value : _language.Value;

    /// <summary>The denoiser's pass of a reference image.</summary>
    public DiffusionPlan ReferencePlan => _reference.Value;

    /// <summary>Which cells of a map are not judged; null where all are.</summary>
    internal bool[]? IgnoredCells(AnomalyMap map, Region covered) => _ignore?.Ignored(map.Width, map.Height, covered);

    /// <summary>Frees the prompts' tensors and the banks' copies on a GPU; the pack stays open.</summary>
    public void Dispose()
    {
        _router.Dispose();
        foreach (Lazy<DiffusionPlan> plan in (Lazy<DiffusionPlan>[])[_language, _query, _reference])
        {
            if (plan.IsValueCreated)
                plan.Value.Dispose();
        }
    }

    private Branches BranchesWith(ReferenceBanks? banks) => Recipe.UsedBranches & (Branches.Language | (banks?.Branches ?? Branches.None));
}
