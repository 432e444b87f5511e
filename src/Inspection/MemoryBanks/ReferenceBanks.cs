using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>The memory banks of one recipe's reference images: one per CLIP block (equation 7), one per (timestep, decoder block) (equation
/// 8).</summary>
/// <param name="Images">How many reference images went in.</param>
/// <param name="Clip">In the order of the pack's blocks; empty where the recipe does not use them.</param>
/// <param name="Diffusion">In the order of the recipe's timestep-block pairs; empty where the recipe does not use them.</param>
public sealed record ReferenceBanks(int Images, IReadOnlyList<MemoryBank> Clip, IReadOnlyList<MemoryBank> Diffusion)
{
    /// <summary>The branches that these banks can serve.</summary>
    public Branches Branches =>
        (Clip.Count > 0 ? Branches.ClipVision : Branches.None) | (Diffusion.Count > 0 ? Branches.DiffVision : Branches.None);
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
/// <param name="recipe">Which timesteps and blocks are compared, and the share of the rows that is kept.</param>
public sealed class ReferenceBanksBuilder(PackManifest manifest, Recipe recipe)
{
    private readonly List<ReferenceFeatures>[] _clip = [.. manifest.RequireClip().Blocks.Select(_ => new List<ReferenceFeatures>())];
    private readonly List<ReferenceFeatures>[] _diffusion = [.. recipe.TimestepBlocks.Select(_ => new List<ReferenceFeatures>())];

    /// <summary>Reference images so far.</summary>
    public int Images => Math.Max(_clip.Max(c => c.Count), _diffusion.Max(d => d.Count));

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

    /// <summary>The banks of what was added so far, subsampled to a coreset where the recipe says so. More may be added afterwards, for
    /// larger banks.</summary>
    /// <param name="parallelism">Threads that choose a coreset, at least 1.</param>
    /// <param name="cancellation">Ends the choice.</param>
    /// <exception cref="ArgumentException">Nothing was added, everything is ignored, or a feature is zero or not a number.</exception>
    public ReferenceBanks ToBanks(int parallelism = 1, CancellationToken cancellation = default)
    {
        return new ReferenceBanks(
            Images,
            _clip[0].Count == 0 ? [] : [.. _clip.Select(c => Bank(c, manifest.RequireClip().Width))],
            _diffusion[0].Count == 0 ? [] : [.. _diffusion.Select((d, i) => Bank(d, Decoder(i).Channels))]
        );

        MemoryBank Bank(List<ReferenceFeatures> images, int dimension) =>
            MemoryBank.CreateCoreset(images, dimension, recipe.Coreset, parallelism, cancellation);
    }

    private DecoderBlock Decoder(int pair) => manifest.RequireDiffusion().Decoder[recipe.TimestepBlocks[pair].Block];
}
