using System.Diagnostics;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection;

/// <summary>
/// The method: one frame in, anomaly map and score out, under one recipe and its reference images.
/// <code>
///            3 prepare                4 networks              5 memory bank           6 fuse            7 decide
///   frame -> region, 240 x 240 ----> CLIP image tower -----> per block, eq. 7 --+---> eq. 4, 9-11 ----> threshold
///        |                             language, eq. 1 -------------------------+       ^
///        |                                                   (PatchCLIP's own result is held for the deadline)
///        +-> region, 512 x 512 ----> VAE -> UNet -----------> per (t, b), eq. 8 --------+
///                                      states' maps, eq. 6 ------------------------------+
/// </code>
/// </summary>
/// <remarks>
/// Words are encoded once, when the inspector is made. One inspector judges one image at a time; several inspectors may share a pack and
/// its sessions. Results live in buffers that the next image overwrites, so that the steady state allocates no large objects.
/// </remarks>
public sealed class Inspector : IDisposable
{
    private readonly ModelPack _pack;
    private readonly Recipe _recipe;
    private readonly TextPrompts _prompts;
    private readonly Preparation _preparation;
    private readonly PatchClip _patchClip;
    private readonly MapDiff _mapDiff;
    private readonly SearchPlace _place;
    private readonly PreparedImage _prepared = new();
    private readonly FusionResult _result;
    private readonly FusionResult _held;
    private readonly IgnoreMask? _ignore;
    private readonly int _parallelism;
    private ReferenceBanks? _banks;
    private DiffusionPlan? _query;
    private DiffusionPlan? _reference;

    private Inspector(ModelPack pack, Recipe recipe, IgnoreMask? ignore, int parallelism, CancellationToken cancellation)
    {
        (_pack, _recipe, _ignore, _parallelism) = (pack, recipe, ignore, parallelism);
        _prompts = TextPrompts.Create(pack, recipe, cancellation);
        _preparation = new Preparation(pack, recipe, new PillowResampler());
        _patchClip = new PatchClip(pack, recipe, _prompts);
        _mapDiff = new MapDiff(pack, recipe);
        _place = new SearchPlace(pack);
        _result = new FusionResult(recipe.OutputSize, recipe.OutputSize);
        _held = new FusionResult(recipe.OutputSize, recipe.OutputSize);
    }

    /// <summary>The branches that a frame is judged by: the recipe's, without vision branches as long as there are no references.</summary>
    public Branches Branches => _recipe.UsedBranches & (Branches.Language | (_banks?.Branches ?? Branches.None));

    /// <summary>The recipe that it judges by.</summary>
    public Recipe Recipe => _recipe;

    /// <summary>The networks that it judges with.</summary>
    public ModelPack Pack => _pack;

    /// <summary>The prompts' token ids and contexts, for a dump.</summary>
    internal TextPrompts Prompts => _prompts;

    private bool UsesClip => (Branches & Branches.Clip) != 0;

    private bool UsesDiffusion => (Branches & Branches.Diff) != 0;

    /// <summary>Makes an inspector and encodes the recipe's words.</summary>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="recipe">What to look for.</param>
    /// <param name="ignore">The recipe's ignore mask in frame pixels, or null.</param>
    /// <param name="parallelism">Threads of the bank search, at least 1.</param>
    /// <param name="cancellation">Ends the encoding.</param>
    /// <exception cref="ArgumentException">The recipe asks for what the pack does not have, or a state is not in its prompt.</exception>
    public static Inspector Create(ModelPack pack, Recipe recipe, IgnoreMask? ignore = null, int parallelism = 1, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(recipe);
        int blocks = pack.Manifest.Diffusion.Decoder.Count;
        if (recipe.TimestepBlocks.Any(t => t.Block >= blocks))
            throw new ArgumentException($"timestepBlocks names decoder block {recipe.TimestepBlocks.Max(t => t.Block)}; pack '{pack.Manifest.Name}' has blocks 0 to {blocks - 1}");
        return new Inspector(pack, recipe, ignore, parallelism, cancellation);
    }

    /// <summary>The graphs that a recipe needs, so that they can be opened before its turn comes.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="hasReferences">Whether it has reference images.</param>
    public static IEnumerable<string> GraphsOf(Recipe recipe, bool hasReferences)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        Branches used = recipe.UsedBranches & (hasReferences ? Branches.Language | Branches.Vision : Branches.Language);
        if ((used & Branches.Clip) != 0) yield return GraphNames.ClipImage;
        if (used.HasFlag(Branches.ClipLanguage)) yield return GraphNames.ClipText;
        if ((used & Branches.Diff) == 0) yield break;
        yield return GraphNames.DiffusionText;
        yield return GraphNames.VaeEncoder;
        yield return used.HasFlag(Branches.DiffVision) ? GraphNames.MapDiff : GraphNames.MapDiffLanguage;
    }

    /// <summary>Encodes reference images into memory banks and judges against them from now on.</summary>
    /// <param name="count">How many images there are, at least 1.</param>
    /// <param name="withImage">Calls its second argument with the frame of that number; so that frames need not all be in memory.</param>
    /// <param name="progress">Told how many are done; null for silence.</param>
    /// <param name="betweenCalls">Called between two calls of the networks on one image, so that a caller can let something more urgent go first; null for nothing.</param>
    /// <param name="cancellation">Ends the enrolment; the banks before it stay.</param>
    public ReferenceBanks Enroll(int count, Action<int, FrameAction> withImage, IProgress<int>? progress = null, Action? betweenCalls = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentNullException.ThrowIfNull(withImage);
        var rows = new ReferenceRows(_pack.Manifest, _recipe);
        for (int i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            withImage(i, frame => Encode(frame, rows, betweenCalls, cancellation));
            progress?.Report(i + 1);
        }

        Use(rows.ToBanks(_parallelism, cancellation));
        return _banks!;
    }

    /// <summary>Banks of the first so many of some frames, each encoded once; nothing is judged against them yet.</summary>
    /// <param name="counts">Numbers of references, each at least 1 and at most the number of frames.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="cancellation">Ends the enrolment.</param>
    /// <returns>Banks by number of references.</returns>
    internal IReadOnlyDictionary<int, ReferenceBanks> BanksOf(IReadOnlyCollection<int> counts, IReadOnlyList<RgbImage> frames, CancellationToken cancellation)
    {
        var banks = new Dictionary<int, ReferenceBanks>();
        var rows = new ReferenceRows(_pack.Manifest, _recipe);
        for (int count = 1; count <= counts.Append(0).Max(); count++)
        {
            Encode(frames[count - 1].View, rows, null, cancellation);
            if (counts.Contains(count)) banks.Add(count, rows.ToBanks(_parallelism, cancellation));
        }

        return banks;
    }

    /// <summary>Judges against banks that were made before, or (null) zero-shot.</summary>
    public void Use(ReferenceBanks? banks)
    {
        _banks = banks;
        _place.Clear();
        _query?.Dispose();
        _query = null;
        if (banks is null) return;
        if (Branches.HasFlag(Branches.ClipVision)) _place.Prepare(banks, GraphNames.ClipImage);
        if (Branches.HasFlag(Branches.DiffVision)) _place.Prepare(banks, GraphNames.MapDiff);
    }

    /// <summary>Judges one frame.</summary>
    /// <param name="frame">The camera's pixels; borrowed.</param>
    /// <param name="patchClipReady">
    /// Told PatchCLIP's own result (profile patchclip) before the diffusion model starts, so that a deadline can be met with it; null when nobody waits for it.
    /// </param>
    /// <param name="prepared">Told of the prepared picture before the first network runs; what it throws ends the inspection, so that nothing is judged that must not be. Null for none.</param>
    /// <param name="betweenCalls">Called between two calls of the networks, so that a caller can let something more urgent go first; null for nothing.</param>
    /// <param name="networksDone">Called when no network and no search will run any more for this frame: fusing large maps takes long, and others may use the networks. Null for nothing.</param>
    /// <param name="excludeReference">Number of the reference image whose rows are left out (leave-one-out), or null.</param>
    /// <param name="taps">Receives the latent and, with a debug pack, raw tensors; null for none.</param>
    /// <param name="cancellation">Ends any step, a running network or search too; what was computed is thrown away.</param>
    /// <exception cref="ArgumentException">The frame does not fit the recipe, or a network gave something that is not a number.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    public InspectionResult Inspect(
        ImageView frame, Action<FusionResult>? patchClipReady = null, Action<PreparedImage>? prepared = null, Action? betweenCalls = null, Action? networksDone = null,
        int? excludeReference = null, TensorTaps? taps = null, CancellationToken cancellation = default)
    {
        var clock = new StepClock();
        var search = new BankSearch(_parallelism, excludeReference, cancellation);
        var maps = new BranchMaps();
        taps?.Clear();

        // 3 prepare
        _preparation.Run(frame, UsesClip, UsesDiffusion, _prepared, cancellation);
        prepared?.Invoke(_prepared);
        TimeSpan prepare = clock.Lap(), clipNetworks = default, clipBanks = default, vae = default, unet = default, diffusionBanks = default;

        // 4 networks, 5 memory bank: PatchCLIP
        if (UsesClip)
        {
            maps = WhereItRuns(Branches.ClipVision, GraphNames.ClipImage, search, place =>
            {
                using NetworkOutputs image = _patchClip.Encode(_prepared.Clip, place.IsOnDevice, _pack.IsDebug ? taps : null, cancellation);
                clipNetworks += clock.Lap();
                return PatchClipMaps(image, maps, place);
            });
            clipBanks = clock.Lap();
            if (UsesDiffusion) betweenCalls?.Invoke();
            if (UsesDiffusion && patchClipReady is not null) patchClipReady(Fuse(_recipe with { Profile = Profile.PatchClip }, maps, _held, cancellation));
        }

        // 4 networks, 5 memory bank: MapDiff
        if (UsesDiffusion)
        {
            DiffusionPlan plan = _query ??= DiffusionPlan.ForQuery(_pack.Manifest.Diffusion, _prompts, _recipe, Branches.HasFlag(Branches.DiffVision), _pack.IsDebug);
            using NetworkOutputs latent = _mapDiff.Encode(_prepared.Diffusion, isRead: taps is not null, cancellation);
            taps?.Add("diff.latent", latent.Floats(GraphNames.Latent), latent.Shape(GraphNames.Latent));
            vae = clock.Lap();
            betweenCalls?.Invoke();
            maps = WhereItRuns(Branches.DiffVision, GraphNames.MapDiff, search, place =>
            {
                using NetworkOutputs features = _mapDiff.Denoise(latent, plan, place.IsOnDevice, _pack.IsDebug ? taps : null, cancellation);
                unet += clock.Lap();
                return MapDiffMaps(features, plan, maps, place);
            });
            diffusionBanks = clock.Lap();
        }

        networksDone?.Invoke();

        // 6 fuse
        FusionResult fused = Fuse(_recipe, maps, _result, cancellation);
        return new InspectionResult(_prepared, maps, fused, new StepTimings(prepare, clipNetworks, clipBanks, vae, unet, diffusionBanks, clock.Lap()), taps);
    }

    /// <summary>Frees the prompts' tensors and the banks' copies on a GPU; the pack stays open.</summary>
    public void Dispose()
    {
        _place.Dispose();
        _query?.Dispose();
        _reference?.Dispose();
    }

    /// <summary>
    /// Takes steps 4 and 5 with the features left on the GPU that makes them, if it can compare them there. Where that fails in the middle, the network runs once more and its
    /// features come down.
    /// </summary>
    private BranchMaps WhereItRuns(Branches compared, string graph, BankSearch search, Func<BankSearch, BranchMaps> run)
    {
        if (Branches.HasFlag(compared) && _place.For(_banks!, graph) is { } device)
        {
            try
            {
                return run(search with { Device = device });
            }
            catch (DeviceSearchException e)
            {
                _place.GiveUp(e);
            }
        }

        return run(search);
    }

    private BranchMaps PatchClipMaps(NetworkOutputs image, BranchMaps maps, BankSearch search)
    {
        if (Branches.HasFlag(Branches.ClipLanguage))
        {
            (Maps.AnomalyMap map, float score) = _patchClip.Language(image);
            maps = maps with { ClipLanguage = map, ClipLanguageScore = score };
        }

        return Branches.HasFlag(Branches.ClipVision) ? maps with { ClipVision = _patchClip.Vision(image, _banks!.Clip, search) } : maps;
    }

    private BranchMaps MapDiffMaps(NetworkOutputs features, DiffusionPlan plan, BranchMaps maps, BankSearch search)
    {
        if (Branches.HasFlag(Branches.DiffLanguage))
        {
            (Maps.AnomalyMap[] states, Maps.AnomalyMap[] unnormalized) = _mapDiff.Language(features, plan);
            maps = maps with { DiffLanguage = states, DiffLanguageUnnormalized = unnormalized };
        }

        return Branches.HasFlag(Branches.DiffVision) ? maps with { DiffVision = _mapDiff.Vision(features, plan, _banks!.Diffusion, search) } : maps;
    }

    private FusionResult Fuse(Recipe recipe, BranchMaps maps, FusionResult into, CancellationToken cancellation)
    {
        Fusion.Fuse(recipe, maps, into, _ignore is null ? null : IgnoredCells, cancellation);
        return into;
    }

    private bool[]? IgnoredCells(int width, int height) => _ignore?.Ignored(width, height, _prepared.Region);

    private void Encode(ImageView frame, ReferenceRows rows, Action? betweenCalls, CancellationToken cancellation)
    {
        bool clip = _recipe.UsedBranches.HasFlag(Branches.ClipVision), diffusion = _recipe.UsedBranches.HasFlag(Branches.DiffVision);
        var prepared = new PreparedImage();
        _preparation.Run(frame, clip, diffusion, prepared, cancellation);
        Func<int, bool[]?> ignored = grid => _ignore?.Ignored(grid, grid, prepared.Region);
        if (clip)
        {
            using NetworkOutputs image = _patchClip.Encode(prepared.Clip, staysOnDevice: false, null, cancellation);
            rows.AddClip(_patchClip.ReferenceRows(image), ignored);
            if (diffusion) betweenCalls?.Invoke();
        }

        if (diffusion)
        {
            _reference ??= DiffusionPlan.ForReference(_pack.Manifest.Diffusion, _prompts, _recipe);
            using NetworkOutputs latent = _mapDiff.Encode(prepared.Diffusion, isRead: false, cancellation);
            betweenCalls?.Invoke();
            using NetworkOutputs features = _mapDiff.Denoise(latent, _reference, staysOnDevice: false, null, cancellation);
            rows.AddDiffusion(MapDiff.ReferenceRows(features, _reference), ignored);
        }
    }

    private struct StepClock()
    {
        private long _last = Stopwatch.GetTimestamp();

        public TimeSpan Lap()
        {
            long now = Stopwatch.GetTimestamp();
            TimeSpan lap = Stopwatch.GetElapsedTime(_last, now);
            _last = now;
            return lap;
        }
    }
}

/// <summary>Does something with a frame that lives only as long as the call.</summary>
public delegate void FrameAction(ImageView frame);
