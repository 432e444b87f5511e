using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// A recipe with its words encoded and its references enrolled, as it was when it was set. Inspections that were accepted under it keep it
/// alive after another has taken its place; it is freed when the last of them is done.
/// </summary>
internal sealed class ActiveRecipe : IDisposable
{
    private readonly Lock _lock = new();
    private int _uses = 1;

    private ActiveRecipe(
        StationRecipe recipe,
        RecipeStamp stamp,
        Inspector inspector,
        IgnoreMask? ignore,
        string packHash,
        NormalReach reach,
        SetThresholds? taught
    )
    {
        (Recipe, Stamp, Inspector, Ignore, PackHash, Taught) = (recipe, stamp, inspector, ignore, packHash, taught);
        Levels = new NormalLevels(reach, recipe.Method.Profile, inspector.HeldProfile);
        int side = recipe.Method.OutputSize;
        (FusionBuffer, FallbackBuffer) = (new FusionResult(side, side), new FusionResult(side, side));
    }

    /// <summary>The recipe, with what it leaves to the pack settled.</summary>
    public StationRecipe Recipe { get; }

    public RecipeStamp Stamp { get; }

    public Inspector Inspector { get; }

    /// <summary>Where step 6 writes, for whoever has the station's turn.</summary>
    public FusionResult FusionBuffer { get; }

    /// <summary>The same for the result that is held for a deadline.</summary>
    public FusionResult FallbackBuffer { get; }

    /// <summary>What of the frames is not judged, in their pixels: only frames of its size can be judged. Null for nothing.</summary>
    public IgnoreMask? Ignore { get; }

    /// <summary>What good parts' maps reach, for the colours of pictures.</summary>
    public NormalLevels Levels { get; }

    /// <summary>Names the model pack in verdicts.</summary>
    public string PackHash { get; }

    /// <summary>The thresholds that belong to the reference set that was taught; null where they are the recipe's own.</summary>
    public SetThresholds? Taught { get; }

    /// <summary>Where thresholds come from; null where there are none.</summary>
    public ThresholdState? ThresholdState =>
        Taught?.State
        ?? (
            ProfileNames.All.Any(p => Enum.GetValues<ShotMode>().Any(s => Recipe.Rule.Thresholds[p.Value, s] is not null))
                ? Domain.ThresholdState.ByHand
                : null
        );

    /// <summary>
    /// Loads references, makes banks and runs every network once, so that the first inspection is as fast as the next. Blocks; the networks
    /// are used in turns below every due inspection.
    /// </summary>
    /// <param name="pack">The networks.</param>
    /// <param name="catalogue">Where the recipe's files lie.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="parallelism">Threads of the bank search, at least 1.</param>
    /// <param name="turns">Who has the networks.</param>
    /// <param name="cancellation">Ends it at any step but the opening of a network.</param>
    /// <param name="deadline">Stands still while engines are built; null where nobody waits.</param>
    /// <param name="taught">The reference set that stands for the recipe's own references; null for those.</param>
    /// <param name="now">Wall clock, for thresholds that have to be found.</param>
    /// <exception cref="RecipeUnusableException">
    /// A file is missing or can't be decoded, the recipe does not fit the pack, or one inspection takes longer than
    /// <see cref="Judge.Limit"/>.
    /// </exception>
    public static ActiveRecipe Load(
        OpenPack pack,
        RecipeCatalogue catalogue,
        StationRecipe recipe,
        int parallelism,
        NetworkScheduler turns,
        CancellationToken cancellation,
        RecipeDeadline? deadline = null,
        TaughtReferences? taught = null,
        DateTimeOffset now = default
    )
    {
        try
        {
            SetThresholds? thresholds = taught?.Thresholds;
            StationRecipe file = recipe,
                written = taught?.Apply(recipe, thresholds) ?? recipe;
            recipe = written with { Method = PackRecipe.Settle(recipe.Method, pack.Pack.Manifest) };
            if (RecipeCheck.Unusable(recipe) is { } why)
                throw new RecipeUnusableException($"recipe '{recipe.Name}': {why}")
                {
                    Code = recipe.Method.Profile == Profile.Backbone ? Code.NeedsReferences : Code.RecipeFailed,
                };
            string[] references = [.. recipe.References.Select(r => Path.Combine(catalogue.Folder, r))];
            // Before they are read for good: what is said of them must be of what was there when it was begun.
            string? version =
                    taught?.Set.Version ?? (references.Length == 0 ? null : ContentHash.Of(references.Select(ContentHash.OfFile))),
                revision = taught is null ? catalogue.Revision(file, cancellation: cancellation) : null;
            IgnoreMask? ignore = IgnoreMasks.Of(recipe, catalogue.Folder);
            // Not in a turn: an engine may have to be built first, and inspections of other stations go on meanwhile.
            string[] graphs = [.. Inspector.GraphsOf(recipe.Method, references.Length > 0)];
            if (deadline is not null && pack.Pack.BuildsToOpen(graphs))
                deadline.Apart(() => pack.Pack.EnsureOpen(graphs));
            else
                pack.Pack.EnsureOpen(graphs);
            cancellation.ThrowIfCancellationRequested();
            Inspector inspector;
            using (new BackgroundLease(turns, cancellation))
                inspector = Inspector.Create(pack.Pack, recipe.Method, ignore, parallelism, cancellation: cancellation);
            try
            {
                var enroller = new ReferenceEnroller(turns, parallelism);
                if (references.Length > 0)
                    enroller.Enroll(inspector, references, taught?.Scope ?? CoresetScope.AllImages, encoded: null, cancellation);
                WarmUp(inspector);
                // Of another pack they would be on another scale.
                if (taught is { Set.IsTaught: true } && thresholds is null)
                {
                    thresholds = TaughtReferences.Provisional(
                        taught.Set.Number,
                        pack.Hash,
                        enroller.LeaveOut(inspector, references, judged: null, cancellation),
                        now
                    );
                    written = taught.Apply(file, thresholds);
                    recipe = written with { Method = recipe.Method };
                }

                var stamp = new RecipeStamp(
                    recipe.Number,
                    recipe.Name,
                    revision ?? catalogue.Revision(written, version, cancellation),
                    version
                );
                return new ActiveRecipe(
                    recipe,
                    stamp,
                    inspector,
                    ignore,
                    pack.Hash,
                    enroller.ReachOf(inspector, references, cancellation),
                    taught is { Set.IsTaught: true } ? thresholds : null
                );
            }
            catch
            {
                inspector.Dispose();
                throw;
            }

            void WarmUp(Inspector inspector)
            {
                (int width, int height) = ignore is null ? (64, 64) : (ignore.Width, ignore.Height);
                if (recipe.Method.Region is { } region && !region.IsInside(width, height))
                    return;
                byte[] grey = new byte[width * height];
                // What takes longer than this in an inspection counts as a loop that hangs, and ends the program.
                using CancellationTokenSource? once = deadline?.Within(Judge.Limit, cancellation);
                try
                {
                    CancellationToken ends = once?.Token ?? cancellation;
                    BranchMaps maps;
                    PreparedImage image;
                    using (var turn = new BackgroundLease(turns, cancellation))
                    {
                        image = inspector.Prepare(new ImageView(grey, width, height, width, PixelFormat.Mono8), cancellation: ends);
                        using PackNetworks networks = inspector.NetworksFor(image, turn.LetOthersGoFirst);
                        maps = inspector.RunPatchClip(networks, cancellation: ends);
                        maps = inspector.RunBackbone(maps, networks, cancellation: ends);
                        maps = inspector.RunMapDiff(maps, networks, cancellation: ends);
                    }

                    // Outside the turn: fusing large maps takes long, and others may use the networks meanwhile.
                    int side = recipe.Method.OutputSize;
                    inspector.Fuse(maps, recipe.Method.Profile, image.Region, new FusionResult(side, side), cancellation: ends);
                }
                catch (OperationCanceledException) when (once?.IsCancellationRequested == true && !cancellation.IsCancellationRequested)
                {
                    throw new RecipeUnusableException(
                        $"recipe '{recipe.Name}': one inspection takes more than {Judge.Limit.TotalSeconds:0} s on this device; a "
                            + "smaller outputSize or smoothingSigma is expected"
                    );
                }
            }
        }
        catch (Exception e)
            when (e
                    is ArgumentException
                        or IOException
                        or UnauthorizedAccessException
                        or ImageFormatException
                        or NetworkException
                        or IgnoreMaskException
            )
        {
            throw new RecipeUnusableException($"recipe '{recipe.Name}': {ErrorText.Of(e)}", e);
        }
    }

    /// <summary>A frame judged under this recipe, which takes over one use of it.</summary>
    public JudgedFrame Judged(VerdictRecord verdict, Frame frame, PooledAnomalyMap? map) =>
        new(verdict, frame, map, Recipe, Ignore, Levels, recipeUse: this);

    /// <summary>Keeps it alive until <see cref="Release"/>.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool TryKeep()
    {
        lock (_lock)
        {
            if (_uses == 0)
                return false;
            _uses++;
            return true;
        }
    }

    /// <summary>Gives up one use; who loaded it has the first.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (--_uses > 0)
                return;
        }

        Inspector.Dispose();
    }

    /// <summary>As <see cref="Release"/>, for those who were handed one use and know nothing else of recipes.</summary>
    void IDisposable.Dispose() => Release();
}
