using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>The memory banks of one recipe's reference images: one per CLIP block (equation 7), one per (timestep, decoder block) (equation
/// 8), one per layer of the backbone.</summary>
/// <param name="Images">How many reference images went in.</param>
/// <param name="Clip">In the order of the pack's blocks; empty where the recipe does not use them.</param>
/// <param name="Diffusion">In the order of the recipe's timestep-block pairs; empty where the recipe does not use them.</param>
public sealed record ReferenceBanks(int Images, IReadOnlyList<MemoryBank> Clip, IReadOnlyList<MemoryBank> Diffusion)
{
    /// <summary>Whether every row of an image is that image's own doing, so that the banks without it are what the others alone would
    /// give.</summary>
    public bool CanLeaveOut { get; init; } = true;

    /// <summary>In the order of the backbone's layers; empty where the recipe does not use them or compares cells with their neighbours
    /// alone.</summary>
    public IReadOnlyList<MemoryBank> Backbone { get; init; } = [];

    /// <summary>The same for recipes that compare each cell with its neighbours alone; empty for all others.</summary>
    public IReadOnlyList<NeighbourBank> BackboneNear { get; init; } = [];

    /// <summary>The branches that these banks can serve.</summary>
    public Branches Branches =>
        (Clip.Count > 0 ? Branches.ClipVision : Branches.None)
        | (Diffusion.Count > 0 ? Branches.DiffVision : Branches.None)
        | (Backbone.Count + BackboneNear.Count > 0 ? Branches.BackboneVision : Branches.None);
}

/// <summary>What an image is compared with in step 5, and how the banks are searched.</summary>
/// <param name="Banks">The references' banks; null for zero-shot.</param>
/// <param name="Parallelism">Threads of the search on the processor, at least 1.</param>
/// <param name="ExcludeReference">Number of the reference image whose rows are left out (leave-one-out), or null.</param>
public sealed record Comparison(ReferenceBanks? Banks, int Parallelism = 1, int? ExcludeReference = null)
{
    /// <summary>Zero-shot: nothing to compare with.</summary>
    public static Comparison None { get; } = new((ReferenceBanks?)null);
}

/// <summary>Features of reference images on their way into banks, as <see cref="Inspector"/> adds them. Used by one thread at a
/// time.</summary>
/// <param name="manifest">The pack that encodes them.</param>
/// <param name="recipe">Which timesteps and blocks are compared, how far from its place a row is, and the share of the rows that is
/// kept.</param>
/// <param name="scope">Among which rows those that are kept are chosen.</param>
public sealed class ReferenceBanksBuilder(PackManifest manifest, Recipe recipe, CoresetScope scope = CoresetScope.AllImages)
{
    private readonly List<ReferenceFeatures>[] _clip = Lists(manifest.Clip?.Blocks.Count ?? 0);
    private readonly List<ReferenceFeatures>[] _diffusion = Lists(manifest.Diffusion is null ? 0 : recipe.TimestepBlocks.Length);
    private readonly List<ReferenceFeatures>[] _backbone = Lists(manifest.Backbone?.Layers.Count ?? 0);

    /// <summary>Reference images so far.</summary>
    public int Images => _clip.Concat(_diffusion).Concat(_backbone).Max(l => l.Count);

    internal void AddClip(float[][] perBlock, Func<int, bool[]?> ignored)
    {
        for (int i = 0; i < perBlock.Length; i++)
            _clip[i].Add(new ReferenceFeatures(perBlock[i], ignored(manifest.RequireClip().GridSize)));
    }

    internal void AddDiffusion(float[][] perPair, Func<int, bool[]?> ignored)
    {
        for (int i = 0; i < perPair.Length; i++)
            _diffusion[i].Add(new ReferenceFeatures(perPair[i], ignored(Decoder(i).GridSize)));
    }

    /// <summary>Takes an image as the backbone sees it, once for every turn of it: all are the same image's rows.</summary>
    /// <param name="perTurn">For each turn and layer cells x channels values.</param>
    /// <param name="ignored">Given a side of a grid, the cells that are left out, as the frame lies.</param>
    internal void AddBackbone(IReadOnlyList<float[][]> perTurn, Func<int, bool[]?> ignored)
    {
        for (int i = 0; i < _backbone.Length; i++)
        {
            int side = manifest.RequireBackbone().Layers[i].GridSize;
            bool[]? cells = ignored(side);
            _backbone[i]
                .Add(
                    new ReferenceFeatures(
                        perTurn.Count == 1 ? perTurn[0][i] : [.. perTurn.SelectMany(t => t[i])],
                        cells is null
                            ? null
                            : [.. Enumerable.Range(0, perTurn.Count).SelectMany(t => Imaging.QuarterTurn.Cells<bool>(cells, side, t))]
                    )
                );
        }
    }

    /// <summary>The banks of what was added so far, subsampled to a coreset where the recipe says so. More may be added afterwards, for
    /// larger banks.</summary>
    /// <param name="parallelism">Threads that choose a coreset, at least 1.</param>
    /// <param name="cancellation">Ends the choice.</param>
    /// <exception cref="ArgumentException">Nothing was added, everything is ignored, or a feature is zero or not a number.</exception>
    public ReferenceBanks ToBanks(int parallelism = 1, CancellationToken cancellation = default)
    {
        return new ReferenceBanks(
            Images,
            IsEmpty(_clip) ? [] : [.. _clip.Select(c => Bank(c, manifest.RequireClip().Width))],
            IsEmpty(_diffusion) ? [] : [.. _diffusion.Select((d, i) => Bank(d, Decoder(i).Channels))]
        )
        {
            CanLeaveOut = recipe.Coreset >= 1 || scope == CoresetScope.EachImage,
            Backbone =
                IsEmpty(_backbone) || recipe.PositionRadius is not null ? [] : [.. _backbone.Select((b, i) => Bank(b, Layer(i).Channels))],
            BackboneNear =
                !IsEmpty(_backbone) && recipe.PositionRadius is { } radius
                    ? [.. _backbone.Select((b, i) => NeighbourBank.Create(b, Layer(i), radius))]
                    : [],
        };

        MemoryBank Bank(List<ReferenceFeatures> images, int dimension) =>
            MemoryBank.CreateCoreset(images, dimension, recipe.Coreset, parallelism, scope, cancellation);
    }

    private DecoderBlock Decoder(int pair) => manifest.RequireDiffusion().Decoder[recipe.TimestepBlocks[pair].Block];

    private BackboneLayer Layer(int layer) => manifest.RequireBackbone().Layers[layer];

    private static bool IsEmpty(List<ReferenceFeatures>[] lists) => lists.Length == 0 || lists[0].Count == 0;

    private static List<ReferenceFeatures>[] Lists(int count) => [.. Enumerable.Range(0, count).Select(_ => new List<ReferenceFeatures>())];
}
